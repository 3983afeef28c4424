#include "diptych/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "api/fixtures.h"
#include "base/atomic_file.h"
#include "diptych/catalogue.h"
#include "diptych/error.h"
#include "diptych/inspection.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/bpe/gunzip.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> clip_merges();
}

namespace {

ErrorCode code_of(const std::string& name) {
  try {
    Model::load(name);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

TEST(Model, AFolderBindsTowersPreprocessingAndTokenizer) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Model model = Model::load(folder.path().string());
  EXPECT_EQ(model.info().embedding_width, 16);
  EXPECT_EQ(model.info().image_size, 8);
  EXPECT_EQ(model.info().patch_size, 4);
  EXPECT_EQ(model.info().preprocessing.size, 8);
  EXPECT_EQ(model.info().tokenizer, "wordpiece");
  EXPECT_NEAR(model.info().logit_scale, 20.0, test::accumulation_tolerance(1, 20.0 * 3.0));
  EXPECT_EQ(model.tokenizer().encode("猫", 8), (std::vector<std::int32_t>{2, 12, 3}));
}

TEST(Model, ATowerThatNoTokenizerFitsSaysSoWhenItIsAskedFor) {
  const Model model = Model::load(test::data_path("openai_vit").string());
  EXPECT_EQ(model.info().tokenizer, "none");
  EXPECT_THROW(model.tokenizer(), Error);
}

TEST(Model, AMissingOneIsNotFound) {
  EXPECT_EQ(code_of("no/such/model"), ErrorCode::not_found);
}

TEST(Model, TheEmbeddedOneIsThereWhenItIsListedAsAvailable) {
  const ListedModel embedded = list_models().front();
  if (embedded.available) {
    EXPECT_EQ(Model::load().info().name, embedded.name);
    EXPECT_GT(embedded.bytes, 0U);
  } else {
    EXPECT_EQ(code_of(""), ErrorCode::not_found);
  }
}

TEST(Model, APublishedOneLoadsByItsNameOnceItIsInTheCache) {
  const test::TemporaryFolder cache;
  const test::EnvironmentVariable variable("DIPTYCH_CACHE", cache.path().string());
  const std::string name = "openai/ViT-B-32";
  test::expect_error([&] { Model::load(name); }, ErrorCode::not_found,
                     "`diptych pull openai/ViT-B-32`");

  const std::filesystem::path folder = cache.path() / "models" / name;
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(test::data_path("openai_vit/model.pt"), folder / "ViT-B-32.pt");
  EXPECT_EQ(Model::load(name).info().name, name);
  EXPECT_EQ(Model::load("ViT-B/32").info().embedding_width, 48);
  EXPECT_TRUE(inspect(name).model.has_value());
}

TEST(Model, APathMaySayThatItIsOne) {
  const std::string folder = test::data_path("openai_vit").string();
  EXPECT_EQ(Model::load("local-dir:" + folder).info().embedding_width, 48);
  test::expect_error([] { Model::load("local-dir:no/such/model"); }, ErrorCode::not_found,
                     "no/such/model");
}

TEST(Model, AnUnknownNameIsToldWhatComesClose) {
  test::expect_error([] { Model::load("vit-b32/laion2b"); }, ErrorCode::not_found,
                     "open_clip/ViT-B-32/laion2b_s34b_b79k");
}

TEST(Model, OfTransformersIsNotTakenWithAnotherTokenizerThanItsFiles) {
  const std::map<std::string, std::string> others = {
      {"vocab.json", R"({"a": 0})"},
      {"added_tokens.json", R"({"<new>": 49408})"},
      {"tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})"},
      {"merges.txt", "#version: 0.2\na b\n"},
      {"special_tokens_map.json", R"({"eos_token": {"content": "</s>"}})"}};
  for (const auto& [name, text] : others) {
    const test::TemporaryFolder folder;
    for (const char* file : {"config.json", "model.safetensors"})
      std::filesystem::copy_file(test::data_path("hf_clip") / file, folder.path() / file);
    const std::size_t assumed = Model::load(folder.path().string()).info().assumptions.size();
    write_file(folder.path() / "adapter_config.json", "{}");
    EXPECT_EQ(Model::load(folder.path().string()).info().assumptions.size(), assumed + 1);
    write_file(folder.path() / name, text);
    EXPECT_THROW(Model::load(folder.path().string()), Error) << name;
  }
}

TEST(Inspection, SaysHowSureItIs) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Inspection inspection = inspect(folder.path().string());
  EXPECT_EQ(inspection.certainty, Certainty::stated);
  ASSERT_TRUE(inspection.model);
  EXPECT_EQ(inspection.model->embedding_width, 16);
  EXPECT_GT(inspection.tensors, 0U);
}

/// A model of transformers with one more file, what its loading assumed beside what it does
/// without.
std::vector<std::string> assumed_with(const std::string& name, const std::string& text) {
  const test::TemporaryFolder folder;
  for (const char* file : {"config.json", "model.safetensors"})
    std::filesystem::copy_file(test::data_path("hf_clip") / file, folder.path() / file);
  std::vector<std::string> before = Model::load(folder.path().string()).info().assumptions;
  write_file(folder.path() / name, text);
  std::vector<std::string> after = Model::load(folder.path().string()).info().assumptions;
  for (const std::string& assumption : before) std::erase(after, assumption);
  return after;
}

TEST(Model, OfTransformersSaysWhatOtherFilesWouldAddToIt) {
  EXPECT_THAT(assumed_with("modules.json", R"([{"type": "sentence_transformers.models.CLIPModel"},
                                       {"type": "sentence_transformers.models.Dense"}])"),
              testing::ElementsAre(testing::HasSubstr("a further layer after the model (Dense)")));
  EXPECT_THAT(assumed_with("tokenizer_config.json", R"({"model_max_length": 8})"),
              testing::ElementsAre(testing::HasSubstr("cuts texts after 8 tokens")));
  EXPECT_THAT(assumed_with("tokenizer_config.json", R"({"model_max_length": 77})"),
              testing::IsEmpty());
}

TEST(Model, OfTransformersIsTakenWithClipsOwnMergesHoweverTheyEnd) {
  std::string merges = text::gunzip(embedded::clip_merges(), 525'000);
  merges.replace(0, merges.find('\n'), "#version: 0.2");
  EXPECT_NO_THROW(assumed_with("merges.txt", merges));  // with some that are not in use
  std::size_t end = 0;
  for (int line = 0; line <= 48894; ++line) end = merges.find('\n', end) + 1;
  EXPECT_NO_THROW(assumed_with("merges.txt", merges.substr(0, end)));
  EXPECT_NO_THROW(assumed_with("merges.txt", merges.substr(0, end - 1)));
}

TEST(Model, OfTransformersReadsAProcessorOfAnyRelease) {
  const std::string part = R"({"size": {"shortest_edge": 48}, "image_mean": [0.1, 0.1, 0.1],
                               "crop_size": {"height": 48, "width": 48}})";
  const test::TemporaryFolder folder;
  for (const char* file : {"config.json", "model.safetensors"})
    std::filesystem::copy_file(test::data_path("hf_clip") / file, folder.path() / file);
  write_file(folder.path() / "processor_config.json", "{\"image_processor\": " + part + "}");
  const ModelInfo info = Model::load(folder.path().string()).info();
  EXPECT_EQ(info.preprocessing.mean[0], 0.1F);
  EXPECT_THAT(info.assumptions, testing::IsEmpty());
  write_file(folder.path() / "preprocessor_config.json", part);
  EXPECT_NO_THROW(Model::load(folder.path().string()));
  write_file(folder.path() / "preprocessor_config.json", R"({"size": 48, "crop_size": 48})");
  test::expect_error([&] { Model::load(folder.path().string()); }, ErrorCode::invalid_argument,
                     "says another preprocessing");
}

}  // namespace
}  // namespace diptych
