#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "support/environment_variable.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

Json models(std::vector<std::string> arguments, int status = 0) {
  arguments.insert(arguments.begin(), "models");
  arguments.emplace_back("--json");
  const ProgramRun run = run_diptych(arguments);
  EXPECT_EQ(run.status, status) << run.errors;
  return Json::parse(run.output);
}

TEST(Models, AreAllListed) {
  const Json all = models({});
  EXPECT_EQ(all.size(), 188U);
  EXPECT_EQ(all.front().at("name"), "pictogram");
}

TEST(Models, WordsAndTheFamilyNarrowTheList) {
  for (const Json& model : models({"siglip", "384"})) {
    EXPECT_THAT(model.at("name").get<std::string>(), HasSubstr("SigLIP"));
    EXPECT_THAT(model.at("name").get<std::string>(), HasSubstr("384"));
  }
  EXPECT_EQ(models({"--family", "chinese_clip"}).size(), 5U);
  const ProgramRun none = run_diptych({"models", "no-such-model", "--json"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(Json::parse(none.output), Json::array());
  EXPECT_THAT(none.errors, HasSubstr("models: got none"));
}

TEST(Models, WhatIsNotKnownIsNull) {
  const Json model = models({"chinese_clip/ViT-B-16"}).front();
  EXPECT_TRUE(model.at("imagenet_accuracy").is_null());
  EXPECT_TRUE(model.at("sources").front().at("sha256").is_null());
  EXPECT_TRUE(model.at("sources").front().at("bytes_are_rounded").get<bool>());
  EXPECT_EQ(model.at("preprocessing").at("resize"), "squash");
}

TEST(Models, OneIsShownWhole) {
  const ProgramRun run = run_diptych({"models", "openai/ViT-B-32"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output,
              HasSubstr("40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"));
  EXPECT_THAT(run.output, HasSubstr("63.3 %"));
}

// Of weights whose publisher names no size, the table says what they take at most.
TEST(Models, EachHasASizeAndParameters) {
  const ProgramRun run = run_diptych({"models", "SigLIP2-256"});
  EXPECT_THAT(run.output, HasSubstr("<1508 MB"));
  EXPECT_THAT(run_diptych({"models", "openai/ViT-B-32"}).output, HasSubstr("~354 MB"));
  for (const Json& model : models({"--family", "open_clip"}))
    EXPECT_TRUE(model.at("parameters").is_number()) << model.at("name");
}

TEST(Models, ThoseInTheCacheAreHere) {
  const TemporaryFolder cache;
  const EnvironmentVariable variable("DIPTYCH_CACHE", cache.path().string());
  EXPECT_EQ(models({"--here", "--family", "openai"}, /*status=*/1).size(), 0U);
  const std::filesystem::path folder = cache.path() / "models/openai/RN50";
  std::filesystem::create_directories(folder);
  write_file(folder / "RN50.pt", "weights");
  const Json here = models({"--here", "--family", "openai"});
  ASSERT_EQ(here.size(), 1U);
  EXPECT_EQ(here.front().at("bytes"), 7);
  EXPECT_EQ(here.front().at("folder"), folder.string());
}

// Nothing but `pull` fetches: the name of a model that is not here is an error that says so.
TEST(Models, AnAbsentOneIsAnErrorThatSaysHowToPullIt) {
  const TemporaryFolder cache;
  const EnvironmentVariable variable("DIPTYCH_CACHE", cache.path().string());
  const ProgramRun run = run_diptych({"inspect", "ViT-B-32/openai"});
  EXPECT_EQ(run.status, 4);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("`diptych pull openai/ViT-B-32`"));
  EXPECT_TRUE(std::filesystem::is_empty(cache.path()));
}

}  // namespace
}  // namespace diptych::test
