// A model folder whose matrices are stored in the order that they are multiplied in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "checkpoint/containers/safetensors.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Model packed(const std::filesystem::path& folder) {
  convert_model(Model::load(), folder, {.packed = true});
  return Model::load(folder.string());
}

std::vector<float> embedding(const Model& model, Precision precision = Precision::fp32) {
  return Encoder(model, {.precision = precision}).encode_text("a photo of a cat");
}

/// A matrix in panels of the folder's file.
std::string a_matrix(const std::filesystem::path& folder) {
  const TensorMap stored = checkpoint::read_safetensors(folder / "model.safetensors");
  for (const auto& [name, view] : stored.tensors) {
    if (name.starts_with("transformer.") && name.ends_with(".panels")) return name;
  }
  return "none";
}

/// Writes the folder's weights with a tensor changed.
template <typename Change>
void change_tensor(const std::filesystem::path& folder, const std::string& name, Change change) {
  TensorMap stored = checkpoint::read_safetensors(folder / "model.safetensors");
  TensorBuffer changed = convert(stored.at(name), DType::float32);
  change(changed);
  stored.tensors.erase(name);
  stored.add(name, std::move(changed));
  checkpoint::write_safetensors(folder / "other.safetensors", stored);
  std::filesystem::rename(folder / "other.safetensors", folder / "model.safetensors");
}

TEST(PackedFolder, GivesTheSameBits) {
  const test::TemporaryFolder folder;
  const Model model = packed(folder.path());
  ASSERT_NE(a_matrix(folder.path()), "none");
  EXPECT_EQ(embedding(model), embedding(Model::load()));
  EXPECT_THAT(PackedModel(model, {.precision = Precision::fp32}).unit().note, IsEmpty());
}

TEST(PackedFolder, IsPackedAnewForOtherPrecisionsAndSaysSo) {
  const test::TemporaryFolder folder;
  const Model model = packed(folder.path());
  EXPECT_EQ(embedding(model, Precision::bf16), embedding(Model::load(), Precision::bf16));
  EXPECT_THAT(PackedModel(model, {.precision = Precision::bf16}).unit().note,
              HasSubstr("packed anew"));
  EXPECT_THAT(PackedModel(Model::load(), {.precision = Precision::bf16}).unit().note,
              Not(HasSubstr("packed anew")));
}

TEST(PackedFolder, BecomesAnyOtherForm) {
  const test::TemporaryFolder folder;
  const Model model = packed(folder.path() / "packed");
  convert_model(model, folder.path() / "plain");
  const TensorMap plain =
      checkpoint::read_safetensors(folder.path() / "plain" / "model.safetensors");
  for (const auto& [name, view] : plain.tensors) EXPECT_THAT(name, Not(HasSubstr("panels")));
  EXPECT_EQ(embedding(Model::load((folder.path() / "plain").string())), embedding(Model::load()));
}

TEST(PackedFolder, OfAnotherWidthIsPackedAnewAndSaysSo) {
  const test::TemporaryFolder folder;
  packed(folder.path());
  // As a build would have it whose panels have all outputs of the matrix.
  change_tensor(folder.path(), a_matrix(folder.path()), [](TensorBuffer& panels) {
    const auto values = panels.floats();
    const Shape shape = panels.shape();
    const auto width = static_cast<std::size_t>(shape[2]);
    const auto inputs = static_cast<std::size_t>(shape[1]);
    const auto outputs = static_cast<std::size_t>(shape[0]) * width;
    TensorBuffer wide(DType::float32, {1, shape[1], shape[0] * shape[2]});
    for (std::size_t output = 0; output < outputs; ++output) {
      for (std::size_t input = 0; input < inputs; ++input)
        wide.floats()[input * outputs + output] =
            values[(output / width * inputs + input) * width + output % width];
    }
    panels = std::move(wide);
  });
  const Model model = Model::load(folder.path().string());
  EXPECT_EQ(embedding(model), embedding(Model::load()));
  EXPECT_THAT(PackedModel(model, {.precision = Precision::fp32}).unit().note,
              HasSubstr("packed anew"));
}

TEST(PackedFolder, WithADamagedWeightGivesNoEmbedding) {
  const test::TemporaryFolder folder;
  packed(folder.path());
  change_tensor(folder.path(), a_matrix(folder.path()),
                [](TensorBuffer& panels) { panels.floats().front() = std::nanf(""); });
  const Model model = Model::load(folder.path().string());
  test::expect_error([&] { embedding(model); }, ErrorCode::corrupt_data,
                     "features: got NaN or infinity");
}

TEST(PackedFolder, ThatIsCutOrMisshapedIsRefused) {
  const test::TemporaryFolder folder;
  packed(folder.path());
  const std::string matrix = a_matrix(folder.path());
  change_tensor(folder.path(), matrix, [](TensorBuffer& panels) {
    const Shape shape = panels.shape();
    panels = TensorBuffer(DType::float32, {shape[0], shape[1] + 1, shape[2]});
  });
  test::expect_error([&] { Model::load(folder.path().string()); }, ErrorCode::invalid_argument,
                     matrix.substr(0, matrix.rfind('.')));
  const auto file = folder.path() / "model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 64);
  test::expect_error([&] { Model::load(folder.path().string()); }, ErrorCode::corrupt_data,
                     "safetensors");
}

TEST(PackedFolder, IsOnlyOurOwnFormInFp32) {
  const test::TemporaryFolder folder;
  for (const ConvertOptions& options : {ConvertOptions{.format = "open_clip", .packed = true},
                                        ConvertOptions{.dtype = Precision::bf16, .packed = true},
                                        ConvertOptions{.dtype = Precision::int8, .packed = true}}) {
    test::expect_error([&] { convert_model(Model::load(), folder.path(), options); },
                       ErrorCode::invalid_argument, "expected diptych's own form in fp32");
  }
}

}  // namespace
}  // namespace diptych
