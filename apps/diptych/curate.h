#pragma once

#include <diptych/curation.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.h"
#include "json_text.h"

// What the commands of `diptych curate` share.

void add_curate_queries(Command curate);
void add_curate_extract(Command curate);
void add_curate_fingerprint(Command curate);
void add_curate_match(Command curate);
void add_curate_balance(Command curate);
void add_curate_dedup(Command curate);
void add_curate_download(Command curate);
void add_curate_score(Command curate);
void add_curate_mix(Command curate);
void add_curate_sample(Command curate);

/// How a stage ended.
struct StageResult {
  int status = 0;             ///< the exit status
  std::uint64_t written = 0;  ///< records, or samples
};

struct StageArguments {
  diptych::StageOptions stage;
  bool json = false;
};

/// Declares --threads, of a stage whose result does not depend on it.
void add_stage_threads(Command command, diptych::StageOptions& options);

/// Declares --threads, --overwrite and --json.
void add_stage_options(Command command, StageArguments& arguments);

/// Declares an option whose value is the name of a file.
Option path_option(Command command, const std::string& name, std::filesystem::path& path,
                   const std::string& description);

/// Returns what a stage read, wrote, left out and dropped.
Json stage_json(const diptych::StageReport& report);
void print_stage(const diptych::StageReport& report);

/// Prints notes and the first of what was dropped on stderr. Returns the exit status: 1 when
/// records were no good.
int finish_stage(const diptych::StageReport& report);

std::vector<std::filesystem::path> as_paths(const std::vector<std::string>& names);
