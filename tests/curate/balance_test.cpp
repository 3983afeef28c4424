#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "curate/balance_rule.h"
#include "diptych/curation.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using Json = nlohmann::json;
using curate::tail_share;
using curate::threshold_for;

Json golden() {
  return Json::parse(read_text_file(test::data_path("curation/expected.json")));
}

/// The golden matches as `curate match` writes them.
std::string golden_matches() {
  std::string lines;
  std::size_t number = 0;
  const Json expected = golden();
  for (const Json& matches : expected.at("matches")) {
    lines += Json({{"key", std::to_string(number++)}, {"text", "x"}, {"matches", matches}}).dump() +
             "\n";
  }
  return lines;
}

class Balance : public ::testing::Test {
 protected:
  BalanceOptions options(const std::string& matches, const std::string& counts) {
    write_file(path("matches.jsonl"), matches);
    write_file(path("counts.json"), counts);
    BalanceOptions options;
    options.matches = {path("matches.jsonl")};
    options.counts = {path("counts.json")};
    options.out = path("kept.jsonl");
    return options;
  }
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }
  std::string kept() const { return read_text_file(path("kept.jsonl")); }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(Balance, ProbabilitiesAreTheReferences) {
  const Json expected = golden();
  BalanceOptions balance = options(golden_matches(), expected.at("counts").dump());
  balance.threshold = expected.at("t");
  balance.probabilities = path("keep.npy");
  const BalanceReport report = balance_pairs(balance);
  const std::string npy = read_text_file(path("keep.npy"));
  const std::vector<double> reference = expected.at("keep_probability");
  ASSERT_EQ(npy.size(), 128 + 8 * reference.size());
  EXPECT_THAT(npy, ::testing::HasSubstr("'<f8', 'fortran_order': False, 'shape': (4008,)"));
  std::vector<double> values(reference.size());
  std::memcpy(values.data(), npy.data() + 128, 8 * values.size());
  EXPECT_EQ(values, reference);
  EXPECT_NEAR(report.expected, expected.at("expected_kept").get<double>(), 1e-9);
  // Ten standard deviations of a draw whose variance is below its mean.
  EXPECT_NEAR(static_cast<double>(report.stage.written), report.expected,
              10 * std::sqrt(report.expected));
  std::uint64_t left_out = 0;
  for (const auto& [reason, dropped] : report.stage.left_out) left_out += dropped.count;
  EXPECT_EQ(report.stage.read, report.stage.written + left_out);
}

TEST_F(Balance, DrawsDependOnTheKeyAlone) {
  std::string forward;
  std::string backward;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = R"({"key":")" + std::to_string(i) + R"(","text":"t","matches":[0]})";
    forward += line + "\n";
    backward = line + "\n" + backward;
  }
  BalanceOptions balance = options(forward, "[1000]");
  balance.threshold = 500;
  balance_pairs(balance);
  std::string reversed;
  std::istringstream lines(kept());
  for (std::string line; std::getline(lines, line);) reversed = line + "\n" + reversed;
  balance = options(backward, "[1000]");
  balance.threshold = 500;
  balance.stage.overwrite = true;
  balance.stage.threads = 3;
  const BalanceReport report = balance_pairs(balance);
  EXPECT_EQ(kept(), reversed);
  EXPECT_NEAR(static_cast<double>(report.stage.written), 500, 160);
  balance.seed = 1;
  balance_pairs(balance);
  EXPECT_NE(kept(), reversed);
}

TEST_F(Balance, OneTextOfAPictureIsDrawnAmongThoseWithAMatch) {
  balance_pairs(options(
      R"({"key":"k","texts":[{"text":"x"},{"text":"a \"dog\"","language":"en"}],"matches":[[],[0]]})"
      "\n",
      "[1]"));
  const Json record = Json::parse(kept());
  EXPECT_EQ(record.at("text"), "a \"dog\"");
  EXPECT_EQ(record.at("language"), "en");
}

TEST_F(Balance, CountsOfShardsAddUp) {
  BalanceOptions balance = options(R"({"text":"t","matches":[1]})"
                                   "\n",
                                   "[1,2]");
  write_file(path("more.json"), "[0,98]");
  balance.counts.push_back(path("more.json"));
  balance.threshold = 25;
  EXPECT_EQ(balance_pairs(balance).expected, 0.25);
}

TEST_F(Balance, EveryLanguageGetsTheTailShareOfTheBase) {
  BalanceOptions balance = options(R"({"text":"t","language":"de","matches":[2]})"
                                   "\n",
                                   R"({"de":[1,9,90],"en":[10,20,970]})");
  balance.threshold = 100;  // leaves en a tail of 3 %
  const BalanceReport report = balance_pairs(balance);
  ASSERT_EQ(report.languages.size(), 2U);
  EXPECT_EQ(report.languages[0].threshold, 1U);  // 1 %, the nearest to 3 of 1, 10 and 100 %
  EXPECT_EQ(report.languages[1].threshold, 100U);
}

TEST_F(Balance, CountsOfALanguageTwiceOrNestedDeepAreRefused) {
  const auto refuses = [&](const std::string& counts, const char* what) {
    const BalanceOptions balance = options(golden_matches(), counts);
    test::expect_error([&] { balance_pairs(balance); }, ErrorCode::corrupt_data, what);
  };
  refuses(R"({"en": [1], "en": [1]})", "\"en\" occurs twice");
  refuses(std::string(100'000, '['), "nested deeper than 32");
}

TEST_F(Balance, WithoutEnglishTheThresholdIsOfAllOtherLanguages) {
  BalanceOptions balance = options(R"({"text":"t","language":"en","matches":[2]})"
                                   "\n",
                                   R"({"":[10,20,970],"de":[1,9,90]})");
  balance.threshold = 100;
  const BalanceReport report = balance_pairs(balance);
  ASSERT_EQ(report.languages.size(), 2U);
  EXPECT_EQ(report.languages[0].threshold, 100U);
  EXPECT_EQ(report.languages[1].threshold, 1U);  // the nearest to a tail of 3 %
  EXPECT_THAT(report.stage.notes, ::testing::Contains(::testing::HasSubstr("none of 'en'")));
  balance.stage.overwrite = true;
  balance.threshold_language = "fr";
  test::expect_error([&] { balance_pairs(balance); }, ErrorCode::invalid_argument, "'fr'");
}

TEST_F(Balance, AScriptOfALanguageHasItsQueries) {
  BalanceOptions balance = options(R"({"text":"t","language":"zh-Hant","matches":[1]})"
                                   "\n",
                                   R"({"":[1],"zh":[1,90]})");
  balance_pairs(balance);
  EXPECT_THAT(kept(), ::testing::HasSubstr("zh-Hant"));
}

TEST(BalanceRule, TheNearestShareDecides) {
  const std::vector<std::uint64_t> counts = {40, 0, 10, 50};
  EXPECT_EQ(tail_share(counts, 50), 0.5);
  EXPECT_EQ(tail_share(counts, 51), 1.0);
  EXPECT_EQ(threshold_for(counts, 0.5), 40U);
  EXPECT_EQ(threshold_for(counts, 0.12), 10U);
  EXPECT_EQ(threshold_for(counts, 0.0), 1U);
}

TEST_F(Balance, MatchesOfAnotherListAreAnError) {
  const BalanceOptions balance = options("{\"text\":\"t\",\"matches\":[2]}\n", "[1,2]");
  test::expect_error([&] { balance_pairs(balance); }, ErrorCode::invalid_argument, "entry 2");
  EXPECT_FALSE(std::filesystem::exists(path("kept.jsonl")));
}

TEST_F(Balance, TablesAndChartsShowBeforeAndAfter) {
  BalanceOptions balance = options(R"({"text":"t","matches":[0]})"
                                   "\n",
                                   "[1,0]");
  balance.table = path("balance.tsv");
  balance.chart = path("balance.svg");
  balance_pairs(balance);
  EXPECT_EQ(read_text_file(path("balance.tsv")),
            "language\tentry\tbefore\tprobability\tafter\n\t0\t1\t1\t1\n\t1\t0\t1\t0\n");
  EXPECT_THAT(read_text_file(path("balance.svg")), ::testing::StartsWith("<svg "));
}

TEST_F(Balance, OneKeyForAllRecordsIsNoted) {
  const auto notes = [&](const char* first, const char* second) {
    std::string matches;
    for (const char* key : {first, second})
      matches += Json({{"key", key}, {"text", "t"}, {"matches", {0}}}).dump() + "\n";
    BalanceOptions balance = options(matches, "[9]");
    balance.stage.overwrite = true;
    return balance_pairs(balance).stage.notes;
  };
  EXPECT_THAT(notes("a", "b"), ::testing::IsEmpty());
  EXPECT_THAT(notes("a", "a"), ::testing::ElementsAre(::testing::HasSubstr("one key, 'a'")));
}

TEST_F(Balance, CountsOfOtherTextsAreNoted) {
  const std::string matches =
      "{\"text\":\"t\",\"matches\":[0,1]}\n{\"text\":\"u\",\"matches\":[1]}\n";
  EXPECT_THAT(balance_pairs(options(matches, "[9,2]")).stage.notes, ::testing::IsEmpty());
  BalanceOptions balance = options(matches, "[9,1]");
  balance.stage.overwrite = true;
  EXPECT_THAT(balance_pairs(balance).stage.notes,
              ::testing::ElementsAre(::testing::HasSubstr("1 queries stand in more")));
}

}  // namespace
}  // namespace diptych
