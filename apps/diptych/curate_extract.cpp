#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "counted.h"
#include "curate.h"
#include "curate_each.h"
#include "inputs.h"
#include "progress.h"

namespace {

struct CurateExtractArguments {
  diptych::ExtractOptions extract;
  std::vector<std::string> inputs;
  std::filesystem::path each;
  StageArguments stage;
};

constexpr const char* kCurateExtractExamples =
    "Writes a line a picture of a page that has an alt, a title or a data-image-title:\n"
    "{\"key\", \"url\", \"page\", \"texts\"}. Damaged and cut archives are read as far as they can "
    "be,\n"
    "and what is lost is counted.\n"
    "Examples:\n"
    "  diptych curate extract pages.warc --out pairs.jsonl\n"
    "  diptych curate extract pages.warc --out clean.jsonl --blocked-words words.txt "
    "--blocked-domains domains.txt --unique-memory 64\n"
    "  diptych curate extract pages.warc --each pages-pairs";

StageResult extract(CurateExtractArguments options) {
  options.extract.stage = options.stage.stage;
  Progress progress("bytes");
  options.extract.stage.progress = progress.callback();
  const diptych::ExtractReport report = diptych::extract_pairs(options.extract);
  if (options.stage.json) {
    print_json({{"archive", stage_json(report.archive)},
                {"pictures", stage_json(report.stage)},
                {"texts", report.texts},
                {"unpacked_bytes", report.unpacked_bytes}});
  } else {
    print_line("of the archives:");
    print_stage(report.archive);
    print_line("of the pages' pictures:");
    print_stage(report.stage);
    print_line(fmt::format("{}, from {}", counted(report.texts, "text"),
                           counted(report.unpacked_bytes, "unpacked byte")));
  }
  const int status = finish_stage(report.archive);
  return {std::max(status, finish_stage(report.stage)), report.stage.written};
}

int extract_all(CurateExtractArguments options, Command command) {
  if (options.each.empty()) {
    note_repeated(options.inputs);
    options.extract.inputs = as_paths(options.inputs);
    return extract(std::move(options)).status;
  }
  options.stage.stage.is_part = true;
  return for_each_input({.stage = "extract",
                         .inputs = options.inputs,
                         .folder = options.each,
                         .endings = {".jsonl"},
                         .command = command_without(command, "INPUT"),
                         .json = options.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          options.extract.inputs = {input};
                          options.extract.out = outputs.front();
                          return extract(options);
                        });
}

}  // namespace

void add_curate_extract(Command curate) {
  auto options = std::make_shared<CurateExtractArguments>();
  const Command command =
      curate.command("extract", "Take pictures with texts out of page archives");
  command.list("INPUT", options->inputs, "WARC and WAT archives, also .gz").required();
  const Command target = command.exactly_one("Output", "where pictures go");
  path_option(target, "--out", options->extract.out, "the pictures of all, JSON Lines");
  const Option each = each_option(target, options->each);
  path_option(command, "--blocked-domains", options->extract.blocked_domains,
              "a domain a line: leave out pictures and pages there and below");
  path_option(command, "--blocked-words", options->extract.blocked_words,
              "a word or phrase a line: leave out texts with one, whatever its case");
  path_option(command, "--language-model", options->extract.language_model,
              "a fastText model that says each text's language, as lid.176.ftz; default: CLD2");
  command
      .option("--unique-memory", options->extract.unique_memory,
              "keep a picture's first page only, known by a filter of so many MiB; default: keep "
              "all")
      .at_least(1, 1 << 20)
      .excludes(each);
  add_stage_options(command, options->stage);
  command.footer(kCurateExtractExamples);
  command.runs([options, command] { return extract_all(*options, command); });
}
