#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/environment_variable.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// `diptych train` on eight pictures.
class TrainCommand : public testing::Test {
 protected:
  TrainCommand() {
    std::string table = "filepath,title\n";
    const char* pictures[] = {"gray.png", "palette.png", "gray16.png", "gray.jpg"};
    for (int i = 0; i < 8; ++i) {
      table += data_path(std::string("images/") + pictures[i % 4]).string() + ",picture " +
               std::to_string(i) + "\n";
    }
    write_file(folder_.path() / "table.csv", table);
    write_file(folder_.path() / "tiny.json", R"({
      "embed_dim": 16,
      "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 1, "head_width": 16},
      "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1}})");
  }

  ProgramRun train(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train",
                                          "--train-data",
                                          path("table.csv"),
                                          "--model",
                                          path("tiny.json"),
                                          "--batch-size",
                                          "4",
                                          "--epochs",
                                          "2",
                                          "--warmup",
                                          "1",
                                          "--workers",
                                          "1",
                                          "--threads",
                                          "1",
                                          "--logs",
                                          path("logs")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_diptych(without_replaced(arguments));
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_;
};

TEST_F(TrainCommand, SaysWhatItDoesFirstAndWhatItDidLast) {
  const ProgramRun run = train({});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(
      run.output.starts_with("data: 8 pairs of 8 samples\n"
                             "data: of 8 pictures looked at, 2 in 16-bit grey, of which all above "
                             "255 is white (--wide scale "
                             "keeps the shades)\n"
                             "training 4 steps: 2 epochs of 8 pairs, 4 a step; "))
      << run.output;
  EXPECT_THAT(run.output, HasSubstr("step 1/4 "));
  EXPECT_THAT(run.output, HasSubstr("trained 4 steps: " + path("logs/run/model")));
  EXPECT_THAT(run.errors, HasSubstr("preprocessing")) << "what was assumed";
}

TEST_F(TrainCommand, PlansARunAndWritesNothing) {
  const ProgramRun run = train({"--plan", "--text-mode", "frozen"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("trained; 2 epochs of 8 pairs, 2 steps of 4\nplan: memory "));
  EXPECT_THAT(run.output, HasSubstr(" pairs/s; an epoch "));
  const ProgramRun json = train({"--plan", "--json"});
  EXPECT_THAT(json.output, HasSubstr("\"seconds_an_epoch\":"));
  EXPECT_FALSE(fs::exists(path("logs")));
}

TEST_F(TrainCommand, APlanSaysThatItTakesNoNoticeOfAnEarlierRun) {
  const ProgramRun run = train({"--plan", "--resume", "auto"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("resume: not used by --plan"));
  EXPECT_EQ(train({"--plan"}).errors.find("resume"), std::string::npos);
}

TEST_F(TrainCommand, APlanIsNoConfig) {
  const ProgramRun run = train({"--plan", "--write-config", path("run.toml")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("--plan: got it with --write-config"));
  EXPECT_FALSE(fs::exists(path("run.toml")));
}

TEST_F(TrainCommand, SaysThatAModelOfEightBitsIsTrainedFromThere) {
  ASSERT_EQ(train({}).status, 0);
  const std::string folder = path("eight bits");
  ASSERT_EQ(run_diptych({"convert", path("logs/run"), folder, "--dtype", "int8"}).status, 0);
  const ProgramRun run = train({"--model", folder, "--name", "second"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("its weights are of eight bits"));
  EXPECT_EQ(train({"--model", path("logs/run"), "--name", "third"}).errors.find("eight bits"),
            std::string::npos);
}

TEST_F(TrainCommand, DoesNotReplaceARunUnasked) {
  ASSERT_EQ(train({}).status, 0);
  const ProgramRun again = train({"--seed", "9"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.errors, HasSubstr("--overwrite"));
  EXPECT_EQ(train({"--resume", "auto"}).status, 0);
}

TEST_F(TrainCommand, ADamagedListOfStartsIsKept) {
  ASSERT_EQ(train({}).status, 0);
  write_file(path("logs/run/run.json"), "{damaged");
  const ProgramRun resumed = train({"--resume", "auto", "--epochs", "3"});
  EXPECT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_EQ(read_text_file(path("logs/run/run.json.damaged")), "{damaged");
  EXPECT_THAT(read_text_file(path("logs/run/run.json")), HasSubstr("\"starts\""));
}

TEST_F(TrainCommand, ACheckpointIsAModelForTheOtherCommands) {
  ASSERT_EQ(train({}).status, 0);
  for (const char* model : {"logs/run", "logs/run/checkpoints/latest.safetensors",
                            "logs/run/checkpoints/epoch_1.safetensors"}) {
    const ProgramRun run = run_diptych({"inspect", path(model)});
    EXPECT_EQ(run.status, 0) << run.errors;
    EXPECT_THAT(run.output, HasSubstr("32"));
  }
}

TEST_F(TrainCommand, WritesAConfigThatItReads) {
  const std::string config = path("run.toml");
  ASSERT_EQ(train({"--write-config", config, "--lr", "0.25", "--name", "from config"}).status, 0);
  EXPECT_FALSE(fs::exists(path("logs"))) << "nothing was trained";
  EXPECT_THAT(read_text_file(config), HasSubstr("\nlr = 0.25\n"));
  EXPECT_EQ(train({"--write-config", config}).status, 4) << "the file is there";
  const ProgramRun run = run_diptych({"train", config});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(fs::exists(path("logs/from config/model/diptych.json")));
}

TEST_F(TrainCommand, ReadsTheExampleConfig) {
  const ProgramRun run =
      run_diptych({"train", data_path("../../examples/run.toml").string(), "--write-config", "-"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("\nmodel = \"ViT-B-32\"\n"));
  EXPECT_THAT(run.output, HasSubstr("\nprecision = \"amp_bf16\"\n"));
}

/// `diptych train` with a config of two stages: the text tower alone, then both on larger pictures.
class TrainStages : public TrainCommand {
 protected:
  TrainStages() {
    write_file(folder_.path() / "stages.toml", "name = 'two'\nlr = 1e-3\n" + first_ + second_);
  }

  ProgramRun train_stages(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {path("stages.toml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return train(arguments);
  }
  void expect_refused(const std::string& config, const std::string& message,
                      const std::vector<std::string>& more = {}) const {
    write_file(folder_.path() / "stages.toml", config);
    const ProgramRun run = train_stages(more);
    EXPECT_EQ(run.status, 2) << config;
    EXPECT_THAT(run.errors, HasSubstr(message));
    EXPECT_FALSE(fs::exists(path("logs"))) << config;
  }

  std::string first_ = "[[stage]]\nname = 'locked'\nimage-mode = 'frozen'\n";
  std::string second_ = "[[stage]]\nforce-image-size = 48\nlr = 5e-4\n";
};

TEST_F(TrainStages, AreRunsOneAfterTheOther) {
  const ProgramRun run = train_stages();
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("stage 1 of 2: two-locked"));
  EXPECT_THAT(run.output, HasSubstr("stage 2 of 2: two-2"));
  // The same by hand.
  ASSERT_EQ(train({"--name", "a", "--lr", "1e-3", "--image-mode", "frozen"}).status, 0);
  ASSERT_EQ(train({"--name", "b", "--lr", "5e-4", "--force-image-size", "48", "--model",
                   path("logs/a/model")})
                .status,
            0);
  const auto weights = [&](const std::string& name) {
    return read_file(path("logs/" + name + "/model/model.safetensors"));
  };
  EXPECT_EQ(weights("two-locked"), weights("a"));
  EXPECT_EQ(weights("two-2"), weights("b"));
}

TEST_F(TrainStages, GoOnWhereTheyWereStopped) {
  ASSERT_EQ(train_stages().status, 0);
  const ProgramRun again = train_stages();
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.errors, HasSubstr("two-locked holds a stage"));
  fs::remove_all(path("logs/two-2"));
  const ProgramRun rest = train_stages({"--resume", "latest", "--json"});
  ASSERT_EQ(rest.status, 0) << rest.errors;
  EXPECT_THAT(rest.errors, HasSubstr("there is nothing left to train"));
  EXPECT_THAT(rest.output, HasSubstr(R"({"stage":"two-2","number":2,"stages":2})"));
  EXPECT_TRUE(fs::exists(path("logs/two-2/model")));
}

TEST_F(TrainStages, ArePlannedFromTheFirstOnesModel) {
  const ProgramRun run = train_stages({"--plan"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("stage 2 of 2"));
  EXPECT_FALSE(fs::exists(path("logs")));
}

TEST_F(TrainStages, AreCheckedBeforeTheFirstOne) {
  expect_refused(first_ + "[[stage]]\nlr = -1\n", "lr");
  expect_refused(first_ + "[[stage]]\nlogs = 'other'\n", "stage 2: got logs");
  expect_refused(first_ + "[[stage]]\nlearning = 1\n", "there is no option 'learning'");
  expect_refused(first_ + first_, "got the name 'locked' again");
  expect_refused("stage = 2\n", "expected tables, [[stage]]");
  expect_refused(first_ + second_, "got a config with stages", {"--write-config", "-"});
  expect_refused(first_ + second_, "expected latest or auto", {"--resume", "a.safetensors"});
}

TEST_F(TrainCommand, ASignalIsAnsweredAtOnceAndASecondOneLeavesTheLastCheckpoint) {
  write_file(path("slow.json"), R"({
    "embed_dim": 64,
    "vision_cfg": {"image_size": 336, "patch_size": 8, "width": 384, "layers": 2, "head_width": 64},
    "text_cfg": {"context_length": 12, "width": 64, "heads": 2, "layers": 1}})");
  const std::vector<std::string> options = {"train",
                                            "--train-data",
                                            path("table.csv"),
                                            "--model",
                                            path("slow.json"),
                                            "--batch-size",
                                            "8",
                                            "--accum-freq",
                                            "1",
                                            "--epochs",
                                            "100",
                                            "--save-every-n-steps",
                                            "1",
                                            "--workers",
                                            "1",
                                            "--threads",
                                            "1",
                                            "--logs",
                                            path("logs")};
  const std::string checkpoint = path("logs/run/checkpoints/latest.safetensors");
  const auto has_saved = [&](const ProgramRun&) { return fs::exists(checkpoint); };
  std::chrono::steady_clock::time_point answered;
  const auto was_answered_for_a_while = [&](const ProgramRun& so_far) {
    const auto now = std::chrono::steady_clock::now();
    if (so_far.errors.find("ending after this block") == std::string::npos) return false;
    if (answered == std::chrono::steady_clock::time_point()) answered = now;
    // A signal that follows within half a second is taken for the same one.
    return now - answered > std::chrono::milliseconds(600);
  };
  const ProgramRun run = interrupt_diptych(options, {has_saved, was_answered_for_a_while});
  EXPECT_THAT(run.errors, HasSubstr("ending after this block of layers; once more to end at once"));
  // A machine on which the block is over before the second signal has ended by the first.
  EXPECT_TRUE(run.status == 128 + SIGINT || run.status == 1) << run.status;
  const ProgramRun inspected = run_diptych({"inspect", checkpoint});
  EXPECT_EQ(inspected.status, 0) << inspected.errors;
}

struct Refusal {
  std::vector<std::string> arguments;
  int status;
  const char* message;
};

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

class RefusedTraining : public TrainCommand, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedTraining, IsOneLine) {
  const ProgramRun run = train(GetParam().arguments);
  EXPECT_EQ(run.status, GetParam().status);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_LT(run.errors.size(), 300U);
  EXPECT_THAT(run.errors, HasSubstr(GetParam().message));
  EXPECT_FALSE(fs::exists(path("logs/run")));
}

INSTANTIATE_TEST_SUITE_P(
    Options, RefusedTraining,
    testing::Values(Refusal{{"--wd", "-5"}, 2, "wd: got '-5', expected a number, at least 0"},
                    Refusal{{"--grad-clip-norm", "nan"}, 2, "grad-clip-norm"},
                    Refusal{{"--seed", "-1"}, 2, "seed"}, Refusal{{"--name", "../x"}, 2, "name"},
                    Refusal{{"--aug-flip", "7"}, 2, "aug-flip"},
                    Refusal{{"--batch-size", "1"}, 2, "batch-size"},
                    Refusal{{"--batch-size", "9"},
                            2,
                            "got 8 usable samples of 8, expected at least a batch of 9"},
                    Refusal{{"--resume", "latest"}, 4, "--resume auto"},
                    Refusal{{"--resume", "latest", "--overwrite"}, 2, "overwrite"},
                    Refusal{{"--allow-change", "threads"}, 2, "allow-change"},
                    Refusal{{"--logs", "/dev/null/x"}, 4, "cannot make the folder"}),
    [](const auto& info) {
      std::string name;
      for (const std::string& argument : info.param.arguments)
        std::ranges::copy_if(argument, std::back_inserter(name), is_letter_or_digit);
      return name;
    });

/// A libtorch without CUDA, or a machine without a GPU.
TEST_F(TrainCommand, ADeviceThatIsNotThereIsOneLine) {
  const ProgramRun run = train({"--device", "cuda:77"});
  EXPECT_EQ(run.status, 2);
  EXPECT_LT(run.errors.size(), 400U);
  EXPECT_THAT(run.errors, HasSubstr("cuda:77"));
}

/// The activation of a file that says it is trained, whatever names the file.
TEST_F(TrainCommand, AModelIsNamedAsForTheOtherCommands) {
  write_file(path("tiny.json"), R"({
      "embed_dim": 16, "quick_gelu": true,
      "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 64, "layers": 1},
      "text_cfg": {"context_length": 12, "width": 64, "heads": 1, "layers": 1}})");
  ASSERT_EQ(train({"--name", "first"}).status, 0);
  const std::string out = path("openai");
  ASSERT_EQ(run_diptych({"convert", path("logs/first/model"), out, "--to", "openai"}).status, 0);
  const auto cache = folder_.path() / "cache";
  fs::create_directories(cache / "models/openai/ViT-B-32");
  fs::copy(out + "/model.pt", cache / "models/openai/ViT-B-32/ViT-B-32.pt");
  const EnvironmentVariable in_cache("DIPTYCH_CACHE", cache.string());
  int run = 0;
  for (const std::string& model : {std::string("openai/ViT-B-32"), "local-dir:" + out, out}) {
    const std::string name = "from-" + std::to_string(run++);
    const ProgramRun trained = train({"--model", model, "--name", name, "--epochs", "1"});
    ASSERT_EQ(trained.status, 0) << model << ": " << trained.errors;
    const ProgramRun made = run_diptych({"inspect", path("logs/") + name + "/model"});
    EXPECT_THAT(made.output, HasSubstr("1 heads, quick_gelu")) << model;
  }
}

TEST_F(TrainCommand, AConfigThatCannotBeReadIsSaid) {
  const ProgramRun folder = run_diptych({"train", folder_.path().string()});
  EXPECT_EQ(folder.status, 4);
  EXPECT_THAT(folder.errors, HasSubstr("Is a directory"));
  EXPECT_EQ(run_diptych({"train", path("none.toml")}).status, 4);
}

/// Before the first step is taken, nothing is known of what has no gradients.
/// A mapped file, which is a signal.
TEST_F(TrainCommand, DataThatShrinksIsNamed) {
  ASSERT_EQ(run_diptych({"shards", "pack", path("table.csv"), "--out", path("shards")}).status, 0);
  const ProgramRun run = run_in_shell(
      "export ASAN_OPTIONS=$ASAN_OPTIONS:handle_sigbus=0 "
      "TSAN_OPTIONS=$TSAN_OPTIONS:handle_sigbus=0\n"
      "diptych train --train-data shards/000000.tar --model tiny.json --batch-size 4 "
      "--epochs 100000 --save-frequency 0 --warmup 1 --log-every-n-steps 1 --workers 1 "
      "--threads 1 > out & \n"
      "until grep -q ^epoch out; do sleep 0.05; done\n"
      ": > shards/000000.tar\n"
      "wait $!",
      folder_.path());
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.errors, HasSubstr("a file got shorter while it was read"));
  EXPECT_THAT(run.errors, HasSubstr("shards/000000.tar"));
}

TEST_F(TrainCommand, AFirstBatchWithoutAPairSaysNothingOfTensors) {
  std::string table = "filepath,title\n";
  for (int i = 0; i < 64; ++i) {
    const bool is_bad = i % 16 != 0;
    table += (is_bad ? path("tiny.json") : data_path("images/gray.png").string()) + ",picture " +
             std::to_string(i) + "\n";
  }
  write_file(path("table.csv"), table);
  const ProgramRun run = train({"--batch-size", "2"});
  EXPECT_EQ(run.errors.find("have no part in the loss"), std::string::npos) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("step 1/64 no step was taken since the last report"));
}

}  // namespace
}  // namespace diptych::test
