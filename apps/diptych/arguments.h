#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

/// Checks the names on the command line and makes it explicit, before CLI11 gives every option its
/// values:
///   - a command or an option that does not exist is an error, which names the nearest one;
///   - `--name=value` becomes two arguments, so that an empty value stays one;
///   - an option does not take the name of another for its value, but for `--name=--other`;
///   - a list gets its option's name before every value. Where a command has arguments without a
///     name, an option takes one value each time it is given, so that it swallows none of them;
///     only `--template` goes on for as long as values have a place for the label.
/// Throws Error(invalid_argument).
std::vector<std::string> explicit_arguments(const CLI::App& app,
                                            const std::vector<std::string>& arguments);

/// Returns the command line so far, "diptych evaluate zeroshot", of a command that was chosen.
std::string command_line(const CLI::App& command);
