#include "curate.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "console.h"
#include "counted.h"

namespace {

Json reasons_json(const std::map<std::string, diptych::Dropped>& reasons) {
  Json json = Json::object();
  for (const auto& [reason, dropped] : reasons) json[reason] = dropped.count;
  return json;
}

}  // namespace

void add_stage_threads(Command command, diptych::StageOptions& options) {
  command
      .option("--threads", options.threads,
              "threads that work; default: one for each CPU. Changes no result")
      .at_least(1, 1024);
}

void add_stage_options(Command command, StageArguments& arguments) {
  add_stage_threads(command, arguments.stage);
  command.flag("--overwrite", arguments.stage.overwrite, "replace outputs that are there already");
  command.flag("--json", arguments.json, "print the report as JSON");
}

Option path_option(Command command, const std::string& name, std::filesystem::path& path,
                   const std::string& description) {
  return command.option(
      name, [&path](const std::string& text) { path = text; }, description);
}

Json stage_json(const diptych::StageReport& report) {
  return {{"read", report.read},
          {"written", report.written},
          {"left_out", reasons_json(report.left_out)},
          {"dropped", reasons_json(report.dropped)}};
}

void print_stage(const diptych::StageReport& report) {
  print_line(fmt::format("{} read, {} written", counted(report.read, "record"), report.written));
  for (const auto& [reason, left_out] : report.left_out) {
    print_line(fmt::format("  {} left out: {}", left_out.count, reason));
  }
  for (const auto& [reason, dropped] : report.dropped) {
    print_line(fmt::format("  {} dropped: {}", dropped.count, reason));
  }
}

int finish_stage(const diptych::StageReport& report) {
  for (const std::string& note : report.notes) print_note(note);
  for (const auto& [reason, dropped] : report.dropped) {
    for (const std::string& example : dropped.examples) print_error(example);
    if (dropped.count > dropped.examples.size()) {
      print_error(fmt::format("{}{}: {}", dropped.count - dropped.examples.size(),
                              dropped.examples.empty() ? "" : " more", reason));
    }
  }
  return report.dropped.empty() ? 0 : 1;
}

std::vector<std::filesystem::path> as_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

void add_curate(Command program) {
  const Command curate = program.command(
      "curate", "Make a balanced data set: from page archives to pairs of picture and text");
  curate.footer(
      "Example:\n  diptych curate match --entries queries.txt --texts texts.jsonl --out "
      "found.jsonl");
  add_curate_queries(curate);
  add_curate_extract(curate);
  add_curate_match(curate);
  add_curate_balance(curate);
  add_curate_download(curate);
  add_curate_fingerprint(curate);
  add_curate_dedup(curate);
  add_curate_score(curate);
  add_curate_mix(curate);
  add_curate_sample(curate);
}
