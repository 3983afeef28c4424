#include <diptych/shard_tools.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "counted.h"
#include "curate.h"
#include "curate_each.h"
#include "expectation.h"
#include "inputs.h"
#include "progress.h"

namespace {

struct CurateMatchArguments {
  diptych::MatchOptions match;
  std::vector<std::string> texts;
  std::vector<std::string> languages;
  std::filesystem::path each;
  StageArguments stage;
};

constexpr const char* kCurateMatchExamples =
    "A query is found where it stands between spaces, after a space was put on both sides of each\n"
    "of , . ; : ? ! ` in the text; capitals count (MetaCLIP's rule). Texts are JSON Lines: "
    "objects\n"
    "with a \"text\", or with \"texts\", a list of such; or shards, whose captions are taken.\n"
    "Queries: a JSON array, or one a line.\n"
    "Examples:\n"
    "  diptych curate match --entries queries.txt --texts texts.jsonl --out found.jsonl "
    "--counts found.json\n"
    "  diptych curate match --entries queries.txt --language-entries zh=queries-zh.txt "
    "--texts texts.jsonl --out multilingual.jsonl";

std::map<std::string, std::filesystem::path> language_entries(
    const std::vector<std::string>& given) {
  std::map<std::string, std::filesystem::path> entries;
  for (const std::string& value : given) {
    const std::size_t equals = value.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           "--language-entries: " + not_expected(value, "LANGUAGE=FILE"));
    }
    const std::string language = value.substr(0, equals);
    if (entries.emplace(language, value.substr(equals + 1)).second) continue;
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("--language-entries: got two files for {}, expected one", language));
  }
  return entries;
}

void print_report(const diptych::MatchReport& report) {
  print_stage(report.stage);
  print_line(fmt::format("{} in {} of {}", counted(report.matches, "match"),
                         report.texts_with_match, counted(report.texts, "text")));
  print_line(fmt::format("{} of {} queries found; {} can never be, for a mark within them",
                         report.entries - report.unmatched_entries, report.entries,
                         report.dead_entries));
}

StageResult match(CurateMatchArguments options) {
  options.match.language_entries = language_entries(options.languages);
  options.match.stage = options.stage.stage;
  Progress progress("bytes");
  options.match.stage.progress = progress.callback();
  const diptych::MatchReport report = diptych::match_texts(options.match);
  if (options.stage.json) {
    Json json = stage_json(report.stage);
    json["texts"] = report.texts;
    json["texts_with_match"] = report.texts_with_match;
    json["matches"] = report.matches;
    json["entries"] = report.entries;
    json["unmatched_entries"] = report.unmatched_entries;
    json["dead_entries"] = report.dead_entries;
    print_json(json);
  } else {
    print_report(report);
  }
  const int status = finish_stage(report.stage);
  if (report.matches > 0 || options.match.stage.is_part) return {status, report.texts_with_match};
  return {report_nothing_found(
              fmt::format("queries: got none of {} that stands in a text, expected some",
                          report.entries),
              status),
          0};
}

/// The files that --texts names: folders and globs of shards, and ranges in braces, stand for
/// several.
std::vector<std::string> text_files(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& name : given) {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(name, ignored);
    const bool is_one = !is_folder && std::filesystem::exists(name, ignored);
    const bool is_several = is_folder || name.find_first_of("*?[{") != std::string::npos;
    if (name.starts_with("pipe:") || is_one || !is_several) {
      files.push_back(name);
      continue;
    }
    for (const std::filesystem::path& file : diptych::sample_files({.sources = {name}}))
      files.push_back(file.string());
  }
  return files;
}

int match_all(CurateMatchArguments options, Command command) {
  options.texts = text_files(options.texts);
  note_repeated(options.texts);
  if (options.each.empty()) {
    options.match.texts = as_paths(options.texts);
    return match(std::move(options)).status;
  }
  // One of the two outputs may be of a run that ended between them.
  options.stage.stage.overwrite = true;
  options.stage.stage.is_part = true;
  return for_each_input({.stage = "match",
                         .inputs = options.texts,
                         .folder = options.each,
                         .endings = {".matches.jsonl", ".counts.json"},
                         .command = command_without(command, "--texts"),
                         .json = options.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          options.match.texts = {input};
                          options.match.out = outputs[0];
                          options.match.counts = outputs[1];
                          return match(options);
                        });
}

}  // namespace

void add_curate_match(Command curate) {
  auto options = std::make_shared<CurateMatchArguments>();
  const Command command = curate.command("match", "Find which queries stand in texts");
  path_option(command, "--entries", options->match.entries,
              "the queries, or an automaton that --save wrote");
  command.list("--language-entries", options->languages,
               "LANGUAGE=FILE: the queries for texts whose \"language\" is that");
  command
      .list("--texts", options->texts,
            "JSON Lines, also .gz or .zst; shards, folders of shards, tables")
      .required();
  command.option("--json-text-key", options->match.json_text_key,
                 "where captions of shards are in the json part; default: in the txt part");
  const Command target = command.exactly_one("Output", "where matches go");
  path_option(target, "--out", options->match.out, "the texts with their matches");
  const Option each = each_option(target, options->each);
  path_option(command, "--counts", options->match.counts, "how many texts each query matched")
      .excludes(each);
  path_option(command, "--save", options->match.save,
              "keep the automaton in this file, to be mapped by later runs");
  command.flag("--ignore-case", options->match.fold_case, "letters match whatever their case");
  command.flag("--space-entries", options->match.space_entries,
               "put spaces around the marks of queries too, so that \"U.S.\" can be found");
  add_stage_options(command, options->stage);
  command.footer(kCurateMatchExamples);
  command.runs([options, command] { return match_all(*options, command); });
}
