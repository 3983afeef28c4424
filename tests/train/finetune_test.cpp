#include "diptych/finetune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/error.h"
#include "diptych/model.h"
#include "support/support.h"
#include "train/training_data.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Six pictures that are six classes, each several times, and a model that knows nothing of them.
class Finetuning : public testing::Test {
 protected:
  static constexpr const char* kPictures[] = {"gray.png",  "palette.png", "upscale_17x9.png",
                                              "image.bmp", "gray16.png",  "gray.jpg"};
  static constexpr int kOfEach = 5;

  Finetuning() {
    const fs::path config = data_.path() / "vit.json";
    write_file(config, R"({
      "embed_dim": 32,
      "vision_cfg": {"image_size": 32, "patch_size": 8, "width": 64, "layers": 2, "head_width": 32},
      "text_cfg": {"context_length": 12, "width": 32, "heads": 2, "layers": 1}})");
    TrainOptions nothing = data_.options("base");
    nothing.model = config.string();
    nothing.learning_rate = 0.0;
    nothing.epochs = 1;
    base_ = run_training(nothing).model.string();
    for (std::size_t i = 0; i < std::size(kPictures); ++i) {
      const fs::path folder = folders() / ("thing number " + std::to_string(i));
      fs::create_directories(folder);
      for (int copy = 0; copy < kOfEach; ++copy) {
        const fs::path picture = test::data_path(std::string("images/") + kPictures[i]);
        fs::copy_file(picture, folder / (std::to_string(copy) + picture.extension().string()));
      }
    }
  }

  fs::path folders() const { return data_.path() / "things"; }

  FinetuneOptions options() const {
    FinetuneOptions options;
    options.data = folders();
    options.model = base_;
    options.image_mode = "lora:4";
    options.text_mode = "full";
    options.learning_rate = 3e-3;
    options.epochs = 15;
    options.patience = 15;
    options.device = test::test_device();
    options.threads = 2;
    options.logs = data_.logs();
    options.name = "tuned";
    return options;
  }

  test::TrainingData data_;
  std::string base_;
};

TEST_F(Finetuning, KeepsTheModelOfTheBestEpoch) {
  FinetuneOptions some = options();
  some.retained = folders();
  FinetuneStart start;
  std::size_t epochs = 0;
  FinetuneCallbacks callbacks;
  callbacks.started = [&](const FinetuneStart& said) { start = said; };
  callbacks.epoch = [&](const FinetuneEpoch&) { ++epochs; };
  const FinetuneReport report = finetune(some, callbacks);
  EXPECT_EQ(start.classes, 6U);
  EXPECT_EQ(start.held_out, 6U) << "one of five of each class";
  EXPECT_EQ(start.trained_on, 24U);
  EXPECT_EQ(start.linear_probe, 1.0) << "the same pictures";
  EXPECT_LT(start.before, 0.9);
  EXPECT_GT(report.after, start.before);
  ASSERT_GT(report.best_epoch, 0);
  EXPECT_EQ(epochs, report.epochs.size());
  for (const FinetuneEpoch& epoch : report.epochs) {
    EXPECT_LE(epoch.held_out, report.after);
    if (epoch.epoch < report.best_epoch) {
      EXPECT_LT(epoch.held_out, report.after);
    }
  }
  // The pictures kept out are copies of those that were trained on.
  EXPECT_THAT(report.start.notes,
              testing::IsSupersetOf({HasSubstr("trained on: 6 of 6 kept out"),
                                     HasSubstr("trained on: 30 of 30 retained")}));
  EXPECT_DOUBLE_EQ(report.retained_after.value(), report.after);
  EXPECT_DOUBLE_EQ(report.retained_before.value(), start.before);
  EXPECT_EQ(Model::load(report.model.string()).info().image_size, 32);
  EXPECT_FALSE(fs::exists(report.folder / "best.safetensors"));
  EXPECT_THAT(read_text_file(report.folder / "report.json"), HasSubstr("\"best_epoch\": "));
  EXPECT_THAT(read_text_file(report.folder / "report.html"), HasSubstr("held-out accuracy"));
}

TEST_F(Finetuning, MeasuresCaptionsByRetrieval) {
  std::string table = "filepath,title,split\n";
  for (std::size_t i = 0; i < std::size(kPictures); ++i) {
    for (const char* words : {"one", "two"}) {
      table += "things/thing number " + std::to_string(i) + "/0" +
               fs::path(kPictures[i]).extension().string() + ",\"" + words + ", of \"\"" +
               std::to_string(i) + "\"\"\"\n";
    }
  }
  table += "things/missing.png,nothing\n";
  FinetuneOptions some = options();
  some.data = data_.path() / "captions.csv";
  write_file(some.data, table);
  some.held_out = 0.5;
  some.epochs = 1;
  some.batch_size = 4;
  std::vector<std::string> notes;
  const FinetuneReport report =
      finetune(some, {.note = [&](const std::string& sentence) { notes.push_back(sentence); }});
  EXPECT_THAT(notes, testing::Contains(HasSubstr("they do not fill a batch of")))
      << "what the training says";
  EXPECT_EQ(report.figure, "mean recall");
  EXPECT_EQ(report.start.held_out, 6U) << "both captions of three pictures";
  EXPECT_EQ(report.start.trained_on, 6U);
  EXPECT_FALSE(report.start.linear_probe);
  EXPECT_THAT(report.start.notes, testing::Contains(HasSubstr("refused: 1 ")));
  EXPECT_THAT(report.start.notes, testing::Contains(HasSubstr("rows of all parts are taken")));
  EXPECT_THAT(report.start.notes,
              testing::Contains(HasSubstr("of 3 pictures kept out the right one")));
  EXPECT_THAT(read_text_file(report.folder / "training.csv"), HasSubstr("of \"\""));
}

TEST_F(Finetuning, ReadsPicturesUprightAndSaysWhatElseAViewerShows) {
  const fs::path turned = test::data_path("images/exif_rotated.jpg");
  for (int copy = 0; copy < kOfEach; ++copy)
    fs::copy_file(turned,
                  folders() / "thing number 0" / ("turned " + std::to_string(copy) + ".jpg"));
  FinetuneOptions some = options();
  some.epochs = 1;
  std::vector<std::string> notes;
  const FinetuneReport report =
      finetune(some, {.note = [&](const std::string& sentence) { notes.push_back(sentence); }});
  EXPECT_THAT(notes, testing::Contains(HasSubstr("in 16-bit grey, of which all above 255")));
  EXPECT_THAT(notes, testing::Not(testing::Contains(HasSubstr("EXIF"))));
  EXPECT_THAT(read_text_file(report.folder / "options.toml"), HasSubstr("upright = \"yes\""));
}

TEST_F(Finetuning, SaysWhichPicturesCannotBeRead) {
  for (const char* name : {"0.png", "1.png", "2.png", "3.png", "4.png"})
    write_file(folders() / "thing number 0" / name, "no picture");
  FinetuneOptions some = options();
  some.retained = folders();
  some.epochs = 1;
  const FinetuneReport report = finetune(some);
  EXPECT_THAT(report.start.notes,
              testing::IsSupersetOf({HasSubstr("1 pictures kept out cannot be read"),
                                     HasSubstr("4 pictures to train on cannot be read"),
                                     HasSubstr("5 pictures retained cannot be read")}));
}

TEST_F(Finetuning, WithoutAGainWritesNoModel) {
  FinetuneOptions idle = options();
  idle.image_mode = idle.text_mode = "frozen";
  idle.learning_rate = 1e-9;
  idle.patience = 2;
  const FinetuneReport report = finetune(idle);
  EXPECT_EQ(report.best_epoch, 0);
  EXPECT_EQ(report.epochs.size(), 2U) << "patience ended it";
  EXPECT_EQ(report.after, report.start.before);
  EXPECT_TRUE(report.model.empty());
  EXPECT_FALSE(fs::exists(report.folder / "model"));
}

TEST_F(Finetuning, DoesNotReplaceAnEarlierRunUnasked) {
  FinetuneOptions some = options();
  some.epochs = 1;
  finetune(some);
  const std::string before = read_text_file(data_.logs() / "tuned" / "report.json");
  some.epochs = 2;
  EXPECT_THROW(finetune(some), Error);
  EXPECT_EQ(read_text_file(data_.logs() / "tuned" / "report.json"), before);
}

/// A folder would have to be removed before the right options are taken.
TEST_F(Finetuning, WhatIsRefusedLeavesNothing) {
  FinetuneOptions wrong = options();
  wrong.image_mode = "lora:0";
  wrong.model = "no model";
  try {
    finetune(wrong);
    FAIL() << "expected it to be refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("image-mode: got 'lora:0'"));
  }
  EXPECT_FALSE(fs::exists(wrong.logs / wrong.name));
  FinetuneOptions too_high = options();
  too_high.image_mode = "lora:4096";
  EXPECT_THROW(finetune(too_high), Error);
  EXPECT_FALSE(fs::exists(too_high.logs / too_high.name));
}

TEST_F(Finetuning, RefusesWhatNothingCanBeKeptOutOf) {
  FinetuneOptions bad = options();
  bad.data = data_.path() / "nowhere";
  EXPECT_THROW(finetune(bad), Error);
  bad.data = data_.path() / "missing.csv";
  write_file(bad.data, "filepath,title\nno/0.png,a\nno/1.png,b\nno/2.png,c\n");
  EXPECT_THAT([&] { finetune(bad); }, testing::ThrowsMessage<Error>(testing::AllOf(
                                          testing::HasSubstr("3 whose picture is not there"),
                                          testing::HasSubstr("line 2"))));
  bad.data = data_.path() / "one.csv";
  write_file(bad.data, "filepath,title\nthings/thing number 0/0.png,a\n");
  EXPECT_THROW(finetune(bad), Error);
  for (const fs::path& shards : {data_.shards(), data_.path() / "{0..9}.tar"}) {
    bad.data = shards;
    EXPECT_THAT([&] { finetune(bad); },
                testing::ThrowsMessage<Error>(testing::AllOf(
                    testing::HasSubstr("finetune: got shards"),
                    testing::HasSubstr("shards convert " + shards.string() + " --to csv"))));
  }
  bad = options();
  bad.held_out = 1.0;
  EXPECT_THROW(finetune(bad), Error);
}

}  // namespace
}  // namespace diptych
