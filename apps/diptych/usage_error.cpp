#include "usage_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "expectation.h"

namespace {

using Names = std::vector<std::string>;

std::string missing_option(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_required() && option->count() == 0) {
      return fmt::format("{}: got nothing, expected {}", option->get_name(),
                         option->get_description());
    }
  }
  return {};
}

/// What is wrong with a group that wants one of its options, or at most one.
std::string group_problem(const CLI::App& group) {
  Names names;
  Names given;
  for (const CLI::Option* option : group.get_options()) {
    if (option == group.get_help_ptr()) continue;
    names.push_back(option->get_name());
    if (option->count() > 0) given.push_back(option->get_name());
  }
  if (given.empty() && group.get_require_option_min() > 0) {
    return fmt::format("{}: got nothing, expected {}", names.front(), fmt::join(names, " or "));
  }
  if (given.size() > group.get_require_option_max() && group.get_require_option_max() > 0) {
    return fmt::format("{}: got {} too, expected one of them", given.back(), given.front());
  }
  return {};
}

std::string requirement_problem(const CLI::App& command) {
  Names choices;
  for (const CLI::App* below : command.get_subcommands({})) {
    if (below->get_name().empty()) {
      const std::string problem = group_problem(*below);
      if (!problem.empty()) return problem;
    } else {
      choices.push_back(below->get_name());
    }
  }
  if (!choices.empty()) {
    return "command: " + not_one_of("none", choices);
  }
  return missing_option(command);
}

std::string extras_problem(const CLI::App& app, const CLI::App& command) {
  Names names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) names.push_back(option->get_name());
  }
  return fmt::format(
      "arguments: got also {}, expected {}", fmt::join(app.remaining(/*recurse=*/true), " "),
      names.empty() ? "options only" : fmt::format("{} alone", fmt::join(names, " ")));
}

/// "A<between>B" as "A: got <got>B<rest>"; nothing for a text without `between`.
std::string reword(std::string_view text, std::string_view between, std::string_view got,
                   std::string_view rest) {
  const std::size_t at = text.find(between);
  if (at == std::string_view::npos) return {};
  return fmt::format("{}: got {}{}{}", text.substr(0, at), got, text.substr(at + between.size()),
                     rest);
}

std::string problem(const CLI::App& app, const CLI::App& command, const CLI::ParseError& error) {
  std::string_view text = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return extras_problem(app, command);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return requirement_problem(command);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    return reword(text, " excludes ", "", " too, expected one of them");
  }
  if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr) {
    return reword(text, " requires ", "no ", ", expected it too");
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    constexpr std::string_view kPrefix = "Could not convert: ";
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    return reword(text, " = ", "", ", expected a value in its range");
  }
  return {};
}

}  // namespace

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const std::string found = problem(app, *command, error);
  return fmt::format("{} (see {} --help)", found.empty() ? error.what() : found,
                     command_line(*command));
}
