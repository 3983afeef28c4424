#include "diptych/convert.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "diptych/classifier.h"
#include "diptych/encoder.h"
#include "diptych/reference.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

Model converted_fixture() {
  return Model::load(test::data_path("openai_vit/model.pt").string());
}

class Convert : public testing::TestWithParam<const char*> {};

TEST_P(Convert, WrittenAndReadAgainItGivesTheSameFeatures) {
  const test::TemporaryFolder folder;
  const Model model = converted_fixture();
  convert_model(model, folder.path(), {.format = GetParam(), .dtype = Precision::fp32});
  const Model again = Model::load(folder.path().string());
  const auto size = static_cast<std::size_t>(model.info().image_size);
  const std::vector<float> picture(3 * size * size, 0.25F);
  EXPECT_EQ(Encoder(again).encode_pixels(picture, 1).values,
            Encoder(model).encode_pixels(picture, 1).values);
}

INSTANTIATE_TEST_SUITE_P(Formats, Convert,
                         testing::Values("diptych", "open_clip", "openai", "huggingface"),
                         [](const auto& info) { return std::string(info.param); });

TEST(EmbeddedModel, GivesItsOwnReferences) {
  const Encoder encoder(Model::load());
  const std::vector<Comparison> comparisons = compare_with_own_references(encoder);
  EXPECT_FALSE(comparisons.empty());
  for (const Comparison& comparison : comparisons) {
    EXPECT_LE(comparison.relative_error, test::kFeatureTolerance) << comparison.output;
  }
}

TEST(ConvertFitsFrom, IsWrittenAndKept) {
  const test::TemporaryFolder folder;
  convert_model(Model::load(), folder.path() / "first", {.fits_from = 0.25F});
  convert_model(Model::load((folder.path() / "first").string()), folder.path() / "second");
  for (const char* name : {"first", "second"}) {
    const Encoder encoder(Model::load((folder.path() / name).string()));
    EXPECT_EQ(Classifier(encoder, {"a"}).fits_from(), 0.25F) << name;
  }
  EXPECT_EQ(Classifier(Encoder(Model::load()), {"a"}).fits_from(), 0.421F);
}

TEST(ConvertFitsFrom, RefusesWhatIsNoCosineAndFormsThatCannotSayIt) {
  const test::TemporaryFolder folder;
  const auto refuse = [&](const ConvertOptions& options, const std::string& reason) {
    test::expect_error([&] { convert_model(converted_fixture(), folder.path() / "m", options); },
                       ErrorCode::invalid_argument, reason);
  };
  refuse({.fits_from = 1.0F}, "got 1, expected a cosine");
  test::expect_error([&] { convert_model(converted_fixture(), folder.path() / "m.safetensors"); },
                     ErrorCode::invalid_argument, "ends as a file's does");
  refuse({.format = "open_clip", .fits_from = 0.5F}, "for a form that cannot say it");
}

TEST(ConvertNames, AreNotedWhereTheFormHasNoPlaceForThem) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(
      convert_model(converted_fixture(), folder.path() / "a", {.format = "open_clip", .name = "x"}),
      testing::ElementsAre(testing::HasSubstr("not written")));
  EXPECT_THAT(convert_model(converted_fixture(), folder.path() / "b", {.licence = "MIT"}),
              testing::IsEmpty());
}

TEST(ConvertedModel, SaysWhatItsOwnWeightsAreIn) {
  const test::TemporaryFolder folder;
  convert_model(converted_fixture(), folder.path() / "a", {.dtype = Precision::bf16});
  EXPECT_EQ(Model::load((folder.path() / "a").string()).info().dtype, "bfloat16");
  convert_model(converted_fixture(), folder.path() / "b", {.dtype = Precision::fp32});
  EXPECT_EQ(Model::load((folder.path() / "b").string()).info().dtype, "float32");
}

TEST(ConvertErrors, RefusesToWriteIntoTheModelsOwnFolder) {
  const test::TemporaryFolder folder;
  const std::filesystem::path copy = folder.path() / "model.pt";
  std::filesystem::copy(test::data_path("openai_vit/model.pt"), copy);
  for (const std::filesystem::path& name : {copy, folder.path(), folder.path() / "."}) {
    test::expect_error([&] { convert_model(Model::load(name.string()), folder.path()); },
                       ErrorCode::invalid_argument, "the folder of the model itself");
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "diptych.json"));
}

TEST(ConvertErrors, RefusesAFolderWithFilesUnlessAsked) {
  const test::TemporaryFolder folder;
  convert_model(Model::load(), folder.path(), {.name = "first"});
  test::expect_error([&] { convert_model(Model::load(), folder.path(), {.name = "second"}); },
                     ErrorCode::invalid_argument, "--overwrite");
  const auto written = [&] { return read_text_file(folder.path() / "diptych.json"); };
  EXPECT_THAT(written(), testing::HasSubstr("\"first\""));
  convert_model(Model::load(), folder.path(), {.name = "second", .overwrite = true});
  EXPECT_THAT(written(), testing::HasSubstr("\"second\""));
}

/// A reader of both would take one of them, and nobody would know which.
TEST(ConvertErrors, LeavesNoOtherModelBesideWhatItWrites) {
  const test::TemporaryFolder folder;
  convert_model(converted_fixture(), folder.path(), {.format = "open_clip"});
  test::expect_error(
      [&] {
        convert_model(converted_fixture(), folder.path(),
                      {.format = "huggingface", .overwrite = true});
      },
      ErrorCode::invalid_argument, "another model's open_clip_model.safetensors");
  write_file(folder.path() / "tokenizer.json", "{}");
  write_file(folder.path() / "README.md", "");
  EXPECT_THAT(
      convert_model(converted_fixture(), folder.path(), {.format = "open_clip", .overwrite = true}),
      testing::Contains(testing::EndsWith("the model's: tokenizer.json")));
}

TEST(ConvertErrors, RefusesAFolderThatAnotherWritesInto) {
  const test::TemporaryFolder folder;
  const int other = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  test::expect_error([&] { convert_model(converted_fixture(), folder.path()); }, ErrorCode::io,
                     "another process writes into");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ::close(other);
  convert_model(converted_fixture(), folder.path());
}

TEST(ConvertErrors, LeavesNoEmptyFolder) {
  const test::TemporaryFolder folder;
  const std::filesystem::path out = folder.path() / "out";
  test::expect_error([&] { convert_model(Model::load(), out, {.format = "chinese_clip"}); },
                     ErrorCode::unsupported, "; forms that can: diptych");
  EXPECT_FALSE(std::filesystem::exists(out));
}

/// A model in our own form with one weight that is none.
std::filesystem::path diverged_model(const std::filesystem::path& folder) {
  convert_model(converted_fixture(), folder, {.dtype = Precision::fp32});
  TensorMap weights = checkpoint::read_safetensors(folder / "model.safetensors");
  TensorBuffer diverged = convert(weights.at("visual.proj"), DType::float32);
  diverged.floats().back() = std::nanf("");
  weights.tensors.erase("visual.proj");
  weights.add("visual.proj", std::move(diverged));
  checkpoint::write_safetensors(folder / "other.safetensors", weights);
  std::filesystem::rename(folder / "other.safetensors", folder / "model.safetensors");
  return folder;
}

TEST(NonFiniteWeights, AreRefusedByName) {
  const test::TemporaryFolder folder;
  const Model model = Model::load(diverged_model(folder.path() / "a").string());
  test::expect_error([&] { Encoder encoder(model); }, ErrorCode::corrupt_data,
                     "visual.proj: got NaN or infinity");
  test::expect_error([&] { convert_model(model, folder.path() / "b"); }, ErrorCode::corrupt_data,
                     "visual.proj: got NaN or infinity");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "b"));
}

TEST(ConvertErrors, NameWhatIsUnknown) {
  const test::TemporaryFolder folder;
  const auto message = [&](const ConvertOptions& options) {
    try {
      convert_model(converted_fixture(), folder.path(), options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message({.format = "onnx"}), testing::HasSubstr("onnx"));
  EXPECT_THAT(message({.dtype = Precision::int8w}), testing::HasSubstr("got int8w, expected fp32"));
}

TEST(ConvertToOurOwn, HoldsReferencesThatVerify) {
  const test::TemporaryFolder folder;
  convert_model(Model::load(), folder.path(), {.dtype = Precision::bf16, .name = "halved"});
  const Model model = Model::load(folder.path().string());
  const std::vector<Comparison> comparisons = compare_with_own_references(Encoder(model));
  ASSERT_FALSE(comparisons.empty());
  for (const Comparison& comparison : comparisons) {
    EXPECT_LE(comparison.relative_error, test::kFeatureTolerance) << comparison.output;
  }
}

}  // namespace
}  // namespace diptych
