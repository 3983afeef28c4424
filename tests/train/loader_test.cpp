#include "train/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "diptych/tokenizer.h"
#include "support/support.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

/// One way of making a tower's pictures.
struct Kind {
  const char* name;
  Preprocessing preprocessing;
};

/// Square pictures: what is cropped is then the same whatever the mode.
const std::vector<std::string> kPictures = {"banana.png", "butterfly.webp", "cat.jpg",
                                            "umbrella.bmp"};

/// A crop of all of a picture.
AugmentOptions no_augmentation() {
  return {.min_scale = 1.0, .max_scale = 1.0, .min_ratio = 1.0, .max_ratio = 1.0};
}

class LoaderPictures : public testing::TestWithParam<Kind> {
 protected:
  LoaderPictures() {
    std::string table = "filepath,title\n";
    for (const std::string& name : kPictures) {
      pictures_.push_back(test_pictures() / name);
      table += pictures_.back().string() + ",a picture\n";
    }
    write_file(folder_.path() / "t.csv", table);
  }

  static fs::path test_pictures() { return test::data_path("../../examples/pictures"); }

  const test::TemporaryFolder folder_;
  std::vector<fs::path> pictures_;
};

// Trained without augmentation, a model sees the pixels that it is served with.
TEST_P(LoaderPictures, AreWhatTheEncoderSees) {
  const Preprocessing& how = GetParam().preprocessing;
  const network::Model model = network::make_model({});
  const shards::Dataset dataset((folder_.path() / "t.csv").string());
  Loader loader(
      dataset, model, *clip_tokenizer(),
      {.batch_size = 1, .workers = 1, .augmentation = no_augmentation(), .preprocessing = how}, {});
  std::vector<std::vector<float>> expected;
  for (const fs::path& picture : pictures_) {
    expected.emplace_back(static_cast<std::size_t>(3 * how.size * how.size));
    normalise(load_preprocessed(picture, how), how, expected.back());
  }
  for (std::size_t i = 0; i < pictures_.size(); ++i) {
    const LoadedBatch loaded = loader.next();
    ASSERT_TRUE(loaded.refused.empty()) << loaded.refused.front().refusal.message();
    const auto found = std::find(expected.begin(), expected.end(), loaded.batch.pixels);
    ASSERT_NE(found, expected.end()) << "other pixels than the encoder's";
    expected.erase(found);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, LoaderPictures,
    testing::Values(Kind{"Clip", {.size = 32}}, Kind{"Larger", {.size = 400}},
                    Kind{"Bilinear", {.size = 48, .interpolation = Interpolation::bilinear}},
                    Kind{"Squashed",
                         {.size = 40,
                          .mode = ResizeMode::squash,
                          .mean = {0.5F, 0.5F, 0.5F},
                          .std = {0.5F, 0.5F, 0.5F}}},
                    Kind{"Transformers",
                         {.size = 33,
                          .background = std::array<std::uint8_t, 3>{255, 255, 255},
                          .crop_start = CropStart::down,
                          .conversion = RgbConversion::first}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace diptych::train
