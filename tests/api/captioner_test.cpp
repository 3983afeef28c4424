#include "diptych/captioner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using testing::ElementsAre;

Model coca() {
  return Model::load(test::data_path("open_clip_coca_captions").string());
}

Image grey(std::uint8_t value) {
  return {.width = 40, .height = 32, .rgb = std::vector<std::uint8_t>(40 * 32 * 3, value)};
}

TEST(Captioner, CaptionsThePicturesThatItCanRead) {
  const Captioner captioner(coca(), {.threads = 2, .batch = 2});
  std::vector<Image> images = {grey(10), grey(250), grey(90), grey(10)};
  images[1].rgb.pop_back();
  CaptionOptions options{.max_length = 14};
  std::vector<std::size_t> done;
  options.progress = [&](std::size_t so_far, std::size_t) { done.push_back(so_far); };
  const CaptionedImages captioned = captioner.caption_images(images, options);
  EXPECT_THAT(captioned.inputs, ElementsAre(0, 2, 3));
  ASSERT_EQ(captioned.failures.size(), 1U);
  EXPECT_EQ(captioned.failures.front().index, 1U);
  ASSERT_EQ(captioned.captions.size(), 3U);
  EXPECT_EQ(captioned.captions[0].ids, captioned.captions[2].ids);
  EXPECT_EQ(captioned.captions[0].ids.front(), 38);
  EXPECT_THAT(done, ElementsAre(2, 4));
}

TEST(Captioner, SharesThePackedModelWithAnEncoder) {
  const Encoder encoder(coca(), {.threads = 2});
  const Captioner captioner(encoder.packed_model());
  EXPECT_EQ(captioner.packed_model(), encoder.packed_model());
  const std::vector<Image> images = {grey(10), grey(250)};
  CaptionOptions options{.max_length = 14};
  std::vector<float> embedding;
  options.progress = [&](std::size_t, std::size_t) {
    embedding = encoder.encode_images(images).all().values;
  };
  EXPECT_EQ(captioner.caption_images(images, options).captions[1].ids,
            Captioner(coca()).caption_images(images, {.max_length = 14}).captions[1].ids);
  EXPECT_EQ(embedding, Encoder(coca()).encode_images(images).all().values);
}

TEST(Captioner, NeedsAModelWithADecoder) {
  test::expect_error([] { Captioner(Model::load(test::data_path("open_clip_coca").string())); },
                     ErrorCode::unsupported, "without a decoder");
  const PackedModel packed(Model::load(test::data_path("open_clip_coca").string()));
  test::expect_error([&] { Captioner{packed}; }, ErrorCode::unsupported, "without a decoder");
}

TEST(Captioner, RefusesPixelsThatDoNotFit) {
  const Captioner captioner(coca());
  const std::vector<float> pixels(3 * 32 * 32 - 1);
  test::expect_error([&] { captioner.caption_pixels(pixels, 1, {.max_length = 14}); },
                     ErrorCode::invalid_argument, "pixels: got");
}

}  // namespace
}  // namespace diptych
