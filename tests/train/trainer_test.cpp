#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/random.h"
#include "checkpoint/load.h"
#include "checkpoint/source/averaged_statistics.h"
#include "diptych/error.h"
#include "diptych/train.h"
#include "shards/shard_writer.h"
#include "support/support.h"
#include "train/training_data.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

class Training : public testing::Test {
 protected:
  TrainOptions options(const std::string& name) const { return data_.options(name); }

  fs::path checkpoint(const std::string& name) const {
    return data_.logs() / name / "checkpoints" / "latest.safetensors";
  }

  static std::string weights(const TrainResult& result) {
    return read_text_file(result.model / "model.safetensors");
  }

  test::TrainingData data_;
};

TEST_F(Training, MakesAModelThatLoadsAndReportsOnTheWay) {
  std::vector<TrainProgress> reports;
  const TrainResult result =
      run_training(options("whole"),
                   {.report = [&](const TrainProgress& progress) { reports.push_back(progress); }});
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 12) << "3 epochs of 21 samples in batches of 5";
  ASSERT_EQ(reports.size(), 12U);
  EXPECT_EQ(reports.back().total_steps, 12);
  EXPECT_GT(reports.back().loss, 0.0);
  EXPECT_GT(reports.back().refused, 0) << "the broken picture";
  EXPECT_THAT(reports.back().last_problem, testing::HasSubstr("sample20"));
  EXPECT_EQ(result.refused, 1) << "once, although three epochs meet it";
  ASSERT_EQ(result.refused_by_reason.size(), 1U);
  EXPECT_EQ(result.refused_by_reason[0].reason, "unreadable_picture");
  const auto model = checkpoint::load_model_file(result.model);
  EXPECT_EQ(model.preprocessing.size, 32);
}

TEST_F(Training, IsNoSuccessWhenMostStepsAreLeftOut) {
  TrainOptions diverging = options("diverging");
  diverging.epochs = 1;
  diverging.warmup = 0;
  diverging.learning_rate = 1e30;
  EXPECT_THAT([&] { run_training(diverging); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("of 4 steps were left out")));
  EXPECT_FALSE(fs::exists(diverging.logs / diverging.name / "model"));
}

TEST_F(Training, GoesFromSmallPicturesAndShortTextsToTheFullSize) {
  TrainOptions small = options("small");
  small.image_size = 64;
  small.context_length = 6;
  const fs::path first = run_training(small).model;
  EXPECT_EQ(checkpoint::load_model_file(first).preprocessing.size, 64) << "of a configuration";
  TrainOptions full = options("full");
  full.model = first;
  full.image_size = 96;
  full.context_length = 12;
  const auto model = checkpoint::load_model_file(run_training(full).model);
  EXPECT_EQ(model.preprocessing.size, 96) << "of a model";
  EXPECT_THAT(checkpoint::all_assumptions(model), testing::IsEmpty()) << "it has its own positions";
  EXPECT_EQ(model.weights.at("visual.attnpool.positional_embedding").shape, Shape({10, 128}));
  EXPECT_EQ(model.weights.at("positional_embedding").shape, Shape({12, 16}));

  small.resume = "latest";
  small.epochs = 4;
  small.image_size = 32;
  EXPECT_THAT([&] { run_training(small); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("image_size")));
}

TEST_F(Training, MeasuresTheStatisticsThatAnAverageOnlyAssumes) {
  const fs::path average = run_training(options("average")).model;
  const fs::path config = average / "diptych.json";
  nlohmann::json json = nlohmann::json::parse(read_text_file(config));
  json["assumptions"] = {checkpoint::kAveragedStatistics, "Another."};
  write_file(config, json.dump());
  TrainOptions on = options("on");
  on.model = average;
  EXPECT_THAT(checkpoint::load_model_file(run_training(on).model).assumptions,
              testing::ElementsAre("Another."));
  TrainOptions kept = options("kept");
  kept.model = average;
  kept.lock_image = true;
  EXPECT_EQ(checkpoint::load_model_file(run_training(kept).model).assumptions.size(), 2U);
}

TEST_F(Training, CountsTheCaptionsThatItNeverDraws) {
  const auto picture = read_file(test::data_path("images/gray.png"));
  const std::string json = R"({"captions": ["a good one", "", 7]})";
  shards::ShardWriter writer(data_.path() / "captions", {.samples_per_shard = 8});
  for (int i = 0; i < 6; ++i)
    writer.add(std::to_string(i), {{"png", picture}, {"json", std::as_bytes(std::span(json))}});
  writer.finish();
  TrainOptions some = options("captions");
  some.train_data = (data_.path() / "captions").string();
  some.group_key.clear();
  some.batch_size = 3;
  const TrainResult result = run_training(some);
  EXPECT_EQ(result.refused, 0);
  ASSERT_EQ(result.captions_left_out.size(), 2U);
  EXPECT_EQ(result.captions_left_out[0].count, 6) << "once, although three epochs meet them";
  EXPECT_EQ(result.captions_left_out[1].count, 6);
}

TEST_F(Training, WithTheSigmoidLossLearnsABias) {
  const TrainResult clip = run_training(options("clip"));
  for (const fs::path& start : {data_.config(), clip.model}) {
    TrainOptions siglip = options(start == data_.config() ? "new" : "from clip");
    siglip.model = start;
    siglip.siglip = true;
    const auto model = checkpoint::load_model_file(run_training(siglip).model);
    EXPECT_TRUE(model.config.logit_bias);
    EXPECT_NE(to_floats(model.weights.at("logit_bias")).front(), -10.0F) << "it starts there";
  }
}

TEST_F(Training, StoppedAnywhereAndResumedItGivesTheSameBits) {
  const std::string expected = weights(run_training(options("whole")));
  TrainOptions resumed = options("parts");
  TrainResult result;
  for (int part = 0; !result.finished; ++part) {
    int asked = 0;
    resumed.resume = "auto";
    resumed.workers = 1 + part % 3;  // who builds the batches must not matter
    // Within a step or between two: one asks eleven times, before every block among others.
    result = run_training(resumed, {.should_stop = [&] { return ++asked == 17 + part; }});
  }
  EXPECT_EQ(weights(result), expected);
}

/// Starts the run in a process of its own and kills it after a while.
void run_and_kill(const TrainOptions& options, std::chrono::milliseconds after) {
  const pid_t child = fork();
  if (child == 0) {
    std::string resume = options.resume.empty() ? "" : "--resume=" + options.resume;
    const std::string data = "--train-data=" + options.train_data;
    const std::string model = "--model=" + options.model;
    const std::string logs = "--logs=" + options.logs.string();
    const std::string name = "--name=" + options.name;
    std::vector<const char*> arguments = {DIPTYCH_PROGRAM,
                                          "train",
                                          data.c_str(),
                                          model.c_str(),
                                          logs.c_str(),
                                          name.c_str(),
                                          "--json-text-key=captions",
                                          "--group-key=concept",
                                          "--batch-size=5",
                                          "--epochs=3",
                                          "--warmup=2",
                                          "--lr=1e-3",
                                          "--grad-clip-norm=1",
                                          "--aug-jitter=0.5",
                                          "--aug-hue=0.1",
                                          "--random-background=0.5",
                                          "--threads=2",
                                          "--workers=2",
                                          "--seed=7",
                                          "--save-every-n-steps=1"};
    if (!resume.empty()) arguments.push_back(resume.c_str());
    arguments.push_back(nullptr);
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
    execv(DIPTYCH_PROGRAM, const_cast<char**>(arguments.data()));
    _exit(127);
  }
  std::this_thread::sleep_for(after);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << "it failed before it was killed";
}

TEST_F(Training, KilledAtRandomMomentsNothingDoneIsLost) {
  const std::string expected = weights(run_training(options("whole")));
  TrainOptions killed = options("killed");
  Random random(std::random_device{}());
  for (int i = 0; i < 4; ++i) {
    killed.resume = "auto";
    run_and_kill(killed, std::chrono::milliseconds(100 + random.below(900)));
  }
  EXPECT_EQ(weights(run_training(killed)), expected);
}

TEST_F(Training, TrainsOnATable) {
  std::string table = "filepath,title\n";
  for (int i = 0; i < 6; ++i) {
    table += test::data_path("images/gray.png").string() + ",\"picture, number " +
             std::to_string(i) + "\"\n";
  }
  const fs::path path = data_.path() / "table.csv";
  write_file(path, table);
  TrainOptions from_table = options("table");
  from_table.train_data = path.string();
  from_table.json_text_key = from_table.group_key = "";
  from_table.batch_size = 3;
  EXPECT_EQ(run_training(from_table).steps, 6);
}

TEST_F(Training, AnEpochWithoutAPairIsNoTraining) {
  const fs::path picture = data_.path() / "broken.jpg";
  write_file(picture, "no picture");
  std::string table = "filepath,title\n";
  for (int i = 0; i < 6; ++i) table += picture.string() + ",words\n";
  TrainOptions nothing = options("nothing");
  nothing.train_data = (data_.path() / "t.csv").string();
  write_file(nothing.train_data, table);
  nothing.json_text_key = nothing.group_key = "";
  nothing.batch_size = 3;
  try {
    run_training(nothing);
    FAIL() << "it trained on nothing";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), testing::HasSubstr("6 whose picture cannot be read, the first: "));
  }
  EXPECT_FALSE(fs::exists(data_.logs() / "nothing" / "model"));
}

struct BadOption {
  const char* name;
  std::function<void(TrainOptions&)> change;
  const char* message;
};

class BadTraining : public Training, public testing::WithParamInterface<BadOption> {};

TEST_P(BadTraining, IsOneClearError) {
  TrainOptions bad = options("bad");
  GetParam().change(bad);
  try {
    run_training(bad);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Options, BadTraining,
    testing::Values(
        BadOption{"no_data", [](TrainOptions& o) { o.train_data = "/nowhere/*.tar"; }, "nowhere"},
        BadOption{"no_model", [](TrainOptions& o) { o.model = "/nowhere.json"; }, "/nowhere.json"},
        BadOption{"schedule", [](TrainOptions& o) { o.schedule = "step"; }, "step"},
        BadOption{"device", [](TrainOptions& o) { o.device = "abacus"; }, "abacus"},
        BadOption{"batch", [](TrainOptions& o) { o.batch_size = 100; }, "21"},
        BadOption{"resume", [](TrainOptions& o) { o.resume = "latest"; }, "latest.safetensors"},
        BadOption{"vocabulary", [](TrainOptions& o) { o.tokenizer = "/nowhere.txt"; }, "nowhere"},
        BadOption{"caption_weight", [](TrainOptions& o) { o.caption_weight = 3.0; },
                  "expected a model with a decoder"},
        BadOption{"memory",
                  [](TrainOptions& o) {
                    o.image_size = 16384;
                    o.batch_size = 100000;
                  },
                  "of 16384 x 16384 pixels, takes at least"},
        BadOption{"context", [](TrainOptions& o) { o.context_length = 2; }, "within the 2 tokens"},
        BadOption{"patch_dropout", [](TrainOptions& o) { o.patch_dropout = 0.5; },
                  "vision transformer"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace diptych
