#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

#include "apps/program.h"
#include "base/mapped_file.h"
#include "fetch/http_server.h"
#include "support/environment_variable.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kName = "hf-hub:someone/tiny";
constexpr const char* kRepository = "/someone/tiny/resolve/main/";

/// A Hub on this machine that has one model, and a cache of its own.
class Pull : public ::testing::Test {
 protected:
  ServerReply answer(const ServerRequest& request) {
    if (request.target == std::string(kRepository) + "open_clip_config.json") {
      return serve_file(request, config_);
    }
    if (request.target != std::string(kRepository) + "open_clip_model.safetensors") {
      return {.status = 404};
    }
    const std::scoped_lock lock(mutex_);
    ServerReply reply = serve_file(request, weights_);
    reply.trickles = trickles_;
    return reply;
  }

  /// The server's threads read what they serve: from here on, this.
  void serve_weights(std::string weights) {
    const std::scoped_lock lock(mutex_);
    weights_ = std::move(weights);
  }

  fs::path pulled() const {
    return cache_.path() / "models" / kName / "open_clip_model.safetensors";
  }

  std::string config_ =
      read_text_file(data_path("open_clip_vit_safetensors/open_clip_config.json"));
  std::string weights_ =
      read_text_file(data_path("open_clip_vit_safetensors/open_clip_model.safetensors"));
  std::mutex mutex_;
  std::atomic<bool> trickles_ = false;
  TemporaryFolder cache_;
  HttpServer server_{[this](const ServerRequest& request) { return answer(request); }};

 private:
  EnvironmentVariable cache_variable_{"DIPTYCH_CACHE", cache_.path().string()};
  EnvironmentVariable endpoint_{"HF_ENDPOINT", server_.address()};
  EnvironmentVariable proxy_{"http_proxy", std::nullopt};
  EnvironmentVariable any_proxy_{"all_proxy", std::nullopt};
  EnvironmentVariable upper_proxy_{"ALL_PROXY", std::nullopt};
};

TEST_F(Pull, AModelThatWasPulledLoadsByItsName) {
  const ProgramRun run = run_diptych({"pull", kName, "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json result = Json::parse(run.output).at(0);
  EXPECT_EQ(result.at("model"), kName);
  EXPECT_EQ(result.at("files").back().at("path"), pulled().string());
  EXPECT_EQ(result.at("files").back().at("checked"), "size");

  const ProgramRun listed = run_diptych({"models", "--here", "tiny", "--json"});
  EXPECT_EQ(Json::parse(listed.output).at(0).at("name"), kName);

  const ProgramRun inspection = run_diptych({"inspect", kName, "--json"});
  ASSERT_EQ(inspection.status, 0) << inspection.errors;
  EXPECT_EQ(Json::parse(inspection.output).at("name"), kName);
}

TEST_F(Pull, SaysWhatItDid) {
  const ProgramRun run = run_diptych({"pull", kName});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr(pulled().string()));
  EXPECT_THAT(run.output, HasSubstr("fetched"));
  EXPECT_EQ(run.errors, "");
  EXPECT_THAT(run_diptych({"pull", kName}).output, HasSubstr("was there"));
}

TEST_F(Pull, OfflineConnectsToNothing) {
  const ProgramRun absent = run_diptych({"pull", kName, "--offline"});
  EXPECT_EQ(absent.status, 4);
  EXPECT_EQ(absent.error_lines(), 1) << absent.errors;
  EXPECT_THAT(absent.errors, HasSubstr("open_clip_model.safetensors"));
  EXPECT_TRUE(server_.requests().empty());

  EXPECT_EQ(run_diptych({"pull", kName}).status, 0);
  const std::size_t before = server_.requests().size();
  EXPECT_EQ(run_diptych({"pull", kName, "--offline"}).status, 0);
  EXPECT_EQ(run_diptych({"inspect", kName}).status, 0);
  EXPECT_EQ(server_.requests().size(), before);
}

TEST_F(Pull, OtherCommandsConnectToNothing) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"inspect", kName}, {"verify", kName}, {"models"}, {"tokenize", "--model", kName}}) {
    run_diptych(command);
    EXPECT_TRUE(server_.requests().empty()) << command.front();
  }
}

// However far it had come, nothing that is not whole has the weights' name, and the next pull
// finishes it.
TEST_F(Pull, KilledAtAnyMomentItGoesOnLater) {
  serve_weights(pseudo_file(2'000'000));
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  for (int round = 0; round < 5; ++round) {
    fs::remove_all(cache_.path() / "models");
    trickles_ = true;
    const std::uint64_t half = weights_.size() / 2;
    const std::uint64_t until = server_.sent() + (round == 0 ? half : random() % (2 * half));
    kill_diptych({"pull", kName}, [&] { return server_.sent() >= until; });
    if (fs::exists(pulled())) {
      EXPECT_TRUE(read_text_file(pulled()) == weights_) << "seed " << seed;
    }

    trickles_ = false;
    const ProgramRun run = run_diptych({"pull", kName});
    ASSERT_EQ(run.status, 0) << "seed " << seed << ": " << run.errors;
    EXPECT_TRUE(read_text_file(pulled()) == weights_) << "seed " << seed;
  }
  const auto went_on = [](const ServerRequest& request) { return request.header("range") != ""; };
  EXPECT_TRUE(std::ranges::any_of(server_.requests(), went_on)) << "seed " << seed;
}

TEST_F(Pull, InterruptedItSaysSoAndGoesOnLater) {
  serve_weights(pseudo_file(4'000'000));
  trickles_ = true;
  const ProgramRun run = interrupt_diptych(
      {"pull", kName}, {[&](const ProgramRun&) { return server_.sent() > 500'000; }});
  EXPECT_EQ(run.status, 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("interrupted: what was fetched is kept"));
  EXPECT_FALSE(fs::exists(pulled()));
  trickles_ = false;
  EXPECT_EQ(run_diptych({"pull", kName}).status, 0);
  EXPECT_TRUE(read_text_file(pulled()) == weights_);
}

TEST_F(Pull, AnUnknownNameIsOneLine) {
  const ProgramRun run = run_diptych({"pull", "openai/ViT-B-33"});
  EXPECT_EQ(run.status, 4);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Pull, TheEmbeddedModelNeedsNone) {
  EXPECT_EQ(run_diptych({"pull", "pictogram"}).status, 0);
}

}  // namespace
}  // namespace diptych::test
