#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

TEST(Curate, MatchesAndBalancesAFileOfTexts) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("entries.json"), R"(["dog", "cat"])");
  write_file(path("texts.jsonl"), "{\"text\":\"a dog\"}\n{\"text\":\"a bird\"}\nnone\n");
  const ProgramRun match =
      run_diptych({"curate", "match", "--entries", path("entries.json"), "--texts",
                   path("texts.jsonl"), "--out", path("m.jsonl"), "--counts", path("c.json")});
  EXPECT_EQ(match.status, 1);  // a line that is no JSON
  EXPECT_THAT(match.errors, HasSubstr("malformed JSON (" + path("texts.jsonl") + ", offset 35)"));
  EXPECT_THAT(match.output, HasSubstr("3 records read, 2 written\n  1 dropped: malformed JSON\n"));
  const ProgramRun balance =
      run_diptych({"curate", "balance", "--matches", path("m.jsonl"), "--counts", path("c.json"),
                   "--t", "5", "--seed", "7", "--out", path("kept.jsonl"), "--json"});
  ASSERT_EQ(balance.status, 0) << balance.errors;
  const Json report = Json::parse(balance.output);
  EXPECT_EQ(report.at("written"), 1);
  EXPECT_EQ(report.at("left_out").at("no query in the text"), 1);
  EXPECT_EQ(read_text_file(path("kept.jsonl")), "{\"text\":\"a dog\",\"matches\":[0]}\n");
}

TEST(Curate, BothThresholdsAtOnceAreWrongUsage) {
  const ProgramRun run = run_diptych({"curate", "balance", "--matches", "m", "--counts", "c",
                                      "--out", "o", "--t", "5", "--tail-share", "0.1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
