#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

class EvaluateZeroShot : public ::testing::Test {
 protected:
  EvaluateZeroShot() {
    write_tiny_model(folder_.path() / "model");
    for (const char* name : {"blue", "red"}) fs::create_directories(folder_.path() / "set" / name);
    write_picture(folder_.path() / "set" / "red" / "a.bmp", 255, 0, 0);
    write_picture(folder_.path() / "set" / "blue" / "a.bmp", 0, 0, 255);
    write_picture(folder_.path() / "set" / "blue" / "b.bmp", 0, 0, 200);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProgramRun evaluate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"evaluate", "zeroshot", "--model", path("model")});
    return run_diptych(without_replaced(arguments));
  }

  TemporaryFolder folder_;
};

// What classify answers for the same pictures decides what the accuracy must be.
TEST_F(EvaluateZeroShot, AccuracyCountsWhatClassifyAnswers) {
  const ProgramRun answers = run_diptych({"classify", "--model", path("model"), "--labels",
                                          "blue,red", "--top", "1", "--json", path("set")});
  ASSERT_EQ(answers.status, 0) << answers.errors;
  int right = 0;
  for (const Json& answer : Json::parse(answers.output)) {
    const std::string label = answer.at("labels").at(0).at("label");
    right += answer.at("image").get<std::string>().find("/" + label + "/") != std::string::npos;
  }
  const ProgramRun run = evaluate({"--json", path("set")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("top1"));
  const ProgramRun text = evaluate({path("set")});
  EXPECT_THAT(text.output, HasSubstr("3 pictures, 2 classes, 1 template"));
  EXPECT_THAT(text.output, HasSubstr(fmt::format("{:6.2f} %", 100.0 * right / 3)));
}

TEST_F(EvaluateZeroShot, TheFolderMayFollowTheTemplates) {
  const ProgramRun run = evaluate({"--template", "a {label}", "the {}", path("set")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("2 templates"));
}

TEST_F(EvaluateZeroShot, NamesInAnotherOrderThanTheFoldersAreRefused) {
  write_file(path("names.txt"), "red\nblue\n");
  const ProgramRun run = evaluate({"--classnames", path("names.txt"), path("set")});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, HasSubstr("got 'red' for the folder 'blue'"));
}

TEST_F(EvaluateZeroShot, AFolderTooHighIsRefused) {
  fs::create_directory(path("above"));
  fs::rename(path("set"), path("above/train"));
  const ProgramRun run = evaluate({path("above")});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, HasSubstr(path("above/train")));
}

TEST_F(EvaluateZeroShot, NotesAreOnStandardErrorAndInJson) {
  fs::create_directory(path("set/green"));
  const ProgramRun run = evaluate({"--json", path("set")});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("note: 1 of 3 classes have no picture"));
  const Json report = Json::parse(run.output);
  EXPECT_THAT(report.at("notes").dump(), HasSubstr("1 of 3 classes"));
  EXPECT_EQ(report.at("prompts").at(0), "A photo of a blue");
}

TEST_F(EvaluateZeroShot, ABrokenPictureIsListed) {
  write_file(path("set/red/broken.png"), "broken");
  const ProgramRun run = evaluate({path("set")});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("broken.png"));
}

TEST_F(EvaluateZeroShot, AMissingFolderIsOneLine) {
  const ProgramRun run = evaluate({path("none")});
  EXPECT_EQ(run.status, 4);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST_F(EvaluateZeroShot, AFolderWithoutClassesIsOneLine) {
  fs::create_directory(path("empty"));
  const ProgramRun run = evaluate({path("empty")});
  EXPECT_EQ(run.status, 2) << run.errors;
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
