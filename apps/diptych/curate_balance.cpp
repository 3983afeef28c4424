#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "curate.h"
#include "curate_each.h"
#include "inputs.h"
#include "progress.h"

namespace {

struct CurateBalanceArguments {
  diptych::BalanceOptions balance;
  std::vector<std::string> matches;
  std::vector<std::string> counts;
  std::filesystem::path each;
  StageArguments stage;
  bool names_language = false;  ///< that the threshold is for
};

constexpr const char* kCurateBalanceExamples =
    "A text is kept with 1 - prod(1 - t / max(count, t)) over the queries it matches; of a\n"
    "picture's texts one is drawn first. Draws are a hash of the seed and the record's \"key\", "
    "so\n"
    "that they depend on no order. Several --counts are added up.\n"
    "Examples:\n"
    "  diptych curate balance --matches matches.jsonl --counts counts.json --t 20 --seed 1 --out "
    "kept.jsonl\n"
    "  diptych curate balance --matches matches.jsonl --counts counts.json --tail-share 0.06 "
    "--out kept-tail.jsonl --probabilities keep.npy --table balance.tsv --chart balance.svg";

Json languages_json(const diptych::BalanceReport& report) {
  Json list = Json::array();
  for (const diptych::BalancedEntries& entries : report.languages) {
    list.push_back({{"language", entries.language},
                    {"t", entries.threshold},
                    {"entries", entries.entries},
                    {"head_entries", entries.head_entries},
                    {"matches_before", entries.matches_before},
                    {"matches_after", entries.matches_after},
                    {"tail_share_before", entries.tail_share_before},
                    {"tail_share_after", entries.tail_share_after}});
  }
  return list;
}

void print_report(const diptych::BalanceReport& report) {
  print_stage(report.stage);
  print_line(fmt::format("{:.1f} expected to be kept", report.expected));
  for (const diptych::BalancedEntries& entries : report.languages) {
    print_line(fmt::format(
        "{}t {}: {} of {} queries at or above it; share of the others' matches {:.2f} % before, "
        "{:.2f} % after ({} and {} matches)",
        entries.language.empty() ? "" : entries.language + ": ", entries.threshold,
        entries.head_entries, entries.entries, 100 * entries.tail_share_before,
        100 * entries.tail_share_after, entries.matches_before, entries.matches_after));
  }
}

/// How --t-language names the list for texts in languages that have none of their own.
constexpr const char* kOtherLanguages = "others";

StageResult balance(CurateBalanceArguments options) {
  if (options.balance.threshold_language == kOtherLanguages)
    options.balance.threshold_language.clear();
  options.balance.counts = as_paths(options.counts);
  options.balance.stage = options.stage.stage;
  Progress progress("bytes");
  options.balance.stage.progress = progress.callback();
  const diptych::BalanceReport report = diptych::balance_pairs(options.balance);
  if (options.stage.json) {
    Json json = stage_json(report.stage);
    json["expected"] = report.expected;
    json["languages"] = languages_json(report);
    print_json(json);
  } else {
    print_report(report);
  }
  const bool is_one_list = report.languages.size() == 1 && report.languages[0].language.empty();
  if (options.names_language && is_one_list)
    print_note("--t-language is not used: the counts are of one list, not by language");
  return {finish_stage(report.stage), report.stage.written};
}

int balance_all(CurateBalanceArguments options, Command command) {
  note_repeated(options.counts);
  note_repeated(options.matches);
  if (options.each.empty()) {
    options.balance.matches = as_paths(options.matches);
    return balance(std::move(options)).status;
  }
  options.stage.stage.is_part = true;
  return for_each_input({.stage = "balance",
                         .inputs = options.matches,
                         .folder = options.each,
                         .endings = {".kept.jsonl"},
                         .command = command_without(command, "--matches"),
                         .json = options.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          options.balance.matches = {input};
                          options.balance.out = outputs.front();
                          return balance(options);
                        });
}

}  // namespace

void add_curate_balance(Command curate) {
  auto options = std::make_shared<CurateBalanceArguments>();
  diptych::BalanceOptions& balance_options = options->balance;
  const Command command =
      curate.command("balance", "Keep at most some t texts of each query, by draws");
  command.list("--matches", options->matches, "what curate match wrote").required();
  command.list("--counts", options->counts, "its counts; several are added up").required();
  const Command threshold = command.at_most_one("threshold", "at most one of the two");
  threshold
      .option("--t", balance_options.threshold,
              "texts that a query keeps on average; default: 20000")
      .at_least(1);
  threshold
      .option("--tail-share", balance_options.tail_share,
              "t from the share of all matches that rarer queries have, 0 to 1")
      .at_least(0, 1);
  const Option language =
      command.option("--t-language", balance_options.threshold_language,
                     "the language that --t is for, where counts are by language; 'others': the "
                     "queries of --entries. Default: en, or others when en has no counts");
  command.option("--seed", balance_options.seed, "of the draws; default: 0");
  const Command target = command.exactly_one("Output", "where records go");
  path_option(target, "--out", balance_options.out, "the records that are kept");
  const Option each = each_option(target, options->each);
  path_option(command, "--probabilities", balance_options.probabilities,
              "a .npy file of float64: each text's probability to be kept")
      .excludes(each);
  path_option(command, "--table", balance_options.table,
              "a TSV table of each query's matches before and after")
      .excludes(each);
  path_option(command, "--chart", balance_options.chart, "an SVG chart of the same").excludes(each);
  add_stage_options(command, options->stage);
  command.footer(kCurateBalanceExamples);
  command.runs([options, command, language] {
    options->names_language = language.given().has_value();
    return balance_all(*options, command);
  });
}
