#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// `diptych train` in several processes, on twelve pairs of which one cannot be read.
class TrainProcesses : public testing::Test {
 protected:
  TrainProcesses() {
    const char* pictures[] = {"gray.png",  "palette.png", "upscale_17x9.png",
                              "image.bmp", "gray16.png",  "gray.jpg"};
    std::string table = "filepath,title\n";
    for (int i = 0; i < 12; ++i) {
      const std::string picture =
          i == 7 ? path("broken.png") : data_path("images/").string() + pictures[i % 6];
      table += picture + ",a picture of number " + std::to_string(i % 9) + "\n";
    }
    write_file(folder_.path() / "table.csv", table);
    write_file(folder_.path() / "broken.png", "no picture");
    write_file(folder_.path() / "tiny.json", R"({
      "embed_dim": 16,
      "vision_cfg": {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16},
      "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1}})");
    write_file(folder_.path() / "coca.json", R"({
      "embed_dim": 16,
      "vision_cfg": {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16,
                     "attentional_pool": true, "attn_pooler_queries": 4, "attn_pooler_heads": 2,
                     "output_tokens": true},
      "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1, "embed_cls": true,
                   "output_tokens": true},
      "multimodal_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1,
                         "attn_pooler_heads": 2},
      "custom_text": true})");
    write_file(folder_.path() / "resnet.json", R"({
      "embed_dim": 16,
      "vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 4, "head_width": 64},
      "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1}})");
  }

  /// The words of a training, that can be put into a shell's command.
  std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"train",
                                      "--train-data",
                                      path("table.csv"),
                                      "--model",
                                      path("tiny.json"),
                                      "--warmup",
                                      "1",
                                      "--lr",
                                      "0.001",
                                      "--workers",
                                      "1",
                                      "--threads",
                                      "1",
                                      "--logs",
                                      path("logs"),
                                      "--json",
                                      "--save-frequency",
                                      "0",
                                      "--epochs",
                                      "3",
                                      "--batch-size",
                                      "6",
                                      "--log-every-n-steps",
                                      "1"};
    words.insert(words.end(), more.begin(), more.end());
    return without_replaced(words);
  }

  ProgramRun train(const std::vector<std::string>& more) const {
    return run_diptych(command(more));
  }

  /// The same, as a line of a shell.
  std::string line(const std::vector<std::string>& more) const {
    std::string text = "diptych";
    for (const std::string& word : command(more)) text += " '" + word + "'";
    return text;
  }

  /// The objects that a run printed, one a line.
  static std::vector<nlohmann::json> printed(const ProgramRun& run) {
    std::vector<nlohmann::json> objects;
    std::istringstream lines(run.output);
    for (std::string line; std::getline(lines, line);)
      objects.push_back(nlohmann::json::parse(line));
    return objects;
  }

  /// The reports of a run's steps.
  static std::vector<nlohmann::json> reports(const ProgramRun& run) {
    std::vector<nlohmann::json> all;
    for (const nlohmann::json& object : printed(run)) {
      if (object.contains("loss")) all.push_back(object);
    }
    return all;
  }

  /// That a run's last steps are those of one that was done by one process.
  static void expect_same(const ProgramRun& run, const ProgramRun& alone) {
    const std::vector<nlohmann::json> got = reports(run);
    const std::vector<nlohmann::json> all = reports(alone);
    ASSERT_GT(got.size(), 0U) << run.errors;
    ASSERT_LE(got.size(), all.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const nlohmann::json& expected = all[all.size() - got.size() + i];
      EXPECT_EQ(got[i]["step"], expected["step"]);
      EXPECT_NEAR(got[i]["loss"].get<double>(), expected["loss"].get<double>(), 1e-4) << i;
      EXPECT_NEAR(got[i]["grad_norm"].get<double>() / expected["grad_norm"].get<double>(), 1.0,
                  1e-3)
          << i;
      EXPECT_NEAR(got[i]["logit_scale"].get<double>(), expected["logit_scale"].get<double>(), 1e-4);
    }
  }

  /// Runs several lines of a shell in the folder.
  ProgramRun in_shell(const std::string& lines) const {
    return run_in_shell("{ " + lines + "; }", folder_.path());
  }

  /// Starts a training, and does something to $launcher when it has written a checkpoint.
  ProgramRun after_a_checkpoint(const std::vector<std::string>& options,
                                const std::string& action) const {
    return in_shell(line(options) +
                    " & launcher=$!; while [ ! -f logs/run/checkpoints/latest.safetensors ]; do "
                    "sleep 0.01; done; " +
                    action + "; wait $launcher");
  }

  std::string path(const char* name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_;
};

struct Recipe {
  const char* name;
  std::vector<std::string> options;
  std::vector<const char*> processes;
  const char* model = "tiny.json";
};

class SharedTraining : public TrainProcesses, public testing::WithParamInterface<Recipe> {};

TEST_P(SharedTraining, HasTheLossesOfOneProcess) {
  const auto run_with = [&](const std::string& processes) {
    std::vector<std::string> more = GetParam().options;
    more.insert(more.end(), {"--nproc", processes, "--name", "of " + processes, "--model",
                             path(GetParam().model)});
    return train(more);
  };
  const ProgramRun alone = run_with("1");
  ASSERT_EQ(alone.status, 0) << alone.errors;
  ASSERT_EQ(reports(alone).size(), 6U);
  for (const std::string processes : GetParam().processes) {
    const ProgramRun shared = run_with(processes);
    ASSERT_EQ(shared.status, 0) << shared.errors;
    expect_same(shared, alone);
    EXPECT_EQ(printed(shared).back()["refused"], 1) << "whichever process met it";
    EXPECT_EQ(printed(shared)[1]["processes"].dump(), processes);
    EXPECT_TRUE(fs::exists(folder_.path() / "logs" / ("of " + processes) / "model"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, SharedTraining,
    testing::Values(
        Recipe{"Softmax", {}, {"2", "4"}},
        // Three: shards that are filled up. Of one pair each, who
        // has the broken one has none.
        Recipe{"SoftmaxInShards",
               {"--fsdp", "--batch-size", "4", "--epochs", "2", "--grad-clip-norm", "0.5",
                "--ema-decay", "0.9"},
               {"2", "3", "4"}},
        Recipe{"SigmoidByLionInShardsWithALockedTower",
               {"--fsdp", "--siglip", "--opt", "lion", "--lock-image"},
               {"2"}},
        Recipe{"LambInShards", {"--fsdp", "--opt", "lamb"}, {"3"}},
        Recipe{"StableAdamWInShards", {"--fsdp", "--opt", "stableadamw"}, {"2"}},
        Recipe{"MuonInShards", {"--fsdp", "--opt", "muon"}, {"3"}},
        // Steps of eight pairs in parts: of three processes one has two pairs and so
        // fewer parts, and who has the broken one fewer still.
        Recipe{"PartsInShards",
               {"--fsdp", "--batch-size", "4", "--accum-freq", "3", "--epochs", "6"},
               {"2", "3"}},
        Recipe{"AdaptersInShards",
               {"--fsdp", "--image-mode", "lora:2", "--text-mode", "lora:3", "--lr", "0.01"},
               {"2", "3"}},
        Recipe{"AdaptersOfPartsInShardsByLamb",
               {"--fsdp", "--image-mode", "lora:2", "--opt", "lamb", "--accum-freq", "2",
                "--batch-size", "3"},
               {"2"}},
        Recipe{"CaptioningInShards",
               {"--fsdp", "--batch-size", "3", "--accum-freq", "2"},
               {"2", "3"},
               "coca.json"},
        Recipe{"BatchNormalisationInShards",
               {"--fsdp", "--batch-size", "4", "--epochs", "2"},
               {"4"},
               "resnet.json"},
        Recipe{"SigmoidOfGroupsInParts",
               {"--siglip", "--group-captions", "--batch-size", "3", "--accum-freq", "2"},
               {"2"}},
        // One pair each: who has the broken one has none.
        Recipe{"BatchNormalisation",
               {"--batch-size", "4", "--epochs", "2"},
               {"2", "4"},
               "resnet.json"},
        Recipe{"BatchNormalisationRecomputed",
               {"--batch-size", "4", "--epochs", "2", "--grad-checkpointing"},
               {"4"},
               "resnet.json"},
        Recipe{"GlobalLossOfSomePatchesWithAdapters",
               {"--fastclip", "--force-patch-dropout", "0.5", "--image-mode", "lora:2",
                "--text-mode", "frozen"},
               {"2"}}),
    [](const auto& info) { return std::string(info.param.name); });

/// A process is killed after a checkpoint: one line says which, and the run goes on in others.
TEST_F(TrainProcesses, ALostProcessEndsAllAndTheRunGoesOnInOthers) {
  const ProgramRun alone = train({"--name", "alone", "--epochs", "40"});
  const ProgramRun killed =
      after_a_checkpoint({"--nproc", "3", "--epochs", "40"},
                         "set -- $(cat /proc/$launcher/task/$launcher/children); kill -9 $2");
  ASSERT_EQ(killed.status, 1) << killed.errors;
  EXPECT_THAT(killed.errors, HasSubstr("train: rank 1 of 3 was ended by signal 9"));
  EXPECT_EQ(killed.errors.find("lost"), std::string::npos) << "the others' ends are no news";
  const ProgramRun resumed = train({"--nproc", "2", "--epochs", "40", "--resume", "latest"});
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  expect_same(resumed, alone);
}

TEST_F(TrainProcesses, ASignalSavesOnceAndEndsAll) {
  const ProgramRun alone = train({"--name", "alone", "--epochs", "40"});
  const ProgramRun stopped =
      after_a_checkpoint({"--nproc", "2", "--epochs", "40"}, "kill -TERM $launcher");
  ASSERT_EQ(stopped.status, 1) << stopped.errors;
  EXPECT_THAT(stopped.errors, HasSubstr("ending after this step; once more to end at once"));
  EXPECT_EQ(stopped.errors.find("rank"), std::string::npos) << "nothing has failed";
  const std::int64_t done = printed(stopped).back()["steps"];
  const ProgramRun resumed = train({"--nproc", "4", "--epochs", "40", "--resume", "latest"});
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_EQ(reports(resumed).front()["step"], done + 1);
  expect_same(resumed, alone);
}

TEST_F(TrainProcesses, OthersMayStartThem) {
  const ProgramRun alone = train({"--name", "alone"});
  const std::string port = std::to_string(20000 + getpid() % 20000);
  const std::string shared = line({});
  const ProgramRun run =
      in_shell("export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port + "; RANK=1 " +
               shared + " >second & second=$!; RANK=0 " + shared + " && wait $second");
  ASSERT_EQ(run.status, 0) << run.errors;
  expect_same(run, alone);
  EXPECT_EQ(fs::file_size(folder_.path() / "second"), 0U) << "the first one reports";
}

TEST_F(TrainProcesses, SayWhenTheyAreAboutToDoDifferentRuns) {
  const std::string meeting = "file://" + path("meeting");
  const ProgramRun run =
      in_shell("export WORLD_SIZE=2; RANK=1 " + line({"--dist-url", meeting, "--seed", "9"}) +
               " 2>second & second=$!; RANK=0 " + line({"--dist-url", meeting}) +
               "; status=$?; wait $second; exit $status");
  EXPECT_EQ(run.status, 2) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("rank 1 is about to do another run than rank 0: they differ in "
                                    "/options/seed"));
  EXPECT_FALSE(fs::exists(path("logs/run")));
}

struct RefusedProcesses {
  std::vector<std::string> options;
  int status;
  const char* message;
};

class RefusedSharing : public TrainProcesses,
                       public testing::WithParamInterface<RefusedProcesses> {};

TEST_P(RefusedSharing, IsOneLine) {
  const ProgramRun run = train(GetParam().options);
  EXPECT_EQ(run.status, GetParam().status);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr(GetParam().message));
  EXPECT_FALSE(fs::exists(path("logs/run")));
}

std::vector<RefusedProcesses> refused_processes() {
  return {{{"--nproc", "0"}, 2, "nproc"},
          {{"--nproc", "7"}, 2, "nproc: got 7 processes for steps of 6 pairs"},
          {{"--nproc", "2", "--dist-backend", "nccl"}, 2, "dist-backend"},
          {{"--dist-url", "tcp://here:1"}, 2, "alone it changes nothing"},
          {{"--nproc", "2", "--dist-url", "tcp://here:1"}, 2, "dist-url"},
          {{"--nproc", "2", "--train-data", "/nowhere/shard.tar"}, 4, "/nowhere/shard.tar"}};
}

INSTANTIATE_TEST_SUITE_P(Options, RefusedSharing, testing::ValuesIn(refused_processes()));

TEST_F(TrainProcesses, HaveNoBatchStatisticsOfPartsOfAStep) {
  const ProgramRun run = train(
      {"--nproc", "2", "--model", path("resnet.json"), "--batch-size", "3", "--accum-freq", "2"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors,
              HasSubstr("accum-freq: got 2 with 2 processes and batch normalisation, expected 1"));
  const ProgramRun frozen = train({"--nproc", "2", "--model", path("resnet.json"), "--batch-size",
                                   "3", "--accum-freq", "2", "--image-mode", "frozen"});
  EXPECT_EQ(frozen.status, 0) << frozen.errors;
}

TEST_F(TrainProcesses, HaveTheRunningStatisticsOfOneProcess) {
  for (const std::string processes : {"1", "3"}) {
    const ProgramRun run =
        train({"--nproc", processes, "--model", path("resnet.json"), "--name", "of " + processes});
    ASSERT_EQ(run.status, 0) << run.errors;
  }
  const auto alone = checkpoint::load_model_file(path("logs/of 1/model"));
  const auto shared = checkpoint::load_model_file(path("logs/of 3/model"));
  int statistics = 0;
  for (const auto& [name, tensor] : alone.weights.tensors) {
    if (name.find(".running_") == std::string::npos) continue;
    ++statistics;
    EXPECT_LE(relative_error(to_floats(shared.weights.at(name)), to_floats(tensor)), 1e-4) << name;
  }
  EXPECT_GT(statistics, 0);
}

/// Of four processes that have a pair each, one has none where the picture is broken.
TEST_F(TrainProcesses, LearnFromATeacherWhatOneProcessDoes) {
  ASSERT_EQ(train({"--name", "teacher"}).status, 0);
  const auto taught = [&](const std::string& processes) {
    return train({"--distill-model", path("logs/teacher/model"), "--seed", "5", "--batch-size", "4",
                  "--epochs", "2", "--nproc", processes, "--name", "of " + processes});
  };
  const ProgramRun alone = taught("1");
  ASSERT_EQ(reports(alone).size(), 6U) << alone.errors;
  expect_same(taught("4"), alone);
}

TEST_F(TrainProcesses, PlanTogether) {
  const ProgramRun run = train({"--nproc", "2", "--plan"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const nlohmann::json plan = nlohmann::json::parse(run.output);
  EXPECT_EQ(plan["processes"], 2);
  EXPECT_EQ(plan["pairs"], 12);
  EXPECT_EQ(plan["steps_an_epoch"], 2);
  EXPECT_EQ(plan["batch_size"], 6);
  EXPECT_GT(plan["step_seconds"], 0.0);
  EXPECT_GT(plan["memory_bytes"], 0);
  const nlohmann::json alone = nlohmann::json::parse(train({"--plan"}).output);
  // Two processes have half of the machine each.
  EXPECT_LT(plan["available_bytes"].get<double>(), 0.75 * alone["available_bytes"].get<double>());
  EXPECT_FALSE(fs::exists(path("logs")));
}

/// What a run of so many processes leaves: its moments, its average, its weights.
TEST_F(TrainProcesses, InShardsWriteTheFilesOfOneProcess) {
  const auto checkpoint_of = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--name",           name, "--ema-decay", "0.9",
                                      "--grad-clip-norm", "0.5"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramRun run = train(words);
    EXPECT_EQ(run.status, 0) << run.errors;
    return checkpoint::read_safetensors(folder_.path() / "logs" / name /
                                        "checkpoints/latest.safetensors");
  };
  const TensorMap alone = checkpoint_of("alone", {});
  const TensorMap shared = checkpoint_of("shared", {"--nproc", "3", "--fsdp"});
  ASSERT_EQ(shared.tensors.size(), alone.tensors.size());
  for (const auto& [name, tensor] : alone.tensors) {
    ASSERT_TRUE(shared.tensors.contains(name)) << name;
    ASSERT_EQ(shared.at(name).shape, tensor.shape) << name;
    EXPECT_LE(relative_error(to_floats(shared.at(name)), to_floats(tensor)),
              kTrainedWeightTolerance)
        << name;
  }
  for (const char* model : {"model", "model-ema"}) {
    const auto expected = checkpoint::load_model_file(path("logs/alone") + "/" + model);
    const auto got = checkpoint::load_model_file(path("logs/shared") + "/" + model);
    for (const auto& [name, tensor] : expected.weights.tensors) {
      EXPECT_LE(relative_error(to_floats(got.weights.at(name)), to_floats(tensor)),
                kTrainedWeightTolerance)
          << model << " " << name;
    }
  }
}

class SharedRun : public TrainProcesses,
                  public testing::WithParamInterface<std::vector<std::string>> {};

/// In shards or not, and of any number of processes.
TEST_P(SharedRun, GoesOnFromShardsInAnyNumber) {
  const auto run_to = [&](const char* epochs, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--epochs", epochs, "--lr-scheduler", "const"};
    words.insert(words.end(), GetParam().begin(), GetParam().end());
    words.insert(words.end(), more.begin(), more.end());
    return train(words);
  };
  const ProgramRun alone = run_to("4", {"--name", "alone"});
  ASSERT_EQ(run_to("1", {"--nproc", "2", "--fsdp"}).status, 0);
  ASSERT_EQ(run_to("2", {"--nproc", "3", "--fsdp", "--resume", "latest"}).status, 0);
  ASSERT_EQ(run_to("3", {"--resume", "latest"}).status, 0);
  const ProgramRun last = run_to("4", {"--nproc", "4", "--fsdp", "--resume", "latest"});
  ASSERT_EQ(last.status, 0) << last.errors;
  EXPECT_EQ(reports(last).front()["step"], 7);
  expect_same(last, alone);
}

INSTANTIATE_TEST_SUITE_P(States, SharedRun,
                         testing::Values(std::vector<std::string>{"--ema-decay", "0.9"},
                                         std::vector<std::string>{"--image-mode", "lora:2",
                                                                  "--text-mode", "lora:3"},
                                         std::vector<std::string>{"--opt", "muon"}));

TEST_F(TrainProcesses, InShardsSaveWhenTheyAreStopped) {
  const ProgramRun alone = train({"--name", "alone", "--epochs", "40"});
  const ProgramRun stopped =
      after_a_checkpoint({"--nproc", "2", "--fsdp", "--epochs", "40"}, "kill -TERM $launcher");
  ASSERT_EQ(stopped.status, 1) << stopped.errors;
  const std::int64_t done = printed(stopped).back()["steps"];
  const ProgramRun resumed =
      train({"--nproc", "2", "--fsdp", "--epochs", "40", "--resume", "latest"});
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_EQ(reports(resumed).front()["step"], done + 1);
  expect_same(resumed, alone);
}

TEST_F(TrainProcesses, RecordWhatWasTyped) {
  ASSERT_EQ(train({"--nproc", "2"}).status, 0);
  const nlohmann::json log = nlohmann::json::parse(read_text_file(path("logs/run/run.json")));
  std::vector<std::string> words = log["starts"][0]["command"];
  words.erase(words.begin());  // the program, however it was found
  EXPECT_EQ(words, command({"--nproc", "2"}));
}

TEST_F(TrainProcesses, SayWhichFlagsChangeNothing) {
  const ProgramRun run = train({"--local-loss"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("local-loss, gather-with-grad: change nothing"));
}

/// Two machines, as far as one has them.
TEST_F(TrainProcesses, ReachEachOtherFromOtherNetworks) {
  const std::string name = "diptych" + std::to_string(getpid());
  const std::string first = name + "a";
  const std::string second = name + "b";
  const std::string remove = "ip netns delete " + first + "; ip netns delete " + second + "; ";
  const ProgramRun made =
      in_shell("ip netns add " + first + " && ip netns add " + second +
               " && ip link add va netns " + first + " type veth peer name vb netns " + second +
               " && ip -n " + first + " addr add 10.213.7.1/24 dev va && ip -n " + second +
               " addr add 10.213.7.2/24 dev vb && ip -n " + first + " link set va up && ip -n " +
               second + " link set vb up && ip -n " + first + " link set lo up");
  if (made.status != 0) {
    in_shell(remove + "true");
    GTEST_SKIP() << "network namespaces cannot be made here: " << made.errors;
  }
  const ProgramRun alone = train({"--name", "alone"});
  const std::string shared = line({"--dist-url", "tcp://10.213.7.1:29511"});
  const ProgramRun run =
      in_shell("export WORLD_SIZE=2; RANK=1 ip netns exec " + second + " " + shared +
               " >second & second=$!; RANK=0 ip netns exec " + first + " " + shared +
               " && wait $second; status=$?; " + remove + "exit $status");
  ASSERT_EQ(run.status, 0) << run.errors;
  expect_same(run, alone);
}

}  // namespace
}  // namespace diptych::test
