// What every command has in common: help, usage errors, exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "apps/program.h"
#include "base/mapped_file.h"
#include "diptych/version.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kUsage = 2;

class EveryCommand : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryCommand, ExplainsItselfWithAnExample) {
  const ProgramRun run = run_diptych({GetParam(), "--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, HasSubstr("Example"));
  EXPECT_THAT(run.output, HasSubstr(std::string("diptych ") + GetParam()));
  EXPECT_EQ(run.errors, "");
}

TEST_P(EveryCommand, RefusesAnUnknownFlagInOneLine) {
  const ProgramRun run = run_diptych({GetParam(), "--no-such-flag"});
  EXPECT_EQ(run.status, kUsage);
  EXPECT_EQ(run.output, "");
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, StartsWith("diptych: "));
}

INSTANTIATE_TEST_SUITE_P(Usage, EveryCommand,
                         ::testing::Values("classify", "convert", "embed", "tokenize", "preprocess",
                                           "inspect", "train", "verify", "evaluate", "models",
                                           "pull"),
                         [](const auto& info) { return info.param; });

/// `train` is not among them: docs/training.md leaves the list of its options to --help.
class DocumentedCommand : public ::testing::TestWithParam<const char*> {};

// docs/command-line.md is written by hand; this keeps it complete.
TEST_P(DocumentedCommand, HasEveryOptionInThePage) {
  const std::string page = read_text_file(data_path("../../docs/command-line.md"));
  EXPECT_TRUE(page.find(std::string("## diptych ") + GetParam() + "\n") != std::string::npos);
  const std::string help = run_diptych({GetParam(), "--help"}).output;
  const std::regex option("--[a-z0-9-]+");
  for (std::sregex_iterator found(help.begin(), help.end(), option), end; found != end; ++found) {
    if (found->str() == "--help") continue;
    EXPECT_TRUE(page.find(found->str()) != std::string::npos) << found->str();
  }
}

INSTANTIATE_TEST_SUITE_P(Usage, DocumentedCommand,
                         ::testing::Values("classify", "convert", "embed", "tokenize", "preprocess",
                                           "inspect", "verify", "evaluate", "models", "pull"),
                         [](const auto& info) { return info.param; });

TEST(Usage, NoCommandIsWrongUsage) {
  const ProgramRun run = run_diptych({});
  EXPECT_EQ(run.status, kUsage);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Usage, HelpListsTheCommandsAndTheExitStatus) {
  const ProgramRun run = run_diptych({"--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, HasSubstr("classify"));
  EXPECT_THAT(run.output, HasSubstr("Exit status"));
}

TEST(Usage, VersionIsTheLibrarys) {
  const ProgramRun run = run_diptych({"--version"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, std::string(version()) + "\n");
}

}  // namespace
}  // namespace diptych::test
