#include <diptych/prompts.h>
#include <diptych/queries.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "curate.h"
#include "inputs.h"
#include "progress.h"

namespace {

struct CurateQueriesArguments {
  diptych::QueryOptions queries;
  std::vector<std::string> lists;
  std::vector<std::string> dumps;
  std::vector<std::string> pageviews;
  bool no_numbers = false;
  StageArguments stage;
};

constexpr const char* kCurateQueriesExamples =
    "Sources come in MetaCLIP's order: lists of one's own, 0 to 99, WordNet's synsets, "
    "Wikipedia's\n"
    "words, pairs of words and much-read titles; what a source before has is not taken again.\n"
    "Examples:\n"
    "  diptych curate queries --list queries.txt --out all-queries.txt\n"
    "  diptych curate queries --wikipedia dump.xml --words-at-least 1 --pmi 1 --out frequent.txt";

Json sources_json(const diptych::QueryReport& report) {
  Json list = Json::array();
  for (const diptych::QuerySource& source : report.sources) {
    list.push_back({{"source", source.name},
                    {"found", source.found},
                    {"enough", source.enough},
                    {"known", source.known},
                    {"written", source.written},
                    {"least", source.least}});
  }
  return list;
}

void print_report(const diptych::QueryReport& report) {
  for (const diptych::QuerySource& source : report.sources) {
    print_line(fmt::format("{}: {} found, {} enough (from {:g} on), {} known before, {} written",
                           printable(source.name), source.found, source.enough, source.least,
                           source.known, source.written));
  }
  print_line(fmt::format("{} queries", report.written));
  if (report.pages.read > 0) {
    print_line(fmt::format("{} words in the articles of the dumps:", report.words));
    print_stage(report.pages);
  }
  if (report.rows.read > 0) {
    print_line("rows of pageviews:");
    print_stage(report.rows);
  }
}

/// Bounds of sources that there are not.
void check_used(const CurateQueriesArguments& options, Command command) {
  const bool has_dumps = !options.dumps.empty();
  const bool has_views = !options.pageviews.empty();
  if (!has_dumps) {
    command.refuse_unused(
        {"--words-at-least", "--pmi", "--pairs-at-least", "--max-words", "--max-pairs"},
        "--wikipedia");
  }
  if (!has_views) command.refuse_unused({"--hour-views", "--views", "--max-titles"}, "--pageviews");
  if (!has_dumps && !has_views)
    command.refuse_unused({"--language", "--worldwide", "--memory"}, "--wikipedia or --pageviews");
}

/// Lists that are something else; JSON arrays are read as such.
void note_lists(const std::vector<std::string>& lists) {
  for (const std::string& list : lists) {
    if (list.starts_with("pipe:")) continue;  // its command is run once
    const std::vector<std::string> lines = read_lines(list);
    if (!lines.empty() && trim(lines.front()).starts_with('[')) continue;
    for (const std::string& note : diptych::line_notes("query", lines))
      print_note(fmt::format("{} ({})", note, list));
  }
}

int queries(CurateQueriesArguments options, Command command) {
  check_used(options, command);
  note_repeated(options.lists);

  options.queries.lists = as_paths(options.lists);
  options.queries.dumps = as_paths(options.dumps);
  options.queries.pageviews = as_paths(options.pageviews);
  options.queries.numbers = !options.no_numbers;
  options.queries.stage = options.stage.stage;
  Progress progress("bytes");
  options.queries.stage.progress = progress.callback();
  const diptych::QueryReport report = diptych::make_queries(options.queries);
  if (options.stage.json) {
    print_json({{"queries", report.written},
                {"sources", sources_json(report)},
                {"words", report.words},
                {"pages", stage_json(report.pages)},
                {"rows", stage_json(report.rows)}});
  } else {
    print_report(report);
  }
  note_lists(options.lists);
  const int status = finish_stage(report.pages);
  return std::max(status, finish_stage(report.rows));
}

void add_bounds(Command command, diptych::QueryOptions& queries) {
  command.option("--words-at-least", queries.least_words, "how often a word stands in the dumps")
      .at_least(1)
      .show_default();
  command
      .option("--pmi", queries.least_information,
              "least pointwise mutual information of a pair of words, in bits")
      .show_default();
  command.option("--pairs-at-least", queries.least_pairs, "how often a pair stands in the dumps")
      .at_least(1)
      .show_default();
  command
      .option("--hour-views", queries.least_views_an_hour, "views of a title that count in an hour")
      .show_default();
  command.option("--views", queries.least_views, "views of a title in all hours").show_default();
  command.option("--max-words", queries.most_words, "most words; default: any number").at_least(1);
  command.option("--max-pairs", queries.most_pairs, "most pairs; default: any number").at_least(1);
  command.option("--max-titles", queries.most_titles, "most titles; default: any number")
      .at_least(1);
  command.flag("--worldwide", queries.worldwide,
               "MetaCLIP 2's bounds instead of these: a tenth of the words, 40 % as many pairs, "
               "76 % of the titles");
  command.option("--max", queries.most, "queries at which it stops").at_least(1).show_default();
}

}  // namespace

void add_curate_queries(Command curate) {
  auto options = std::make_shared<CurateQueriesArguments>();
  const Command command =
      curate.command("queries", "Make a list of queries from Wikipedia, WordNet and lists");
  diptych::QueryOptions& queries_options = options->queries;
  command.list("--list", options->lists, "queries of one's own, one a line or a JSON array");
  command.flag("--no-numbers", options->no_numbers, "leave out 0 to 99");
  path_option(command, "--wordnet", queries_options.wordnet,
              "a folder with WordNet's data.noun ...");
  command.list("--wikipedia", options->dumps,
               "pages-articles dumps, .xml, also .bz2, .xz, .gz or .zst");
  command.list("--pageviews", options->pageviews, "Wikimedia's pageviews of an hour, also .gz");
  command
      .option("--language", queries_options.language,
              "code of the language: how words are cut, whose pageviews count")
      .show_default();
  path_option(command, "--out", queries_options.out, "the queries, one a line").required();
  add_bounds(command, queries_options);
  command.option("--memory", queries_options.memory, "MiB for counting, the rest goes to $TMPDIR")
      .at_least(1, 1 << 20)
      .show_default();
  command.flag("--overwrite", options->stage.stage.overwrite,
               "replace outputs that are there already");
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.footer(kCurateQueriesExamples);
  command.runs([options, command] { return queries(*options, command); });
}
