#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/train.h"
#include "shards/shard_writer.h"
#include "support/support.h"
#include "support/test_device.h"

namespace diptych::test {

/// A folder with a tiny data set: pictures of the image fixtures with captions, in groups of two,
/// the last of them broken; and with a model configuration.
class TrainingData {
 public:
  static constexpr int kStepsAnEpoch = 4;

  /// Captions count from `first_number`.
  explicit TrainingData(int first_number = 0) {
    write_file(config(), kConfig);
    const char* pictures[] = {"gray.png",  "palette.png", "upscale_17x9.png",
                              "image.bmp", "gray16.png",  "gray.jpg"};
    shards::ShardWriter writer(shards(), {.samples_per_shard = 8});
    for (int i = 0; i < 20; ++i) {
      const std::string name = pictures[i % 6];
      const auto picture = read_file(data_path("images/" + name));
      add(writer, i, first_number, name.substr(name.find('.') + 1), picture);
    }
    const std::string broken = "no picture";
    add(writer, 20, first_number, "jpg", std::as_bytes(std::span(broken)));
    writer.finish();
  }

  std::filesystem::path path() const { return folder_.path(); }
  std::filesystem::path config() const { return path() / "config.json"; }
  std::filesystem::path shards() const { return path() / "shards"; }
  std::filesystem::path logs() const { return path() / "logs"; }

  /// Three epochs that draw on everything random there is.
  TrainOptions options(const std::string& name) const {
    TrainOptions options;
    options.device = test_device();
    options.train_data = shards().string();
    options.model = config();
    options.json_text_key = "captions";
    options.group_key = "concept";
    options.batch_size = 5;
    options.epochs = 3;
    options.warmup = 2;
    options.learning_rate = 1e-3;
    options.gradient_clip_norm = 1.0;
    options.augmentation.jitter_probability = 0.5;
    options.augmentation.hue = 0.1;
    options.random_background = 0.5;
    options.threads = 2;
    options.workers = 2;
    options.seed = 7;
    options.logs = logs();
    options.name = name;
    options.report_every_steps = 1;
    return options;
  }

 private:
  static constexpr const char* kConfig = R"({
  "embed_dim": 16,
  "vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 4, "head_width": 64},
  "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
})";

  static void add(shards::ShardWriter& writer, int number, int first_number,
                  const std::string& extension, std::span<const std::byte> picture) {
    const std::string caption = std::to_string(10 + number + first_number);
    const std::string json = R"({"captions": ["picture )" + caption +
                             R"(", "a longer caption"], "concept": "c)" +
                             std::to_string(number / 2) + R"("})";
    writer.add("sample" + std::to_string(number),
               {{extension, picture}, {"json", std::as_bytes(std::span(json))}});
  }

  TemporaryFolder folder_;
};

}  // namespace diptych::test
