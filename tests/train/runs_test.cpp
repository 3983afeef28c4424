#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <memory>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "diptych/error.h"
#include "diptych/train.h"
#include "support/support.h"
#include "train/training_data.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using test::TrainingData;
using testing::HasSubstr;

/// Runs in one folder, one after the other.
class Runs : public testing::Test {
 protected:
  /// Ends a run after so many steps of it, each of which is reported.
  static TrainCallbacks stop_after(int steps) {
    const auto left = std::make_shared<int>(steps);
    return {.report = [left](const TrainProgress&) { --*left; },
            .should_stop = [left] { return *left == 0; }};
  }

  /// The message of a run that is refused.
  static std::string refusal(const TrainOptions& options, ErrorCode code) {
    try {
      run_training(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no error";
  }

  static std::string refusal(const TrainOptions& options) {
    return refusal(options, ErrorCode::invalid_argument);
  }

  static std::uint64_t peak_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::uint64_t kibibytes = 0;
      if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    }
    return 0;
  }

  TrainOptions options() const { return data_.options("run"); }
  fs::path folder() const { return data_.logs() / "run"; }
  fs::path checkpoint(const std::string& name) const {
    return folder() / "checkpoints" / (name + ".safetensors");
  }

  TrainingData data_;
};

TEST_F(Runs, AreNotOverwrittenUnasked) {
  run_training(options());
  const std::string model = read_text_file(folder() / "model" / "model.safetensors");
  const std::string latest = read_text_file(checkpoint("latest"));
  TrainOptions again = options();
  again.seed = 9;
  again.epochs = 1;
  EXPECT_THAT(refusal(again), HasSubstr("holds a run"));
  EXPECT_EQ(read_text_file(folder() / "model" / "model.safetensors"), model);
  EXPECT_EQ(read_text_file(checkpoint("latest")), latest);

  again.overwrite = true;
  run_training(again);
  EXPECT_NE(read_text_file(folder() / "model" / "model.safetensors"), model);
  EXPECT_FALSE(fs::exists(checkpoint("epoch_2"))) << "the earlier run's";
}

TEST_F(Runs, GoOnByThemselvesWhereThereIsSomething) {
  TrainOptions restarted = options();
  restarted.resume = "auto";
  EXPECT_FALSE(run_training(restarted, stop_after(2)).finished);
  std::int64_t done = 0;
  TrainCallbacks callbacks;
  callbacks.started = [&](const TrainStart& start) { done = start.steps_done; };
  EXPECT_TRUE(run_training(restarted, callbacks).finished);
  EXPECT_EQ(done, 2);
}

TEST_F(Runs, HaveTheirFolderAlone) {
  fs::create_directories(folder());
  const int lock = open((folder() / "lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  ASSERT_EQ(write(lock, "4711\n", 5), 5);
  EXPECT_THAT(refusal(options(), ErrorCode::io), HasSubstr("process 4711"));
  close(lock);
  EXPECT_TRUE(run_training(options(), stop_after(0)).steps == 0);
}

TEST_F(Runs, LeaveNothingBehindWhenTheyCannotBegin) {
  TrainOptions bad = options();
  bad.train_data = "/nowhere/x.tar";
  EXPECT_THAT(refusal(bad, ErrorCode::not_found), HasSubstr("/nowhere/x.tar"));
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(Runs, MayHaveAFolderElsewhereBehindALink) {
  fs::create_directories(data_.path() / "large disk");
  fs::create_directories(data_.logs());
  fs::create_directory_symlink(data_.path() / "large disk", folder());
  TrainOptions bad = options();
  bad.model = "/nowhere.json";
  EXPECT_THAT(refusal(bad, ErrorCode::not_found), HasSubstr("nowhere"));
  EXPECT_TRUE(fs::is_symlink(folder())) << "the user's";
}

TEST_F(Runs, AFolderThatCannotBeMadeIsSaidBeforeAnythingIsRead) {
  TrainOptions bad = options();
  write_file(data_.logs(), "a file");
  bad.model = "/nowhere.json";
  EXPECT_THAT(refusal(bad, ErrorCode::io), HasSubstr("cannot make the folder"));
}

TEST_F(Runs, ClearWhatKilledWritesLeftBehind) {
  run_training(options(), stop_after(1));
  const fs::path leftover = folder() / "checkpoints" / "latest.safetensors.12-3";
  const fs::path foreign = folder() / "checkpoints" / "notes.safetensors.12-3";
  write_file(leftover, "half");
  write_file(foreign, "somebody's");
  TrainOptions resumed = options();
  resumed.resume = "latest";
  run_training(resumed, stop_after(1));
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(Runs, WriteTheEpochThatWasDueWhenTheyWereKilled) {
  run_training(options(), stop_after(TrainingData::kStepsAnEpoch));
  const std::string expected = read_text_file(checkpoint("epoch_1"));
  fs::remove(checkpoint("epoch_1"));
  TrainOptions resumed = options();
  resumed.resume = "latest";
  run_training(resumed, stop_after(0));
  EXPECT_EQ(read_text_file(checkpoint("epoch_1")), expected);
}

/// Whatever steps do while it is written.
TEST_F(Runs, SaveTheStateOfTheStepThatTheySaveAfter) {
  run_training(options());
  TrainOptions part = data_.options("part");
  run_training(part, stop_after(TrainingData::kStepsAnEpoch));
  const auto went_on = checkpoint::read_safetensors(checkpoint("epoch_1"));
  const auto stopped =
      checkpoint::read_safetensors(data_.logs() / "part" / "checkpoints" / "epoch_1.safetensors");
  ASSERT_EQ(went_on.tensors.size(), stopped.tensors.size());
  for (const auto& [name, view] : stopped.tensors)
    EXPECT_EQ(to_floats(went_on.at(name)), to_floats(view)) << name;
}

TEST_F(Runs, EndWhenACheckpointCannotBeWritten) {
  TrainOptions some = options();
  some.save_every_steps = 1;
  int steps = 0;
  TrainCallbacks callbacks;
  callbacks.report = [&](const TrainProgress&) {
    if (++steps > 1) return;
    fs::remove_all(folder() / "checkpoints");
    write_file(folder() / "checkpoints", "where a folder was");
  };
  try {
    run_training(some, callbacks);
    FAIL() << "nothing was said";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), HasSubstr("cannot write " + checkpoint("latest").string()));
  }
  EXPECT_LE(steps, 2);
}

TEST_F(Runs, NoticeABitThatFlipped) {
  run_training(options(), stop_after(1));
  std::string bytes = read_text_file(checkpoint("latest"));
  bytes[bytes.size() / 2] ^= 0x10;
  std::ofstream(checkpoint("latest"), std::ios::binary) << bytes;
  TrainOptions resumed = options();
  resumed.resume = "latest";
  EXPECT_THAT(refusal(resumed, ErrorCode::corrupt_data), HasSubstr("checksum"));
}

TEST_F(Runs, OfADamagedCheckpointSayFromWhereToGoOn) {
  TrainOptions resumed = options();
  run_training(resumed, stop_after(TrainingData::kStepsAnEpoch + 1));
  const std::string whole = read_text_file(checkpoint("latest"));
  const std::string remedy =
      "--resume " + checkpoint("epoch_1").string() + " --overwrite goes on from the end of epoch 1";
  for (const bool cut : {true, false}) {
    std::string bytes = whole;
    bytes[bytes.size() / 2] ^= 0x10;
    if (cut) bytes.resize(bytes.size() / 3);
    std::ofstream(checkpoint("latest"), std::ios::binary) << bytes;
    resumed.resume = "latest";
    EXPECT_THAT(refusal(resumed, ErrorCode::corrupt_data), HasSubstr(remedy));
  }
  resumed.resume = checkpoint("epoch_1").string();
  resumed.overwrite = true;
  EXPECT_EQ(run_training(resumed, stop_after(1)).steps, TrainingData::kStepsAnEpoch + 1);
}

TEST_F(Runs, CheckpointsAndFoldersAreModels) {
  run_training(options(), stop_after(TrainingData::kStepsAnEpoch + 1));
  for (const fs::path& path :
       {checkpoint("latest"), checkpoint("epoch_1"), folder(), folder() / "checkpoints"}) {
    const auto model = checkpoint::load_model_file(path);
    EXPECT_EQ(model.preprocessing.size, 32) << path;
    EXPECT_TRUE(model.weights.tensors.contains("logit_scale")) << path;
    EXPECT_FALSE(model.weights.tensors.contains("optimizer.step")) << path;
  }
}

TEST_F(Runs, SayHowTheyWereMade) {
  run_training(options(), stop_after(1));
  EXPECT_THAT(read_text_file(folder() / "options.toml"), HasSubstr("\nseed = 7\n"));
  const std::string log = read_text_file(folder() / "run.json");
  for (const char* part :
       {"\"command\"", "\"diptych\"", "\"libtorch\"", "image_tower.image_size", "\"samples\""})
    EXPECT_THAT(log, HasSubstr(part));
}

TEST_F(Runs, ThatHadEndedAreNotTrainedAgain) {
  run_training(options());
  const std::string model = read_text_file(folder() / "model" / "model.safetensors");
  TrainOptions resumed = options();
  resumed.resume = "latest";
  std::vector<std::string> notes;
  TrainCallbacks callbacks;
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  run_training(resumed, callbacks);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("nothing left to train")));
  EXPECT_EQ(read_text_file(folder() / "model" / "model.safetensors"), model);
}

TEST_F(Runs, MayGoOnForMoreEpochs) {
  run_training(options());
  TrainOptions longer = options();
  longer.resume = "latest";
  longer.epochs += 1;
  EXPECT_EQ(run_training(longer).steps, 4 * TrainingData::kStepsAnEpoch);
  EXPECT_TRUE(fs::exists(checkpoint("epoch_4")));
}

/// Whoever made the link wants to begin there, not to lose that epoch.
TEST_F(Runs, WriteTheirLatestCheckpointOverNoEpoch) {
  run_training(options(), stop_after(TrainingData::kStepsAnEpoch));
  const std::string kept = read_text_file(checkpoint("epoch_1"));
  fs::remove(checkpoint("latest"));
  fs::create_symlink("epoch_1.safetensors", checkpoint("latest"));
  TrainOptions resumed = options();
  resumed.resume = "latest";
  EXPECT_EQ(run_training(resumed, stop_after(1)).steps, TrainingData::kStepsAnEpoch + 1);
  EXPECT_EQ(read_text_file(checkpoint("epoch_1")), kept);
  EXPECT_NE(read_text_file(checkpoint("latest")), kept);
  EXPECT_FALSE(fs::is_symlink(checkpoint("latest")));
  resumed.resume = folder().string();
  EXPECT_THAT(refusal(resumed), HasSubstr("got a folder, expected a checkpoint"));
}

TEST_F(Runs, SayThatTheStepsLeftAreNotThoseOfTheEpochsLeft) {
  run_training(options(), stop_after(TrainingData::kStepsAnEpoch));
  TrainOptions resumed = options();
  resumed.resume = "latest";
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(0);
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  run_training(resumed, callbacks);
  EXPECT_THAT(notes, testing::Not(testing::Contains(HasSubstr("steps left"))));
  resumed.batch_size = 10;
  resumed.allow_change = "batch-size";
  run_training(resumed, callbacks);
  EXPECT_THAT(notes,
              testing::Contains(HasSubstr("an epoch has 2 steps now: the run has 2 steps "
                                          "left, where what is left of its 3 epochs has 4")));
}

TEST_F(Runs, SayWhatOneProcessDoesNotShare) {
  TrainOptions alone = options();
  alone.fsdp = true;
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(0);
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  run_training(alone, callbacks);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("fsdp: changes nothing in one process")));
}

TEST_F(Runs, SayThatWordsAreNumberedOtherwise) {
  const fs::path model = run_training(options()).model;
  TrainOptions other = options();
  other.name = "other";
  other.model = model.string();
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(0);
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  other.tokenizer = "clip";
  run_training(other, callbacks);
  EXPECT_THAT(notes, testing::Not(testing::Contains(HasSubstr("tokenizer: "))));
  other.tokenizer = "chinese";
  run_training(other, callbacks);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("weights were learnt with another one")));
  other.tokenizer = (data_.path() / "v.txt").string();
  write_file(other.tokenizer, "a\n");
  EXPECT_THAT(refusal(other, ErrorCode::corrupt_data), HasSubstr("v.txt"));
}

TEST_F(Runs, SaveNoWeightsThatAreNotNumbers) {
  TrainOptions wild = options();
  wild.learning_rate = 1e38;
  wild.warmup = 0;
  wild.gradient_clip_norm = 0.0;
  wild.save_every_steps = 1;
  EXPECT_THAT(refusal(wild), HasSubstr("lower the learning rate"));
  EXPECT_FALSE(fs::exists(folder() / "model"));
  if (fs::exists(checkpoint("latest"))) {
    for (const auto& [name, view] :
         checkpoint::load_model_file(checkpoint("latest")).weights.tensors)
      for (const float value : to_floats(view)) ASSERT_TRUE(std::isfinite(value)) << name;
  }
}

TEST_F(Runs, LearnFromATeacherInPartsOfABatch) {
  run_training(options());
  TrainOptions taught = data_.options("taught");
  taught.teacher = (folder() / "model").string();
  taught.accum_freq = 2;
  taught.epochs = 1;
  double loss = 0.0;
  const TrainResult result =
      run_training(taught, {.report = [&](const TrainProgress& step) { loss = step.loss; }});
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, TrainingData::kStepsAnEpoch / 2);
  EXPECT_GT(loss, 0.0);
  taught.teacher = data_.config().string();
  taught.overwrite = true;
  EXPECT_THAT(refusal(taught), HasSubstr("without weights"));
}

TEST_F(Runs, LeaveALockedTowerAsItIs) {
  run_training(options());
  TrainOptions locked = data_.options("locked");
  locked.model = (folder() / "model").string();
  locked.lock_image = true;
  const TrainResult result = run_training(locked);
  const auto before = checkpoint::load_model_file(folder() / "model");
  const auto after = checkpoint::load_model_file(result.model);
  for (const auto& [name, view] : before.weights.tensors) {
    const bool same = to_floats(view) == to_floats(after.weights.at(name));
    // Batch statistics too.
    if (name.starts_with("visual.")) {
      EXPECT_TRUE(same) << name;
    }
    if (name.starts_with("transformer.resblocks.0.mlp.c_fc.weight")) {
      EXPECT_FALSE(same) << name;
    }
  }
}

/// Adapters are part of the weights in whatever is saved, and the average is a model beside them.
TEST_F(Runs, WithAdaptersAndAnAverageGiveOrdinaryModelsWhereverTheyWereStopped) {
  TrainOptions some = options();
  some.text_mode = "lora:2";
  some.ema_decay = 0.5;
  const TrainResult whole = run_training(some);
  EXPECT_EQ(whole.averaged_model, folder() / "model-ema");
  TrainOptions parts = some;
  parts.name = "parts";
  EXPECT_FALSE(run_training(parts, stop_after(5)).finished);
  parts.resume = "latest";
  const TrainResult resumed = run_training(parts);
  const auto weights = [](const fs::path& model) {
    return read_text_file(model / "model.safetensors");
  };
  EXPECT_EQ(weights(resumed.model), weights(whole.model));
  EXPECT_EQ(weights(resumed.averaged_model), weights(whole.averaged_model));
  EXPECT_NE(weights(whole.averaged_model), weights(whole.model));
  const auto saved = checkpoint::load_model_file(data_.logs() / "parts" / "checkpoints");
  const auto model = checkpoint::load_model_file(resumed.model);
  EXPECT_EQ(saved.weights.tensors.size(), model.weights.tensors.size());
  const char* name = "transformer.resblocks.0.mlp.c_fc.weight";
  EXPECT_EQ(to_floats(saved.weights.at(name)), to_floats(model.weights.at(name)));
}

/// Memory grows with the pairs: what a pair takes times the largest batch is what is available.
TEST_F(Runs, CanBePlannedWithoutATrace) {
  TrainOptions some = options();
  some.model = (data_.path() / "vit.json").string();
  write_file(some.model, R"({
    "embed_dim": 32,
    "vision_cfg": {"image_size": 96, "patch_size": 8, "width": 64, "layers": 4, "head_width": 32},
    "text_cfg": {"context_length": 12, "width": 32, "heads": 2, "layers": 1}})");
  some.batch_size = 16;
  const TrainPlan plan = plan_training(some);
  EXPECT_EQ(plan.pairs, 21);
  EXPECT_EQ(plan.steps_an_epoch, 1);
  EXPECT_EQ(plan.batch_size, 16);
  EXPECT_EQ(plan.trained, plan.parameters);
  EXPECT_GT(plan.step_seconds, 0.0);
  EXPECT_GE(plan.step_seconds, plan.data_seconds);
  if (test::test_device() == "cpu") {
    // A block of the picture tower holds more than ten rows of its width for each of 145 tokens.
    EXPECT_GT(plan.bytes_a_pair, 4U * 10 * 145 * 64 * sizeof(float));
    const double all =
        static_cast<double>(plan.bytes_a_pair) * static_cast<double>(plan.largest_batch);
    EXPECT_LT(all, static_cast<double>(plan.available_bytes));
    EXPECT_GT(all, 0.5 * static_cast<double>(plan.available_bytes));
  }
  EXPECT_FALSE(fs::exists(data_.logs()));
}

/// Also while a copy of the state is written beside the next step.
TEST_F(Runs, TakeNoMoreMemoryThanWasPlanned) {
  if (test::test_device() != "cpu") GTEST_SKIP() << "measures the host's memory";
  TrainOptions some = options();
  some.model = (data_.path() / "wide.json").string();
  write_file(some.model, R"({
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 1, "head_width": 32},
    "text_cfg": {"context_length": 12, "width": 128, "heads": 2, "layers": 1}})");
  some.save_every_steps = 1;
  const TrainPlan plan = plan_training(some);
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  run_training(some, stop_after(3));
  // The copy has three numbers of four bytes a parameter: less than that is the allocator's, and
  // differs with the load.
  EXPECT_LT(peak_bytes(), plan.memory_bytes + 8U * plan.parameters);
}

TEST_F(Runs, KeepTheirReportsOnceHoweverOftenTheyWereStopped) {
  TrainOptions some = options();
  some.report_page = true;
  some.report_to = "tensorboard";
  run_training(some, stop_after(5));
  some.resume = "latest";
  run_training(some);
  const std::string log = read_text_file(folder() / "log.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3 * TrainingData::kStepsAnEpoch);
  EXPECT_THAT(log, HasSubstr("{\"step\":12,\"epoch\":2,\"train/loss\":"));
  const std::string page = read_text_file(folder() / "report.html");
  EXPECT_THAT(page, HasSubstr("step 12 of 12"));
  EXPECT_THAT(page, HasSubstr("<h2>Samples after step 12</h2>"));
  const fs::directory_iterator events(folder() / "tensorboard");
  EXPECT_EQ(std::distance(begin(events), end(events)), 2) << "one a start";
}

/// Looking at the model moves no statistics and draws nothing.
TEST_F(Runs, GiveTheSameModelWithAPage) {
  TrainOptions some = options();
  run_training(some);
  const std::string model = read_text_file(folder() / "model" / "model.safetensors");
  some.overwrite = true;
  some.report_page = true;
  run_training(some);
  EXPECT_EQ(read_text_file(folder() / "model" / "model.safetensors"), model);
}

TEST_F(Runs, SayWhatIsAboutToBeDoneAndReportOnTheFirstStep) {
  TrainOptions seldom = options();
  seldom.report_every_steps = 1000;
  std::vector<std::string> order;
  TrainCallbacks callbacks;
  callbacks.started = [&](const TrainStart& start) {
    EXPECT_EQ(start.pairs, 21);
    EXPECT_EQ(start.total_steps, 12);
    EXPECT_GT(start.parameters, 1000U);
    order.emplace_back("started");
  };
  callbacks.report = [&](const TrainProgress& progress) {
    order.push_back("step " + std::to_string(progress.step));
  };
  run_training(seldom, callbacks);
  EXPECT_THAT(order, testing::ElementsAre("started", "step 1", "step 12"));
}

TEST_F(Runs, AdviseAgainstAWarmUpLongerThanTheRun) {
  TrainOptions slow = options();
  slow.warmup = 10000;
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(0);
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  run_training(slow, callbacks);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("warmup: of its 10000 steps the run has")));
}

struct Change {
  const char* name;
  std::function<void(TrainOptions&)> make;
  const char* allow;
};

class ChangedRuns : public Runs, public testing::WithParamInterface<Change> {};

TEST_P(ChangedRuns, AreRefusedByNameAndCanBeAllowed) {
  run_training(options(), stop_after(1));
  TrainOptions changed = options();
  changed.resume = "latest";
  GetParam().make(changed);
  EXPECT_THAT(refusal(changed), HasSubstr(std::string("--allow-change ") + GetParam().allow));
  changed.allow_change = GetParam().allow;
  EXPECT_EQ(run_training(changed, stop_after(1)).steps, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Options, ChangedRuns,
    testing::Values(
        Change{"decay", [](TrainOptions& o) { o.weight_decay = 0.1; }, "wd"},
        Change{"beta", [](TrainOptions& o) { o.beta2 = 0.9; }, "beta2"},
        Change{"schedule", [](TrainOptions& o) { o.schedule = "const"; }, "lr-scheduler"},
        Change{"clipping", [](TrainOptions& o) { o.gradient_clip_norm = 0.5; }, "grad-clip-norm"},
        Change{"augmentation", [](TrainOptions& o) { o.augmentation.flip_probability = 0.2; },
               "aug-flip"},
        Change{"caption_key", [](TrainOptions& o) { o.json_text_key = "concept"; },
               "json-text-key"},
        Change{"locked", [](TrainOptions& o) { o.lock_image = true; }, "lock-image"},
        Change{"mode", [](TrainOptions& o) { o.text_mode = "lora:2"; }, "text-mode"},
        Change{"average", [](TrainOptions& o) { o.ema_decay = 0.9; }, "ema-decay"},
        Change{"optimiser", [](TrainOptions& o) { o.optimiser = "lion"; }, "opt"},
        Change{"epochs", [](TrainOptions& o) { o.epochs = 2; }, "epochs"},
        Change{"background",
               [](TrainOptions& o) {
                 o.background = {{1, 2, 3}};
               },
               "model"},
        Change{"tokenizer", [](TrainOptions& o) { o.tokenizer = "chinese"; }, "model"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(Runs, SayWhatStartsAfreshAfterAnAllowedChange) {
  TrainOptions changed = options();
  changed.text_mode = "lora:2";
  run_training(changed, stop_after(1));
  changed.resume = "latest";
  changed.text_mode = "lora:3";
  changed.ema_decay = 0.9;
  changed.allow_change = "text-mode,ema-decay";
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(1);
  callbacks.note = [&](const std::string& note) { notes.push_back(note); };
  std::vector<std::string> started;
  callbacks.started = [&](const TrainStart& start) { started = start.notes; };
  run_training(changed, callbacks);
  EXPECT_THAT(started, testing::Not(testing::Contains(HasSubstr("random weights"))));
  EXPECT_THAT(notes, testing::Contains(testing::AllOf(
                         HasSubstr("matrices of low rank, the average of the weights, the "
                                   "optimiser's moments start afresh"))));
}

TEST_F(Runs, NoticePicturesOfATableThatChanged) {
  const fs::path picture = data_.path() / "x.png";
  const auto copy = [&](const char* name) {
    write_file(picture, read_text_file(test::data_path(std::string("images/") + name)));
  };
  copy("gray.png");
  TrainOptions table = options();
  table.train_data = (data_.path() / "t.csv").string();
  write_file(table.train_data, "filepath,title\nx.png,a\nx.png,b\nx.png,c\nx.png,d\n");
  table.json_text_key = table.group_key = "";
  table.batch_size = 2;
  run_training(table, stop_after(1));
  table.resume = "latest";
  std::vector<std::string> notes;
  TrainCallbacks callbacks = stop_after(1);
  callbacks.started = [&](const TrainStart& start) { notes = start.notes; };
  fs::last_write_time(picture, fs::last_write_time(picture) + std::chrono::hours(1));
  EXPECT_EQ(run_training(table, callbacks).steps, 2);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("sizes alone are compared")));
  copy("palette.png");
  EXPECT_THAT(refusal(table), HasSubstr("train-data.picture_sizes was"));
  table.allow_change = "train-data";
  EXPECT_EQ(run_training(table, stop_after(1)).steps, 3);
}

TEST_F(Runs, NoticeOtherDataOfEqualSize) {
  run_training(options(), stop_after(1));
  const TrainingData other(/*first_number=*/5);
  TrainOptions changed = options();
  changed.resume = "latest";
  changed.train_data = other.shards().string();
  const std::string message = refusal(changed);
  EXPECT_THAT(message, HasSubstr("train-data.digest was"));
  EXPECT_THAT(message, testing::Not(HasSubstr("train-data.samples")));
}

}  // namespace
}  // namespace diptych
