#include "catalogue/cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "catalogue/catalogue.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::catalogue {
namespace {

using test::EnvironmentVariable;

TEST(Cache, LiesWhereTheEnvironmentSays) {
  const EnvironmentVariable home("HOME", "/home/someone");
  const EnvironmentVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const EnvironmentVariable own("DIPTYCH_CACHE", std::nullopt);
  EXPECT_EQ(cache_folder(), "/home/someone/.cache/diptych/models");
  const EnvironmentVariable xdg_set("XDG_CACHE_HOME", "/caches");
  EXPECT_EQ(cache_folder(), "/caches/diptych/models");
  const EnvironmentVariable own_set("DIPTYCH_CACHE", "/data");
  EXPECT_EQ(cache_folder(), "/data/models");
}

TEST(Cache, NowhereIsAnError) {
  const EnvironmentVariable home("HOME", std::nullopt);
  const EnvironmentVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const EnvironmentVariable own("DIPTYCH_CACHE", std::nullopt);
  test::expect_error([] { cache_folder(); }, ErrorCode::invalid_argument, "DIPTYCH_CACHE");
}

// What is still being pulled, and the config that comes before the weights, do not count.
TEST(Cache, AModelIsThereWhenItsWeightsAre) {
  const test::TemporaryFolder folder;
  const EnvironmentVariable own("DIPTYCH_CACHE", folder.path().string());
  const ListedModel model = *find_published("ViT-B-32/laion2b_s34b_b79k");
  EXPECT_FALSE(on_this_machine(model).available);

  std::filesystem::create_directories(folder_of(model));
  write_file(folder_of(model) / "open_clip_config.json", "{}");
  write_file(folder_of(model) / "open_clip_model.safetensors.part", "half");
  EXPECT_FALSE(on_this_machine(model).available);

  write_file(folder_of(model) / "open_clip_model.safetensors", "weights");
  const ListedModel here = on_this_machine(model);
  EXPECT_TRUE(here.available);
  EXPECT_EQ(here.bytes, 7U);
  EXPECT_EQ(here.folder, folder.path() / "models/open_clip/ViT-B-32/laion2b_s34b_b79k");
}

TEST(Cache, KnowsTheRepositoriesThatWerePulled) {
  const test::TemporaryFolder folder;
  const EnvironmentVariable own("DIPTYCH_CACHE", folder.path().string());
  EXPECT_TRUE(pulled_hub_names().empty());
  for (const char* name : {"openai/RN50", "hf-hub:b/two", "hf-hub:a/one"}) {
    std::filesystem::create_directories(folder.path() / "models" / name);
  }
  EXPECT_EQ(pulled_hub_names(), (std::vector<std::string>{"hf-hub:a/one", "hf-hub:b/two"}));
}

}  // namespace
}  // namespace diptych::catalogue
