#include "diptych/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <thread>

#include "api/fixtures.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "diptych/classifier.h"
#include "diptych/gallery.h"
#include "support/expect_error.h"
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
  EXPECT_EQ(one.encode_texts(texts).rows.values, many.encode_texts(texts).rows.values);
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
  EXPECT_EQ(encoder.encode_texts({}).rows.rows, 0U);
}

TEST_F(EncoderTest, ATextThatIsNotUtf8FailsAloneAndIsNamedByItsNumber) {
  const Encoder encoder(model());
  const std::vector<std::string> texts = {"a", "\xC3(", "a photo of red"};
  const EncodedTexts encoded = encoder.encode_texts(texts);
  ASSERT_EQ(encoded.failures.size(), 1U);
  EXPECT_EQ(encoded.failures[0].index, 1U);
  EXPECT_EQ(encoded.failures[0].code, ErrorCode::invalid_argument);
  EXPECT_THAT(encoded.failures[0].message, HasSubstr("text 2"));
  EXPECT_EQ(encoded.inputs, (std::vector<std::size_t>{0, 2}));
  EXPECT_TRUE(std::ranges::equal(encoded.rows.row(1), encoder.encode_text(texts[2])));
  EXPECT_THROW(encoded.all(), Error);
  EXPECT_THROW(encoder.encode_text(texts[1]), Error);
}

TEST_F(EncoderTest, TextsOfAllLengthsKeepTheirPlaces) {
  const Encoder encoder(model(), {.threads = 2, .batch = 3});
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.emplace_back();
    for (int word = 0; word <= i * 7 % 11; ++word) texts.back() += "red ";
    texts.back() += std::to_string(i);
  }
  std::vector<std::size_t> seen;
  const Matrix rows = encoder
                          .encode_texts(texts, {.progress =
                                                    [&](std::size_t done, std::size_t total) {
                                                      EXPECT_EQ(total, 40U);
                                                      seen.push_back(done);
                                                    }})
                          .all();
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(rows.row(i), encoder.encode_text(texts[i]))) << texts[i];
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.back(), 40U);
}

TEST_F(EncoderTest, BytesInMemoryGiveWhatTheirFileGives) {
  const Encoder encoder(model());
  const std::vector<std::filesystem::path> paths = {test::data_path("orientation/byte.jpg"),
                                                    folder_->path() / "none.jpg"};
  const MappedFile file(paths[0]);
  const std::vector<PictureBytes> pictures = {{file.bytes(), "first"},
                                              {file.bytes().first(20), ""}};
  const EncodedImages from_memory = encoder.encode_images(pictures);
  const EncodedImages from_files = encoder.encode_images(paths);
  EXPECT_EQ(from_memory.rows.values, from_files.rows.values);
  EXPECT_EQ(from_memory.counts, from_files.counts);
  ASSERT_EQ(from_memory.failures.size(), 1U);
  EXPECT_THAT(from_memory.failures[0].message, HasSubstr("picture 2"));
}

TEST_F(EncoderTest, GivesEachBatchAsItIsDoneAndEndsWhenTold) {
  const Encoder encoder(model(), {.batch = 2});
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 7; ++i) {
    paths.push_back(folder_->path() / (std::to_string(i) + ".bmp"));
    if (i != 1) test::write_picture(paths.back(), 30 * i, 0, 255);
  }
  const EncodedImages all = encoder.encode_images(paths);
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> failed;
  encoder.encode_images(paths, {}, [&](const EncodedImages& batch) {
    for (std::size_t row = 0; row < batch.inputs.size(); ++row)
      EXPECT_TRUE(std::ranges::equal(batch.rows.row(row), all.rows.row(inputs.size() + row)));
    inputs.insert(inputs.end(), batch.inputs.begin(), batch.inputs.end());
    for (const Failure& failure : batch.failures) failed.push_back(failure.index);
    return inputs.size() < 3;
  });
  EXPECT_EQ(inputs, (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_EQ(failed, std::vector<std::size_t>{1});
}

TEST_F(EncoderTest, MayEncodeWhileItReportsProgress) {
  const Encoder encoder(model(), {.threads = 2, .batch = 2});
  const std::vector<float> expected = encoder.encode_text("red");
  int calls = 0;
  encoder.encode_images(
      pictures(5), {.progress = [&](std::size_t, std::size_t) {
        EXPECT_EQ(encoder.encode_text("red"), expected);
        std::thread([&] { EXPECT_EQ(encoder.encode_text("red"), expected); }).join();
        ++calls;
      }});
  EXPECT_EQ(calls, 3);
}

TEST_F(EncoderTest, CopiesShareThePackedModel) {
  const PackedModel packed(model(), {.threads = 1});
  const Encoder encoder(packed);
  const Encoder copy = encoder;
  EXPECT_EQ(copy.packed_model(), packed);
  EXPECT_NE(Encoder(model()).packed_model(), packed);
  EXPECT_EQ(copy.encode_text("red"), Encoder(model()).encode_text("red"));
}

// Packed as bfloat16, it has other numbers than one that somebody packs for himself.
TEST_F(EncoderTest, ClassifiersAndGalleriesComputeWithTheirEncodersPackedModel) {
  const Encoder encoder(PackedModel(model(), {.threads = 1, .precision = Precision::bf16}));
  const Encoder other(model(), {.threads = 1});
  const Classifier classifier(encoder, {"red"}, {.templates = {"{}"}});
  const std::vector<float> red = encoder.encode_text("red");
  const std::span<const float> label = classifier.class_embeddings().row(0);  // normalised again
  EXPECT_LT(test::relative_error(label, red), 1e-6);
  EXPECT_GT(test::relative_error(label, other.encode_text("red")), 1e-5);

  const std::vector<std::filesystem::path> paths = {folder_->path() / "gallery.bmp"};
  test::write_picture(paths.front(), 30, 60, 200);
  const Gallery gallery(encoder, paths);
  EXPECT_EQ(gallery.embeddings().values, encoder.encode_images(paths).rows.values);
  EXPECT_NE(gallery.embeddings().values, other.encode_images(paths).rows.values);
  EXPECT_EQ(gallery.find("red", 1).front().similarity, gallery.find(red, 1).front().similarity);
  EXPECT_NE(gallery.find("red", 1).front().similarity,
            gallery.find(other.encode_text("red"), 1).front().similarity);
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

/// Pictures of 1 x 5 to 7 x 1 pixels keep their aspect ratios, side by side in one batch.
TEST_F(EncoderTest, PicturesOfAnyAspectRatioShareABatch) {
  const Model naflex = Model::load(test::data_path("open_clip_siglip2_naflex").string());
  EXPECT_EQ(naflex.info().preprocessing.mode, ResizeMode::patches);
  const std::vector<Image> images = pictures(9);
  const Matrix together = Encoder(naflex, {.threads = 2, .batch = 4}).encode_images(images).rows;
  const Encoder alone(naflex, {.threads = 1});
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Matrix row = alone.encode_images(std::span(images).subspan(i, 1)).all();
    EXPECT_TRUE(std::ranges::equal(row.row(0), together.row(i))) << i;
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

/// Finite weights of which products overflow.
TEST_F(EncoderTest, FeaturesThatAreNoNumbersAreRefused) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(folder_->path(), folder.path());
  const auto weights = folder.path() / "model.safetensors";
  TensorMap tensors = checkpoint::read_safetensors(weights);
  const Shape shape = tensors.at("visual.proj").shape;
  const auto size = static_cast<std::size_t>(element_count(shape));
  tensors.add("visual.proj", TensorBuffer(shape, std::vector<float>(size, 3e38F)));
  checkpoint::write_safetensors(weights, tensors);
  const Encoder encoder(Model::load(folder.path().string()));
  test::expect_error([&] { encoder.encode_images(pictures(3)); }, ErrorCode::corrupt_data,
                     "features: got NaN or infinity");
}

/// A copy of the model in `folder` with these weights all zero.
Model with_zeros(const std::filesystem::path& folder, const std::filesystem::path& original,
                 const std::vector<std::string>& prefixes) {
  std::filesystem::copy(original, folder);
  const auto weights = folder / "model.safetensors";
  TensorMap tensors = checkpoint::read_safetensors(weights);
  std::vector<std::string> zeroed;
  for (const auto& [name, view] : tensors.tensors) {
    for (const std::string& prefix : prefixes) {
      if (name.starts_with(prefix)) zeroed.push_back(name);
    }
  }
  EXPECT_FALSE(zeroed.empty());
  for (const std::string& name : zeroed) {
    const Shape shape = tensors.at(name).shape;
    const auto size = static_cast<std::size_t>(element_count(shape));
    tensors.add(name, TensorBuffer(shape, std::vector<float>(size, 0.0F)));
  }
  checkpoint::write_safetensors(weights, tensors);
  return Model::load(folder.string());
}

TEST_F(EncoderTest, FeaturesThatAreZeroAreRefused) {
  const test::TemporaryFolder folder;
  const Encoder encoder(with_zeros(folder.path(), folder_->path(), {"visual.proj"}));
  test::expect_error([&] { encoder.encode_images(pictures(1)); }, ErrorCode::corrupt_data,
                     "features: got zeros alone");
}

TEST_F(EncoderTest, FeaturesThatDependOnNoInputAreRefused) {
  const test::TemporaryFolder folder;
  const Encoder encoder(
      with_zeros(folder.path(), folder_->path(), {"visual.conv1.weight", "token_embedding"}));
  EXPECT_NO_THROW(encoder.encode_images(pictures(1)));
  const auto side = static_cast<std::size_t>(model().info().image_size);
  std::vector<float> pixels(2 * 3 * side * side, 0.5F);
  EXPECT_NO_THROW(encoder.encode_pixels(pixels, 2)) << "the pictures are equal";
  std::fill_n(pixels.begin(), 3 * side * side, -0.5F);
  test::expect_error([&] { encoder.encode_pixels(pixels, 2); }, ErrorCode::corrupt_data,
                     "the same numbers for pictures that differ");
  const std::vector<std::string> texts = {"red blue",
                                          "blue red"};  // of one length, which positions tell
  test::expect_error([&] { encoder.encode_texts(texts); }, ErrorCode::corrupt_data,
                     "the same numbers for texts that differ");
}

TEST_F(EncoderTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(Encoder(model(), {.threads = -1}), Error);
  EXPECT_THROW(Encoder(model(), {.batch = -1}), Error);
}

TEST(TokenMerging, ChangesPicturesAloneAndIsRefusedWithoutAVisionTransformer) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Model model = Model::load(folder.path().string());
  const Encoder exact(model);
  const Encoder merging(model, {.token_merging = 1});
  EXPECT_EQ(merging.packed_model().options().token_merging, 1);
  EXPECT_EQ(merging.encode_text("red"), exact.encode_text("red"));
  const auto size = static_cast<std::size_t>(model.info().image_size);
  std::vector<float> pixels(3 * size * size);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::sin(static_cast<float>(i * i));
  EXPECT_NE(merging.encode_pixels(pixels, 1).values, exact.encode_pixels(pixels, 1).values);
  test::expect_error([&] { Encoder(model, {.token_merging = -1}); }, ErrorCode::invalid_argument,
                     "token-merging: got -1");
  test::expect_error([] { Encoder(Model::load(), {.token_merging = 1}); },
                     ErrorCode::invalid_argument, "token-merging: got 1, expected 0: pictogram");
}

}  // namespace
}  // namespace diptych
