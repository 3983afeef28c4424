// The public API on a device of libtorch, through the module that is loaded for it.
#include <gtest/gtest.h>

#include "api/fixtures.h"
#include "base/error.h"
#include "diptych/captioner.h"
#include "diptych/encoder.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "support/test_device.h"

namespace diptych {
namespace {

const ComputeOptions kLibtorch{.device = "libtorch:" + test::test_device(), .threads = 1};

Model model(const char* fixture) {
  return Model::load(test::data_path(fixture).string());
}

std::vector<Image> pictures() {
  return {{.width = 40, .height = 32, .rgb = std::vector<std::uint8_t>(40 * 32 * 3, 10)},
          {.width = 9, .height = 70, .rgb = std::vector<std::uint8_t>(9 * 70 * 3, 200)}};
}

void expect_same_rows(const Matrix& got, const Matrix& expected) {
  ASSERT_EQ(got.rows, expected.rows);
  for (std::size_t i = 0; i < got.rows; ++i)
    EXPECT_LE(test::relative_error(got.row(i), expected.row(i)), test::kFeatureTolerance) << i;
}

TEST(Device, GivesTheEmbeddingsOfTheCpu) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Model model = Model::load(folder.path().string());
  const Encoder encoder(model, kLibtorch);
  const Encoder expected(model);
  const std::vector<std::string> texts = {"a cat", "", "two dogs on a beach"};
  expect_same_rows(encoder.encode_images(pictures()).all(),
                   expected.encode_images(pictures()).all());
  expect_same_rows(encoder.encode_texts(texts).all(), expected.encode_texts(texts).all());
}

TEST(Device, WritesTheCaptionsOfTheCpu) {
  const CaptionOptions how{.max_length = 14};
  const auto captions = Captioner(model("open_clip_coca_captions"), kLibtorch)
                            .caption_images(pictures(), how)
                            .captions;
  const auto expected =
      Captioner(model("open_clip_coca_captions")).caption_images(pictures(), how).captions;
  ASSERT_EQ(captions.size(), expected.size());
  for (std::size_t i = 0; i < captions.size(); ++i) EXPECT_EQ(captions[i].ids, expected[i].ids);
}

TEST(Device, ThatIsNotThereIsRefused) {
  test::expect_error([] { PackedModel(model("openai_vit"), {.device = "abacus"}); },
                     ErrorCode::invalid_argument, "abacus");
}

TEST(Device, HasThePrecisionsOfWhatComputes) {
  test::expect_error([] { PackedModel(model("openai_vit"), {.precision = Precision::fp16}); },
                     ErrorCode::unsupported, "precision: got fp16");
  EXPECT_NO_THROW(
      PackedModel(model("openai_vit"), {.device = "libtorch:cpu", .precision = Precision::bf16}));
  test::expect_error(
      [] {
        PackedModel(model("openai_vit"), {.device = "libtorch:cpu", .precision = Precision::int8});
      },
      ErrorCode::unsupported, "precision: got int8w or int8");
}

}  // namespace
}  // namespace diptych
