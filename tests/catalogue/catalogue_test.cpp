#include "catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace diptych::catalogue {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

constexpr std::string_view kDigits = "0123456789abcdef";

/// Also safe as a path below the cache.
bool is_name(const std::string& name) {
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-_./") == std::string::npos &&
         name.find("..") == std::string::npos && name.find("//") == std::string::npos &&
         name.front() != '/' && name.back() != '/';
}

TEST(Catalogue, HasEveryFamily) {
  std::map<std::string, int> counts;
  for (const ListedModel& model : published_models()) ++counts[model.family];
  // OpenAI's nine files, open_clip's table without its second names for the same weights, the five
  // of Chinese-CLIP, and EVA-CLIP's first release, seven and three giants.
  const std::map<std::string, int> expected = {
      {"openai", 9}, {"open_clip", 162}, {"chinese_clip", 5}, {"eva_clip", 11}};
  EXPECT_EQ(counts, expected);
}

TEST(Catalogue, NamesAreUniqueAndSafeAsPaths) {
  std::set<std::string> names;
  for (const ListedModel& model : published_models()) {
    EXPECT_TRUE(is_name(model.name)) << model.name;
    EXPECT_TRUE(model.name.starts_with(model.family + "/")) << model.name;
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
  }
  for (const ListedModel& model : published_models()) {
    std::set<std::string> others(model.aliases.begin(), model.aliases.end());
    if (!model.tag.empty()) others.insert(model.architecture + "/" + model.tag);
    for (const std::string& other : others) EXPECT_TRUE(names.insert(other).second) << other;
  }
}

TEST(Catalogue, EveryNameAndAliasFindsItsModel) {
  for (const ListedModel& model : published_models()) {
    EXPECT_EQ(find_published(model.name)->name, model.name);
    for (const std::string& alias : model.aliases) {
      EXPECT_EQ(find_published(alias)->name, model.name);
    }
  }
}

TEST(Catalogue, SourcesAreWellFormed) {
  for (const ListedModel& model : published_models()) {
    EXPECT_FALSE(model.sources.empty()) << model.name;
    for (const ModelSource& source : model.sources) {
      EXPECT_NE(source.url.empty(), source.repository.empty()) << model.name;
      EXPECT_TRUE(source.url.empty() || source.url.starts_with("https://")) << source.url;
      EXPECT_TRUE(source.repository.empty() || is_name(source.repository)) << source.repository;
      EXPECT_TRUE(source.file.empty() || is_name(source.file)) << source.file;
      EXPECT_EQ(source.sha256.find_first_not_of(kDigits), std::string::npos) << model.name;
      const std::size_t digits = source.sha256.size();
      EXPECT_TRUE(digits == 0 || digits == 8 || digits == 64) << model.name;
    }
  }
}

TEST(Catalogue, FactsAreInRange) {
  for (const ListedModel& model : published_models()) {
    ASSERT_TRUE(model.preprocessing.has_value()) << model.name;
    EXPECT_GE(model.preprocessing->size, 224) << model.name;
    EXPECT_LE(model.preprocessing->size, 512) << model.name;
    EXPECT_LT(model.imagenet_accuracy, 1.0) << model.name;
    EXPECT_FALSE(model.architecture.empty()) << model.name;
  }
}

// The hash stands in the address too, which is how OpenAI publishes it.
TEST(Catalogue, OpenAisFilesHaveTheirHash) {
  for (const ListedModel& model : published_models()) {
    if (model.family != "openai") continue;
    const ModelSource& source = model.sources.front();
    EXPECT_EQ(source.sha256.size(), 64U) << model.name;
    EXPECT_THAT(source.url, ::testing::HasSubstr("/" + source.sha256 + "/"));
    EXPECT_TRUE(model.quick_gelu) << model.name;
  }
}

TEST(Catalogue, KnowsWhatIsWellKnown) {
  const auto base = find_published("openai/ViT-B-32");
  ASSERT_TRUE(base.has_value());
  EXPECT_EQ(base->sources.front().sha256,
            "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af");
  EXPECT_DOUBLE_EQ(base->imagenet_accuracy, 0.6332);
  EXPECT_EQ(find_published("ViT-B/32")->name, "openai/ViT-B-32");
  EXPECT_EQ(find_published("ViT-B-32/openai")->name, "openai/ViT-B-32");

  const auto siglip = find_published("ViT-SO400M-14-SigLIP-384/webli");
  ASSERT_TRUE(siglip.has_value());
  EXPECT_EQ(siglip->preprocessing->size, 384);
  EXPECT_EQ(siglip->preprocessing->mode, ResizeMode::squash);
  EXPECT_TRUE(siglip->own_tokenizer);
}

TEST(Catalogue, AnyRepositoryOfTheHubHasAName) {
  const auto model = find_published("hf-hub:someone/some.model-1");
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->sources.front().repository, "someone/some.model-1");
}

TEST(Catalogue, RefusesWhatIsNoRepository) {
  for (const char* name : {"hf-hub:", "hf-hub:one", "hf-hub:/one", "hf-hub:one/", "hf-hub:a/b/c",
                           "hf-hub:../secret", "hf-hub:a/..", "hf-hub:a/b?c", "hf-hub:a b/c"}) {
    EXPECT_FALSE(find_published(name).has_value()) << name;
  }
}

TEST(Catalogue, NamesWhatComesClose) {
  EXPECT_THAT(similar_names("openai/vitb32"), Contains("openai/ViT-B-32"));
  EXPECT_THAT(similar_names("no such model"), IsEmpty());
  EXPECT_THAT(similar_names(""), IsEmpty());
}

}  // namespace
}  // namespace diptych::catalogue
