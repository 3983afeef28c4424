#include "fetch/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "catalogue/cache.h"
#include "catalogue/catalogue.h"
#include "fetch/http_server.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::fetch {
namespace {

namespace fs = std::filesystem;
using test::EnvironmentVariable;
using test::HttpServer;
using test::ServerReply;
using test::ServerRequest;
using ::testing::ElementsAre;

constexpr const char* kModel = "open_clip/ViT-B-32/laion2b_s34b_b79k";
constexpr const char* kRepository = "/laion/CLIP-ViT-B-32-laion2B-s34B-b79K/resolve/main/";

/// A Hub with these files; everything else is absent.
class PullTest : public ::testing::Test {
 protected:
  PullResult pull_listed(const std::string& name, const PullOptions& options = {}) const {
    return pull(*catalogue::find_published(name), options);
  }

  ServerReply answer(const ServerRequest& request) const {
    const auto found = files_.find(request.target);
    return found == files_.end() ? ServerReply{.status = 404}
                                 : test::serve_file(request, found->second);
  }

  std::vector<std::string> asked_for() const {
    std::vector<std::string> targets;
    for (const ServerRequest& request : server_.requests()) targets.push_back(request.target);
    return targets;
  }

  fs::path folder_of(const std::string& name) const { return cache_.path() / "models" / name; }

  std::map<std::string, std::string> files_;
  test::TemporaryFolder cache_;
  HttpServer server_{[this](const ServerRequest& request) { return answer(request); }};

 private:
  EnvironmentVariable cache_variable_{"DIPTYCH_CACHE", cache_.path().string()};
  EnvironmentVariable endpoint_{"HF_ENDPOINT", server_.address() + "/"};
  EnvironmentVariable token_{"HF_TOKEN", "secret"};
  EnvironmentVariable proxy_{"http_proxy", std::nullopt};
  EnvironmentVariable any_proxy_{"all_proxy", std::nullopt};
  EnvironmentVariable upper_proxy_{"ALL_PROXY", std::nullopt};
};

TEST_F(PullTest, TakesTheConfigThenTheWeights) {
  files_[std::string(kRepository) + "open_clip_config.json"] = "{}";
  files_[std::string(kRepository) + "open_clip_model.safetensors"] = "weights";
  const PullResult result = pull_listed(kModel);
  EXPECT_EQ(result.model, kModel);
  EXPECT_EQ(result.folder, folder_of(kModel));
  ASSERT_EQ(result.files.size(), 2U);
  EXPECT_EQ(read_text_file(result.files[0].path), "{}");
  EXPECT_EQ(read_text_file(result.files[1].path), "weights");
  EXPECT_EQ(server_.requests().back().header("authorization"), "Bearer secret");
}

TEST_F(PullTest, TakesTheOlderNameWhereTheNewerIsAbsent) {
  files_[std::string(kRepository) + "open_clip_pytorch_model.bin"] = "weights";
  EXPECT_EQ(pull_listed(kModel).files.back().path,
            folder_of(kModel) / "open_clip_pytorch_model.bin");
  EXPECT_THAT(asked_for(), ElementsAre(std::string(kRepository) + "open_clip_config.json",
                                       std::string(kRepository) + "open_clip_model.safetensors",
                                       std::string(kRepository) + "open_clip_pytorch_model.bin"));
}

TEST_F(PullTest, TakesTheOneFileOfAnEvaModel) {
  files_["/QuanSun/EVA-CLIP/resolve/main/EVA02_CLIP_B_psz16_s8B.pt"] = "weights";
  EXPECT_EQ(pull_listed("eva_clip/EVA02-CLIP-B-16").files.size(), 1U);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(PullTest, TakesATokenizerWhereTheModelHasItsOwn) {
  const std::string repository = "/timm/ViT-B-16-SigLIP/resolve/main/";
  files_[repository + "tokenizer.json"] = "{}";
  files_[repository + "open_clip_model.safetensors"] = "weights";
  EXPECT_EQ(pull_listed("ViT-B-16-SigLIP/webli").files.size(), 2U);
}

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kHubModel = "hf-hub:facebook/metaclip-2";
constexpr const char* kHubRepository = "/facebook/metaclip-2/resolve/main/";

std::string index_of(const std::string& shard) {
  return R"({"weight_map": {"a": "one.safetensors", "b": ")" + shard +
         R"(", "c": "one.safetensors"}})";
}

TEST_F(PullTest, TakesWeightsInSeveralFiles) {
  const std::string repository = kHubRepository;
  files_[repository + kIndex] = index_of("two.safetensors");
  files_[repository + "one.safetensors"] = "first";
  files_[repository + "two.safetensors"] = "second";
  const PullResult result = pull_listed(kHubModel);
  ASSERT_EQ(result.files.size(), 3U);
  EXPECT_EQ(read_text_file(folder_of(kHubModel) / "one.safetensors"), "first");
  EXPECT_EQ(read_text_file(folder_of(kHubModel) / "two.safetensors"), "second");
  EXPECT_EQ(result.files.back().path, folder_of(kHubModel) / kIndex);
  const ListedModel here = catalogue::on_this_machine(*catalogue::find_published(kHubModel));
  EXPECT_TRUE(here.available);
  EXPECT_EQ(here.bytes, 11U);  // of "first" and "second"
  const PullResult again = pull_listed(kHubModel);
  for (const PulledFile& file : again.files) EXPECT_FALSE(file.fetched) << file.path;
}

// The index gets its name when all it lists is there: what is incomplete does not look complete.
TEST_F(PullTest, GoesOnWhereAnEarlierOneMissedAFile) {
  const std::string repository = kHubRepository;
  files_[repository + kIndex] = index_of("two.safetensors");
  files_[repository + "one.safetensors"] = "first";
  test::expect_error([&] { pull_listed(kHubModel); }, ErrorCode::not_found,
                     "lists two.safetensors, which is not there");
  EXPECT_FALSE(catalogue::on_this_machine(*catalogue::find_published(kHubModel)).available);
  files_[repository + "two.safetensors"] = "second";
  const PullResult result = pull_listed(kHubModel);
  ASSERT_EQ(result.files.size(), 3U);
  EXPECT_FALSE(result.files[0].fetched);
  EXPECT_TRUE(result.files[1].fetched);
}

TEST_F(PullTest, RefusesAnIndexThatLeavesTheFolder) {
  for (const std::string shard :
       {"../two.safetensors", "/two.safetensors", ".hidden.bin", "two.sh"}) {
    files_[std::string(kHubRepository) + kIndex] = index_of(shard);
    test::expect_error([&] { pull_listed(kHubModel); }, ErrorCode::corrupt_data, "beside it");
  }
  files_[std::string(kHubRepository) + kIndex] = "no JSON";
  test::expect_error([&] { pull_listed(kHubModel); }, ErrorCode::corrupt_data, "JSON");
}

TEST_F(PullTest, WhatIsThereIsNotFetchedAgain) {
  files_[std::string(kRepository) + "open_clip_config.json"] = "{}";
  files_[std::string(kRepository) + "open_clip_model.safetensors"] = "weights";
  pull_listed(kModel);
  const std::size_t before = server_.requests().size();
  const PullResult again = pull_listed(kModel);
  EXPECT_EQ(server_.requests().size(), before);
  ASSERT_EQ(again.files.size(), 2U);
  EXPECT_FALSE(again.files[1].fetched);
}

// OpenAI's weights have a published hash, whatever is in the cache under their name.
TEST_F(PullTest, WhatIsThereWithAWrongHashIsRemoved) {
  fs::create_directories(folder_of("openai/RN50"));
  write_file(folder_of("openai/RN50") / "RN50.pt", "not the weights");
  const test::TemporaryFolder empty;
  std::vector<std::string> notes;
  test::expect_error(
      [&] {
        pull_listed("openai/RN50", {.from = "local-dir:" + empty.path().string(),
                                    .note = [&](const std::string& n) { notes.push_back(n); }});
      },
      ErrorCode::not_found, "no RN50.pt in " + empty.path().string());
  EXPECT_FALSE(fs::exists(folder_of("openai/RN50") / "RN50.pt"));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0], ::testing::HasSubstr("afeb0e10f9e5"));
}

TEST_F(PullTest, ARepositoryWithoutWeightsIsNotFound) {
  test::expect_error([&] { pull_listed(kModel); }, ErrorCode::not_found,
                     "no open_clip_model.safetensors nor open_clip_pytorch_model.bin");
}

TEST_F(PullTest, CopiesFromAFolder) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "open_clip_model.safetensors", "weights");
  write_file(folder.path() / "open_clip_config.json", "{}");
  const PullResult result = pull_listed(kModel, {.from = "local-dir:" + folder.path().string()});
  EXPECT_EQ(read_text_file(result.files.at(1).path), "weights");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(PullTest, CopiesFromAnotherMachinesCache) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder.path() / kModel);
  write_file(folder.path() / kModel / "open_clip_model.safetensors", "weights");
  pull_listed(kModel, {.from = "local-dir:" + folder.path().string()});
  EXPECT_EQ(read_text_file(folder_of(kModel) / "open_clip_model.safetensors"), "weights");
}

TEST_F(PullTest, ACopyWithAWrongHashIsRefused) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "ViT-B-32.pt", "not the weights");
  test::expect_error(
      [&] { pull_listed("openai/ViT-B-32", {.from = "local-dir:" + folder.path().string()}); },
      ErrorCode::corrupt_data, "40d365715913");
  EXPECT_TRUE(fs::is_empty(folder_of("openai/ViT-B-32")));
}

TEST_F(PullTest, TheSourceCanBeChosen) {
  files_["/timm/vit_base_patch32_clip_224.openai/resolve/main/open_clip_model.safetensors"] =
      "weights";
  EXPECT_EQ(pull_listed("openai/ViT-B-32", {.from = "huggingface"}).files.size(), 1U);
  for (const char* from : {"url", "somewhere"}) {
    test::expect_error([&] { pull_listed(kModel, {.from = from}); }, ErrorCode::invalid_argument,
                       "expected url or huggingface");
  }
}

TEST_F(PullTest, ACacheThatCannotBeWrittenIsAnError) {
  write_file(cache_.path() / "models", "a file");
  test::expect_error([&] { pull_listed(kModel); }, ErrorCode::io, "cannot make the folder");
}

}  // namespace
}  // namespace diptych::fetch
