// Models that are an image tower or a text tower alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "diptych/arrays.h"
#include "diptych/classifier.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "diptych/inspection.h"
#include "diptych/reference.h"
#include "support/support.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

enum class Tower { image, text };

struct OneTower {
  const char* name;
  Tower tower;
};

/// The error of asking for what the other tower would compute.
std::optional<Error> refusal_of_the_other(const Model& model, Tower tower) {
  const Encoder encoder(model);
  try {
    if (tower == Tower::image) {
      encoder.encode_text("a cat");
    } else {
      encoder.encode_images(std::vector<fs::path>{test::data_path("images/rgb.png")});
    }
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

void expect_one_tower(const Model& model, Tower tower) {
  EXPECT_EQ(model.info().has_image_tower, tower == Tower::image);
  EXPECT_EQ(model.info().has_text_tower, tower == Tower::text);
  const auto refusal = refusal_of_the_other(model, tower);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ErrorCode::unsupported);
  EXPECT_THAT(refusal->what(), HasSubstr("tower alone"));
  EXPECT_THAT(refusal->what(), HasSubstr(model.info().name));
}

class Transformers : public testing::TestWithParam<OneTower> {
 protected:
  fs::path folder() const { return test::data_path("hf_one_tower") / GetParam().name; }
};

TEST_P(Transformers, LoadsAndEmbedsAsItsReferenceDoes) {
  const Model model = Model::load(folder().string());
  expect_one_tower(model, GetParam().tower);
  const Arrays io = read_arrays(folder() / "tower_io.safetensors");
  for (const Comparison& comparison : compare(encode_arrays(Encoder(model), io), io))
    EXPECT_LE(comparison.relative_error, kFp32Tolerance) << comparison.output;
}

TEST_P(Transformers, IsInspectedAndConverted) {
  const Inspection inspection = inspect(folder().string());
  ASSERT_TRUE(inspection.model) << inspection.problem;
  const test::TemporaryFolder made;
  convert_model(Model::load(folder().string()), made.path() / "own");
  const Model own = Model::load((made.path() / "own").string());
  expect_one_tower(own, GetParam().tower);
  const Arrays io = read_arrays(folder() / "tower_io.safetensors");
  for (const Comparison& comparison : compare(encode_arrays(Encoder(own), io), io))
    EXPECT_LE(comparison.relative_error, kFp32Tolerance) << comparison.output;
  try {
    convert_model(own, made.path() / "other", {.format = "open_clip"});
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.what(), HasSubstr("forms that can: diptych"));
  }
}

INSTANTIATE_TEST_SUITE_P(OneTower, Transformers,
                         testing::Values(OneTower{"clip_image", Tower::image},
                                         OneTower{"clip_text", Tower::text},
                                         OneTower{"siglip_image", Tower::image},
                                         OneTower{"siglip_text", Tower::text}),
                         [](const auto& info) { return info.param.name; });

/// A fixture of a whole model, and a folder with the tensors of one of its towers.
class Half {
 public:
  Half(const std::string& fixture, Tower tower) : whole_(test::data_path(fixture)) {
    fs::copy(whole_, folder_.path(), fs::copy_options::recursive);
    for (const auto& file : fs::directory_iterator(whole_)) {
      const std::string name = file.path().filename();
      if (name.ends_with("model.safetensors")) keep(name, tower);
    }
  }

  std::string path() const { return folder_.path().string(); }
  Arrays inputs(Tower tower) const {
    Arrays io = read_arrays(whole_ / "io.safetensors");
    io.erase("logits_per_image");
    io.erase(tower == Tower::image ? "tokens" : "pixels");
    io.erase(tower == Tower::image ? "text_features" : "image_features");
    return io;
  }
  Arrays outputs_of_the_whole(const Arrays& inputs) const {
    return encode_arrays(Encoder(Model::load(whole_.string())), inputs);
  }

 private:
  void keep(const std::string& name, Tower tower) const {
    TensorMap tensors = checkpoint::read_safetensors(whole_ / name);
    std::erase_if(tensors.tensors, [&](const auto& tensor) {
      const bool is_image =
          tensor.first.starts_with("visual") || tensor.first.starts_with("vision_model.");
      return is_image != (tower == Tower::image);
    });
    checkpoint::write_safetensors(folder_.path() / name, tensors);
  }

  fs::path whole_;
  test::TemporaryFolder folder_;
};

class EveryForm : public testing::TestWithParam<std::tuple<std::string, Tower>> {};

TEST_P(EveryForm, GivesTheBitsOfTheWholeModel) {
  const auto& [fixture, tower] = GetParam();
  const Half half(fixture, tower);
  const Model model = Model::load(half.path());
  expect_one_tower(model, tower);
  const Arrays inputs = half.inputs(tower);
  const Arrays expected = half.outputs_of_the_whole(inputs);
  const Arrays got = encode_arrays(Encoder(model), inputs);
  const char* output = tower == Tower::image ? "image_features" : "text_features";
  ASSERT_TRUE(got.contains(output));
  EXPECT_EQ(got.at(output).values, expected.at(output).values);
}

INSTANTIATE_TEST_SUITE_P(
    OneTower, EveryForm,
    testing::Combine(testing::Values("hf_clip", "hf_clip_patch8", "hf_siglip", "hf_chinese_clip",
                                     "open_clip_vit_safetensors", "open_clip_siglip",
                                     "open_clip_coca", "open_clip_convnext", "open_clip_roberta",
                                     "open_clip_mobileclip"),
                     testing::Values(Tower::image, Tower::text)),
    [](const auto& info) {
      return std::get<0>(info.param) +
             (std::get<1>(info.param) == Tower::image ? "_image" : "_text");
    });

TEST(OneTower, HasNoScores) {
  const Encoder encoder(Model::load(test::data_path("hf_one_tower/clip_image").string()));
  EXPECT_EQ(encoder.model().info().logit_scale, 0.0F);
  EXPECT_THROW(Classifier(encoder, {"a cat", "a dog"}), Error);
}

TEST(OneTower, TakesNoSizesOfTheOther) {
  const std::string image = test::data_path("hf_one_tower/clip_image").string();
  EXPECT_THROW(Model::load(image, {.context_length = 12}), Error);
  EXPECT_EQ(Model::load(image, {.image_size = 32}).info().image_size, 32);
}

}  // namespace
}  // namespace diptych
