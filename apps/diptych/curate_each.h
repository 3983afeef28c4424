#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "command.h"
#include "curate.h"

// Stages with an output for each input: what is done is not done again, and several processes share
// the inputs.

/// Returns the name of an input's file without .tar, .tgz, .gz and .zst, which its outputs have; of
/// pipe:COMMAND that of the last file in the command. Throws Error(invalid_argument) when it has
/// none.
std::string name_without_packing(std::filesystem::path input);

/// Declares --each.
Option each_option(Command command, std::filesystem::path& folder);

/// What a stage does with each of its inputs.
struct EachInput {
  std::string stage;  ///< "match"
  std::vector<std::string> inputs;
  std::filesystem::path folder;
  /// What an input's outputs are called after its name, without .tar, .tgz, .gz and .zst.
  std::vector<std::string> endings;
  /// What the outputs' bytes depend on: of Command::typed.
  std::string command;
  bool json = false;  ///< whether each input's report is JSON, as of none the tally then is
};

/// An input, by its place among all, and the outputs that it lacks one of.
using WorkOnInput = std::function<StageResult(const std::filesystem::path& input, std::size_t place,
                                              const std::vector<std::filesystem::path>& outputs)>;

/// Calls `work` on each input that is this process's and lacks an output. An input whose work
/// throws is named on stderr, and the next one follows. Returns the exit status: 0 when all outputs
/// of this process are there, 1 when some are not, or nothing came of all inputs, and the first
/// error's own when none is there. Throws Error(invalid_argument) for two inputs of one name, and a
/// folder of the same stage with another command.
int for_each_input(const EachInput& each, const WorkOnInput& work);

/// Returns what was typed but for where the output is, options that change nothing in it, and
/// `inputs`, an option or argument of which more may come later; empty: none.
std::string command_without(Command command, const std::string& inputs = "");
