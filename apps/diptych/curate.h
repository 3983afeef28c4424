#pragma once

#include <diptych/curation.h>

#include <filesystem>
#include <string>
#include <vector>

#include "command.h"
#include "json_text.h"

// What the commands of `diptych curate` share.

void add_curate_extract(CLI::App& curate, Action& action);
void add_curate_match(CLI::App& curate, Action& action);
void add_curate_balance(CLI::App& curate, Action& action);

struct StageArguments {
  diptych::StageOptions stage;
  bool json = false;
};

/// --threads, --overwrite and --json.
void add_stage_options(CLI::App& command, StageArguments& arguments);

/// What a stage read, wrote, left out and dropped.
Json stage_json(const diptych::StageReport& report);
void print_stage(const diptych::StageReport& report);

/// Prints notes and the first of what was dropped on stderr. Returns the exit status: 1 when
/// records were no good.
int finish_stage(const diptych::StageReport& report);

std::vector<std::filesystem::path> as_paths(const std::vector<std::string>& names);
