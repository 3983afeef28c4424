#include "diptych/soup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "checkpoint/containers/safetensors.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using Weights = std::map<std::string, std::vector<float>>;

Model fixture(const std::string& name = "openai_vit") {
  return Model::load(test::data_path(name).string());
}

Weights written(const Model& model, const std::filesystem::path& folder) {
  convert_model(model, folder, {.overwrite = true});
  Weights weights;
  const TensorMap tensors = checkpoint::read_safetensors(folder / "model.safetensors");
  for (const auto& [name, view] : tensors.tensors) weights[name] = to_floats(view);
  return weights;
}

/// The fixture with every number of its weights moved by `shift`.
Model shifted(const std::filesystem::path& folder, float shift) {
  convert_model(fixture(), folder);
  const std::filesystem::path file = folder / "model.safetensors";
  TensorMap moved;
  {
    const TensorMap tensors = checkpoint::read_safetensors(file);
    for (const auto& [name, view] : tensors.tensors) {
      std::vector<float> values = to_floats(view);
      for (float& value : values) value += shift;
      moved.add(name, TensorBuffer(view.shape, values));
    }
  }
  checkpoint::write_safetensors(file, moved);
  return Model::load(folder.string());
}

TEST(Soup, AveragesEveryNumberByItsShare) {
  const test::TemporaryFolder folder;
  const Model first = fixture();
  const Model second = shifted(folder.path() / "second", 1.0F);
  const std::vector<Model> models = {first, second};
  const Weights before = written(first, folder.path() / "first");
  const Weights after =
      written(average_models(models, std::vector<double>{3, 1}), folder.path() / "soup");
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, values] : before) {
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_NEAR(after.at(name)[i], values[i] + 0.25F, 1e-6F) << name;
  }
}

TEST(Soup, OfOneModelWithItselfIsThatModel) {
  const Model model = fixture();
  const auto size = static_cast<std::size_t>(model.info().image_size);
  const std::vector<float> picture(3 * size * size, 0.25F);
  const Model soup = average_models(std::vector<Model>{model, model, model});
  EXPECT_EQ(Encoder(soup).encode_pixels(picture, 1).values,
            Encoder(model).encode_pixels(picture, 1).values);
}

TEST(Soup, CopiesAreKnownByTheirWeights) {
  const test::TemporaryFolder folder;
  const Model model = fixture();
  const auto copy = [&](const Model& original, const char* name, Precision dtype) {
    convert_model(original, folder.path() / name, {.dtype = dtype});
    return Model::load((folder.path() / name).string());
  };
  const Model half = copy(model, "half", Precision::fp16);
  EXPECT_TRUE(have_same_weights(model, copy(model, "single", Precision::fp32)));
  EXPECT_TRUE(have_same_weights(half, model));
  EXPECT_TRUE(have_same_weights(model, copy(half, "rounded", Precision::fp32)));
  EXPECT_TRUE(have_same_weights(copy(model, "brain", Precision::bf16), model));
  EXPECT_FALSE(have_same_weights(model, shifted(folder.path() / "moved", 0.5F)));
  EXPECT_FALSE(have_same_weights(model, fixture("openai_resnet")));
}

TEST(Soup, SaysThatStatisticsOfBatchNormWereAveraged) {
  const Model model = fixture("openai_resnet");
  EXPECT_THAT(average_models(std::vector<Model>{model, model}).info().assumptions,
              testing::Contains(testing::HasSubstr("batch norm")));
}

TEST(SoupErrors, NamesWhatDiffers) {
  const std::vector<Model> models = {fixture(), fixture("openai_resnet")};
  test::expect_error([&] { average_models(models); }, ErrorCode::invalid_argument,
                     "soup: /embedding_width: got 40, expected 48");
  test::expect_error([&] { average_models(models); }, ErrorCode::invalid_argument,
                     "openai_resnet)");
}

TEST(SoupErrors, RefusesSharesThatAreNone) {
  const std::vector<Model> models = {fixture(), fixture()};
  const auto refuses = [&](const std::vector<double>& shares, const std::string& message) {
    test::expect_error([&] { average_models(models, shares); }, ErrorCode::invalid_argument,
                       message);
  };
  refuses({1}, "shares: got 1, expected one for each of 2 models");
  refuses({1, -1}, "got -1");
  refuses({0, 0}, "a sum above 0");
  refuses({1, std::numeric_limits<double>::quiet_NaN()}, "got nan");
  test::expect_error([&] { average_models(std::span(models).first(1)); },
                     ErrorCode::invalid_argument, "two or more");
}

TEST(SoupErrors, RefusesToWriteIntoAnyOfTheModelsFolders) {
  const test::TemporaryFolder folder;
  const std::vector<Model> models = {fixture(), shifted(folder.path() / "second", 0.5F)};
  const Model soup = average_models(models);
  test::expect_error([&] { convert_model(soup, folder.path() / "second", {.overwrite = true}); },
                     ErrorCode::invalid_argument, "the folder of the model itself");
}

TEST(Soup, SharesWhoseSumIsTooLargeAreRefused) {
  const std::vector<Model> models = {fixture(), fixture()};
  test::expect_error(
      [&] {
        average_models(models, std::vector<double>{1e308, 1e308});
      },
      ErrorCode::invalid_argument, "soup: shares: got inf, expected a sum above 0");
}

}  // namespace
}  // namespace diptych
