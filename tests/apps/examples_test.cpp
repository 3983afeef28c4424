// Every command line that README.md, docs/ and the help texts show is run, on stand-ins for the
// files it names, or stands below with the reason why not. What classifies with the embedded model
// must be right.
#include "apps/examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "apps/example_files.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct NotRun {
  const char* pattern;  ///< of the command lines
  const char* reason;
};

const std::vector<NotRun> kNotRun = {
    {"diptych curate download .*", "fetches from the web; its own test has one on this machine"},
    {"diptych pull .*", "fetches, or takes from another machine's cache"},
    {"diptych .*(openai|open_clip)/ViT.*", "needs a model that was pulled"},
    {"diptych .*cars.*", "trains a model that was pulled, and goes on with it"},
    {"diptych train run.toml --resume latest", "goes on with a run that its text does not start"},
    {"diptych train run.toml --nproc 2", "its own test trains in several processes"},
#ifndef DIPTYCH_WITH_TRAINER
    {"diptych train .*", "this build has no trainer"},
    {"diptych bench .*", "this build has no trainer"},
    {"diptych .*logs/first.*", "needs what the trainer made"},
#endif
};

bool is_run(const std::string& command) {
  // The catalogue knows them without having them.
  if (command.starts_with("diptych models")) return true;
  return std::none_of(kNotRun.begin(), kNotRun.end(), [&](const NotRun& not_run) {
    return std::regex_match(command, std::regex(not_run.pattern));
  });
}

/// Runs an example that classifies with the embedded model again, as JSON, and looks at the first
/// label of each picture; where none fits, none may be right.
void expect_right_labels(const std::string& command, const fs::path& folder) {
  static const std::regex kForm(
      " --(csv|tsv|json-lines|json|copy|link|dry-run)\\b| --sort-into [^ ]+");
  const ProgramRun run = run_in_shell(std::regex_replace(command, kForm, "") + " --json", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const Json& answer : Json::parse(run.output)) {
    const auto right = right_labels(answer.at("image").get<std::string>());
    const bool none = answer.value("none_of_these", false);
    for (const Json& entry : answer.at("labels")) {
      const std::string label = entry.at("label");
      EXPECT_EQ(right.contains(label), !none) << command << "\n"
                                              << answer.at("image") << ": " << label;
      if (!none) break;
    }
  }
}

void expect_it_works(const Example& example, const fs::path& folder) {
  // One time through the data shows as much as many, a small model of the folder's as much as the
  // one of 151 million parameters that the name stands for.
  static const std::regex kEpochs("--epochs [0-9]+");
  static const std::regex kLarge("--model ViT-B-32 ");
  const std::string once = std::regex_replace(example.command, kEpochs, "--epochs 1");
  const ProgramRun run =
      run_in_shell(std::regex_replace(once, kLarge, "--model ViT-B-32.json "), folder);
  EXPECT_EQ(run.status, 0) << example.command << "\n" << run.errors;
  if (!example.output.empty()) {
    EXPECT_EQ(run.output, example.output) << example.command;
  }
  const bool embedded = example.command.find("--model") == std::string::npos;
  if (example.command.starts_with("diptych classify") && embedded)
    expect_right_labels(example.command, folder);
}

/// Runs examples one after the other in one folder: later ones use what earlier ones wrote.
void run_all(const std::vector<Example>& examples) {
  const TemporaryFolder folder;
  write_example_files(folder.path());
  for (const Example& example : examples)
    if (is_run(example.command)) expect_it_works(example, folder.path());
}

std::vector<fs::path> pages() {
  std::vector<fs::path> pages = {data_path("../../README.md")};
  for (const auto& entry : fs::directory_iterator(data_path("../../docs")))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  return pages;
}

TEST(Examples, OfThePagesWork) {
  for (const fs::path& page : pages()) {
    SCOPED_TRACE(page.filename());
    run_all(examples_in_page(page));
  }
}

TEST(Examples, OfTheHelpTextsWork) {
  const std::vector<std::string> commands = all_commands();
  EXPECT_THAT(commands, ::testing::IsSupersetOf({"classify", "evaluate", "evaluate zeroshot"}));
  std::set<std::string> known;  // commands of one subject share their examples
  for (const std::string& command : commands) {
    SCOPED_TRACE(command);
    const TemporaryFolder folder;
    const std::vector<Example> examples =
        examples_in_help(run_in_shell("diptych " + command + " --help", folder.path()).output);
    EXPECT_FALSE(examples.empty());
    std::string all;
    for (const Example& example : examples) (all += example.command) += '\n';
    if (known.insert(all).second) run_all(examples);
  }
}

TEST(Examples, AreFoundInFencesAndIndentedBlocks) {
  const TemporaryFolder folder;
  write_file(
      folder.path() / "page.md",
      "diptych in a sentence\n\n    diptych a [--b]\n    $ diptych c \\\n      --d\n    out\n\n"
      "    more\n```\ndiptych e\nnot its output\n$ echo 1 | diptych f\n1\n```\n");
  const std::vector<Example> examples = examples_in_page(folder.path() / "page.md");
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(examples[0].command, "diptych c --d");
  EXPECT_EQ(examples[0].output, "out\n");
  EXPECT_EQ(examples[1].command, "diptych e");
  EXPECT_EQ(examples[1].output, "");
  EXPECT_EQ(examples[2].command, "echo 1 | diptych f");
  EXPECT_EQ(examples[2].output, "1\n");
}

TEST(Examples, OfAHelpTextEndWhereTheirExplanationBegins) {
  const std::vector<Example> examples =
      examples_in_help("Usage: diptych x\n\nExamples:\n  diptych x --y    why\n  diptych z\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].command, "diptych x --y");
  EXPECT_EQ(examples[1].command, "diptych z");
}

}  // namespace
}  // namespace diptych::test
