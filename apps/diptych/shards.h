#pragma once

#include <diptych/shard_tools.h>

#include <filesystem>
#include <string>
#include <vector>

#include "commands.h"
#include "curate.h"
#include "curate_each.h"

// What the commands of `diptych shards` share.

void add_shards_repack(Command shards);

/// Declares --csv-img-key, --csv-caption-key, --csv-separator and --image-root.
void add_table_options(Command command, diptych::SampleInputs& inputs);

/// Declares --per-shard.
Option add_per_shard(Command command, std::size_t& samples);

/// Returns what an output depends on: what was typed, but for where the output is and options that
/// change nothing, and the files of all sources with their sizes. For StageOptions::command.
std::string folder_command(Command command, const diptych::SampleInputs& inputs);

/// Returns the work of a stage that makes one tar of each file of all sources.
EachInput each_shard(std::string stage, const diptych::SampleInputs& inputs,
                     std::filesystem::path folder, Command command, bool json);

/// Returns the names of the files that sources name.
std::vector<std::string> shard_names(const diptych::SampleInputs& inputs);

Json samples_json(const diptych::StageReport& files, const diptych::StageReport& samples);

/// Prints what was read, written and dropped of files and of samples, notes, and the first of what
/// was dropped. Returns the exit status: 1 when something was no good.
int finish_samples(const diptych::StageReport& files, const diptych::StageReport& samples);
