#include "diptych/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "api/fixtures.h"
#include "support/support.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class EncoderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    test::write_tiny_model(folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }

  static Model model() { return Model::load(folder_->path().string()); }
  /// Pictures of many sizes and colours.
  static std::vector<Image> pictures(int count) {
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
      Image image{.width = 1 + i % 7, .height = 1 + i % 5};
      for (int byte = 0; byte < image.width * image.height * 3; ++byte) {
        image.rgb.push_back(static_cast<std::uint8_t>(31 * i + 17 * byte));
      }
      images.push_back(std::move(image));
    }
    return images;
  }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* EncoderTest::folder_ = nullptr;

TEST_F(EncoderTest, BatchAndThreadsDoNotChangeABit) {
  const std::vector<Image> images = pictures(70);
  const std::vector<std::string> texts = {"a", "a photo of red", "猫", "", "dark blue light green"};
  const Encoder one(model(), {.threads = 1, .batch = 1});
  const Encoder many(model(), {.threads = 3, .batch = 64});
  EXPECT_EQ(one.encode_images(images).rows.values, many.encode_images(images).rows.values);
  EXPECT_EQ(one.encode_texts(texts).values, many.encode_texts(texts).values);
}

TEST_F(EncoderTest, CallsFromSeveralThreadsGiveTheSameAsAlone) {
  const Encoder encoder(model(), {.threads = 2});
  const std::vector<Image> images = pictures(20);
  const std::vector<float> expected = encoder.encode_images(images).rows.values;
  std::vector<std::vector<float>> got(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& result : got) {
    threads.emplace_back([&] { result = encoder.encode_images(images).rows.values; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : got) EXPECT_EQ(result, expected);
}

TEST_F(EncoderTest, ABrokenImageIsAValueAndTheOthersKeepTheirRows) {
  const Encoder encoder(model());
  std::vector<Image> images = pictures(3);
  const Matrix expected = encoder.encode_images(images).rows;
  images[1].rgb.pop_back();
  const EncodedImages encoded = encoder.encode_images(images);
  ASSERT_EQ(encoded.failures.size(), 1U);
  EXPECT_EQ(encoded.failures[0].index, 1U);
  EXPECT_EQ(encoded.failures[0].code, ErrorCode::invalid_argument);
  EXPECT_EQ(encoded.inputs, (std::vector<std::size_t>{0, 2}));
  ASSERT_EQ(encoded.rows.rows, 2U);
  EXPECT_TRUE(std::ranges::equal(encoded.rows.row(0), expected.row(0)));
  EXPECT_TRUE(std::ranges::equal(encoded.rows.row(1), expected.row(2)));
}

TEST_F(EncoderTest, NothingGivesNoRowsOfTheRightWidth) {
  const Encoder encoder(model());
  EXPECT_EQ(encoder.encode_images(std::vector<Image>{}).rows.columns, 16U);
  EXPECT_EQ(encoder.encode_texts({}).rows, 0U);
}

TEST_F(EncoderTest, ATextThatIsNotUtf8IsNamedByItsNumber) {
  const Encoder encoder(model());
  const std::vector<std::string> texts = {"a", "\xC3("};
  try {
    encoder.encode_texts(texts);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("text 2"));
  }
}

TEST_F(EncoderTest, LengthsThatDoNotFitAreRefused) {
  const Encoder encoder(model());
  EXPECT_THROW(encoder.encode_pixels(std::vector<float>(3 * 8 * 8 - 1), 1), Error);
  EXPECT_THROW(encoder.encode_tokens(std::vector<std::int32_t>(5), 2), Error);
  EXPECT_THROW(encoder.encode_tokens(std::vector<std::int32_t>(5), 0), Error);
}

TEST_F(EncoderTest, PixelsThatAreNotFiniteAreRefusedByRow) {
  const Encoder encoder(model());
  const auto side = static_cast<std::size_t>(model().info().image_size);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> pixels(3 * 3 * side * side, 0.5F);
    pixels[3 * side * side + 7] = bad;
    try {
      encoder.encode_pixels(pixels, 3);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_THAT(error.what(), HasSubstr("in row 2 of 3"));
    }
  }
}

TEST_F(EncoderTest, ProgressCountsTheInputs) {
  const Encoder encoder(model(), {.batch = 2});
  std::vector<std::size_t> seen;
  encoder.encode_images(pictures(5), {.progress = [&](std::size_t done, std::size_t total) {
                          EXPECT_EQ(total, 5U);
                          seen.push_back(done);
                        }});
  EXPECT_EQ(seen, (std::vector<std::size_t>{2, 4, 5}));
}

TEST_F(EncoderTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(Encoder(model(), {.threads = -1}), Error);
  EXPECT_THROW(Encoder(model(), {.batch = -1}), Error);
}

}  // namespace
}  // namespace diptych
