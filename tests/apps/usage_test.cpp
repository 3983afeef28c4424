// What every command has in common: help, usage errors, exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <regex>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/mapped_file.h"
#include "diptych/arrays.h"
#include "diptych/version.h"
#include "support/environment_variable.h"
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
                                           "pull", "search", "duplicates", "soup", "finetune"),
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
                                           "inspect", "verify", "evaluate", "models", "pull",
                                           "search", "duplicates", "soup", "finetune"),
                         [](const auto& info) { return info.param; });

TEST(Usage, APrecisionThatTheCpuHasNotIsOneLine) {
  const ProgramRun run = run_diptych({"verify", "--precision", "fp16"});
  EXPECT_EQ(run.error_lines(), 1);
  EXPECT_THAT(run.errors,
              HasSubstr("precision: got fp16, expected auto, fp32, bf16, int8w or int8"));
}

TEST(Usage, NoCommandIsWrongUsage) {
  const ProgramRun run = run_diptych({});
  EXPECT_EQ(run.status, kUsage);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Usage, AnUnknownCommandIsNamedWithTheNearest) {
  const ProgramRun run = run_diptych({"clasify", "--labels", "a,b", "picture.png"});
  EXPECT_EQ(run.status, kUsage);
  EXPECT_EQ(run.errors, "diptych: command: got clasify, expected classify (see diptych --help)\n");
}

TEST(Usage, ACommandLikeNoneGetsTheList) {
  const ProgramRun run = run_diptych({"xyzzy"});
  EXPECT_EQ(run.status, kUsage);
  EXPECT_THAT(run.errors, HasSubstr("got xyzzy, expected one of caption, classify"));
}

TEST(Usage, ACommandBelowACommandToo) {
  EXPECT_THAT(run_diptych({"evaluate", "zeroshto", "val"}).errors,
              HasSubstr("got zeroshto, expected zeroshot (see diptych evaluate --help)"));
}

/// A command line and the one line that it gets.
struct Wrong {
  const char* name;
  std::vector<std::string> arguments;
  const char* says;
};

class WrongUsage : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUsage, IsOneLineInTheHouseStyle) {
  const ProgramRun run = run_diptych(GetParam().arguments);
  EXPECT_EQ(run.status, kUsage);
  EXPECT_EQ(run.output, "");
  EXPECT_EQ(run.errors, std::string("diptych: ") + GetParam().says + " --help)\n");
}

INSTANTIATE_TEST_SUITE_P(
    Usage, WrongUsage,
    ::testing::Values(
        Wrong{"Option",
              {"classify", "--lables", "a,b", "p.png"},
              "option: got --lables, expected --labels (see diptych classify"},
        Wrong{"JoinedOption",
              {"verify", "--agianst=x"},
              "option: got --agianst, expected --against (see diptych verify"},
        Wrong{"NoValue",
              {"verify", "--against"},
              "--against: got nothing, expected a value (see diptych verify"},
        Wrong{
            "OptionForValue",
            {"classify", "--labels", "--json", "p.png"},
            "--labels: got the option --json, expected a value; --labels=--json if it is one (see "
            "diptych classify"},
        Wrong{"NegativeThreads",
              {"verify", "--threads", "-1"},
              "--threads: got -1, expected a number from 0 on (see diptych verify"},
        Wrong{"NoNumber",
              {"verify", "--threads", "two"},
              "--threads: got two, expected a whole number (see diptych verify"},
        Wrong{"TooLargeNumber",
              {"verify", "--threads", "99999999999"},
              "--threads: got 99999999999, expected a value in its range (see diptych verify"},
        Wrong{"NotANumber",
              {"verify", "--tolerance", "nan"},
              "--tolerance: got nan, expected a number (see diptych verify"},
        Wrong{"PrecisionThatIsNotThere",
              {"verify", "--precision", "fp8"},
              "--precision: got fp8, expected one of auto, bf16, fp16, fp32, int8, "
              "int8w (see diptych verify"},
        Wrong{"EmptyModel",
              {"classify", "--labels", "a,b", "--model", "", "p.png"},
              "--model: got an empty text, expected a value (see diptych classify"},
        Wrong{"EmptyPicture",
              {"classify", "--labels", "a,b", "p.png", ""},
              "IMAGE: got an empty text, expected a value (see diptych classify"},
        Wrong{"Choice",
              {"preprocess", "--resize", "crop", "--out", "o.npy", "p.png"},
              "--resize: got crop, expected one of longest, patches, shortest, squash (see diptych "
              "preprocess"},
        Wrong{"NoRequiredOption",
              {"preprocess", "p.png"},
              "--out: got nothing, expected file to write (.safetensors, .npy) (see diptych "
              "preprocess"},
        Wrong{"NoneOfAGroup",
              {"classify", "p.png"},
              "--labels: got nothing, expected --labels or --labels-file (see diptych classify"},
        Wrong{"TwoOfAGroup",
              {"classify", "--labels", "a,b", "--labels-file", "f", "p.png"},
              "--labels-file: got --labels too, expected one of them (see diptych classify"},
        Wrong{"ArgumentTooMany",
              {"verify", "a", "b"},
              "arguments: got also b, expected MODEL alone (see diptych verify"},
        Wrong{"CosineOfZero",
              {"convert", "a", "b", "--fits-from", "0"},
              "--fits-from: got 0, expected a cosine other than 0 (see diptych convert"},
        Wrong{"TopKOfBeams",
              {"caption", "p.png", "--top-k", "5"},
              "--top-k: got it for --search beams, expected --search top_k with it (see diptych "
              "caption"},
        Wrong{"SeedOfBeams",
              {"caption", "p.png", "--seed", "5"},
              "--seed: got it for --search beams, expected --search top_k or top_p with it (see "
              "diptych caption"},
        Wrong{"BeamsOfDraws",
              {"caption", "p.png", "--search", "top_p", "--beams", "2"},
              "--beams: got it for --search top_p, expected --search beams with it (see diptych "
              "caption"},
        Wrong{"Excluded",
              {"embed", "--tensors", "t", "--images", "p.png", "--out", "o.npy"},
              "--images: got --tensors too, expected one of them (see diptych embed"}),
    [](const auto& info) { return info.param.name; });

TEST(Usage, OfAnOptionGivenTwiceTheLastValueCounts) {
  const ProgramRun run = run_diptych(
      {"tokenize", "--tokenizer", "clip", "--context", "80", "--context", "010"}, "\"cat\"");
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output, "[49406,2368,49407,0,0,0,0,0,0,0]\n");
  EXPECT_THAT(run.errors, HasSubstr("note: --context is given 2 times, and '10' counts alone"));
  const ProgramRun same = run_diptych(
      {"tokenize", "--tokenizer", "clip", "--context", "10", "--context", "10"}, "\"cat\"");
  EXPECT_EQ(same.errors, "");
}

TEST(Usage, HelpThatDoesNotReachItsFileIsAnError) {
  EXPECT_EQ(run_diptych({"--help"}, "", "/dev/full").status, 4);
  EXPECT_EQ(run_diptych({"classify", "--help"}, "", "/dev/full").status, 4);
  EXPECT_EQ(run_diptych({"--version"}, "", "/dev/full").status, 4);
}

/// Their places are not those of files that are opened later.
TEST(Usage, ClosedStandardStreamsAreErrorsWhereTheyAreUsed) {
  const TemporaryFolder folder;
  const ProgramRun no_input = run_in_shell("diptych tokenize --tokenizer clip <&-", folder.path());
  EXPECT_EQ(no_input.status, 4);
  EXPECT_THAT(no_input.errors, HasSubstr("cannot read standard input"));
  EXPECT_EQ(run_in_shell("diptych --version >&-", folder.path()).status, 4);
  EXPECT_EQ(run_in_shell("diptych nonsense 2>&-", folder.path()).status, 2);
}

TEST(Usage, ALimitOnTheSizeOfFilesIsAnError) {
  const TemporaryFolder folder;
  const ProgramRun run =
      run_in_shell("ulimit -f 10; diptych convert pictogram out; s=$?; ls; exit $s", folder.path());
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.errors, HasSubstr("File too large"));
  EXPECT_EQ(run.output, "") << "no empty folder is left";
}

TEST(Usage, AModelIsNoSoupWithItself) {
  const ProgramRun run = run_diptych({"soup", "a", "./a", "--out", "soup"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got ./a twice"));
}

TEST(Usage, AModelIsNoSoupWithItsCopy) {
  const TemporaryFolder folder;
  const ProgramRun copies = run_in_shell(
      "diptych convert pictogram a && diptych convert a b --dtype fp16 && diptych soup a b --out c",
      folder.path());
  EXPECT_EQ(copies.status, 2);
  EXPECT_THAT(copies.errors, HasSubstr("got the weights of a again in b"));
}

TEST(Usage, AModelWithoutAShareIsNoted) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "a");
  write_tiny_model(folder.path() / "b");
  const std::string weights = (folder.path() / "b/model.safetensors").string();
  const auto notes = read_notes(weights);
  Arrays other = read_arrays(weights);
  for (auto& [name, array] : other) {
    if (auto* values = std::get_if<std::vector<float>>(&array.values)) values->front() += 1.0F;
  }
  write_arrays(weights, other, notes);
  for (const char* shares : {"1,0", "1e30,1"}) {
    const ProgramRun run = run_in_shell(
        std::string("diptych soup a b --overwrite --out c --shares ") + shares, folder.path());
    EXPECT_EQ(run.status, 0) << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("b counts nothing: its share is "));
  }
}

/// A variable with one more option for a sanitizer, after those that it has.
EnvironmentVariable with_sanitizer_option(const char* variable, const std::string& option) {
  const char* before = std::getenv(variable);
  return {variable, before == nullptr ? option : std::string(before) + ":" + option};
}

/// What the system sends where a mapped file has become shorter.
TEST(Usage, AFileThatShrinksWhileItIsReadIsSaid) {
  // The sanitizers would catch it first.
  const auto address = with_sanitizer_option("ASAN_OPTIONS", "handle_sigbus=0");
  const auto thread = with_sanitizer_option("TSAN_OPTIONS", "handle_sigbus=0");
  const ProgramRun run =
      signal_diptych({"bench", "towers", "--rounds", "1000", "--precisions", "fp32"}, SIGBUS);
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.errors, HasSubstr("a file got shorter while it was read"));
}

TEST(Usage, AFolderForTemporaryFilesThatIsNotThereIsSaid) {
  const TemporaryFolder folder;
  const ProgramRun run = run_in_shell(
      "echo cat | TMPDIR=/nowhere diptych embed --texts-from - --out -", folder.path());
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.errors, HasSubstr("TMPDIR"));
}

TEST(Usage, AListWithAQuoteThatNothingClosesIsRefused) {
  const ProgramRun run = run_diptych({"classify", "--labels", "a,\"b,c", "p.png"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("whose quote nothing closes"));
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

TEST(Environment, AMisspeltVariableIsNoted) {
  const EnvironmentVariable misspelt("DIPTYCH_CASHE", "/nowhere");
  const EnvironmentVariable of_the_build("DIPTYCH_TRAIN", "OFF");
  const ProgramRun run = run_diptych({"tokenize", "--tokenizer", "clip"}, "\"a cat\"\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.errors,
            "diptych: note: the environment variable DIPTYCH_CASHE is read by nothing: "
            "DIPTYCH_CACHE?\n");
}

}  // namespace
}  // namespace diptych::test
