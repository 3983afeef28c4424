#include "arguments.h"

#include <diptych/error.h>
#include <diptych/prompts.h>
#include <fmt/core.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <optional>
#include <utility>

#include "expectation.h"
#include "nearest.h"

namespace {

[[noreturn]] void fail_usage(const CLI::App& command, const std::string& message) {
  throw diptych::Error(diptych::ErrorCode::invalid_argument,
                       fmt::format("{} (see {} --help)", message, command_line(command)));
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* choice : command.get_subcommands({})) {
    if (!choice->get_name().empty()) names.push_back(choice->get_name());
  }
  return names;
}

/// The options of a command, those of its option groups too.
std::vector<const CLI::Option*> all_options(const CLI::App& command) {
  std::vector<const CLI::Option*> options = command.get_options();
  for (const CLI::App* group : command.get_subcommands({})) {
    if (!group->get_name().empty()) continue;
    const std::vector<const CLI::Option*> more = all_options(*group);
    options.insert(options.end(), more.begin(), more.end());
  }
  return options;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : all_options(command)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

const CLI::App& choose(const CLI::App& command, const std::string& typed) {
  const std::vector<std::string> names = command_names(command);
  if (std::find(names.begin(), names.end(), typed) != names.end()) {
    return *command.get_subcommand(typed);
  }
  const auto nearest = nearest_name(typed, names);
  fail_usage(command,
             "command: " + (nearest ? not_expected(typed, *nearest) : not_one_of(typed, names)));
}

/// "--image_size" for an option "--image-size": other programs' spelling of the same name.
std::string with_dashes(const CLI::App& command, const std::string& name) {
  std::string dashed = name;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const bool is_meant = command.get_option_no_throw(name) == nullptr &&
                        command.get_option_no_throw(dashed) != nullptr;
  return is_meant ? dashed : name;
}

/// Writes the arguments of one command again, see the header.
class Rewriter {
 public:
  explicit Rewriter(const CLI::App& command) : command_(command) {
    const auto options = all_options(command);
    has_positionals_ = std::any_of(options.begin(), options.end(),
                                   [](const auto* option) { return option->get_positional(); });
  }

  std::vector<std::string> rewrite(std::vector<std::string> arguments) {
    std::size_t i = 0;
    while (i < arguments.size()) {
      const std::string& argument = arguments[i];
      if (argument == "--") break;
      if (argument.size() < 2 || argument.front() != '-') {
        result_.push_back(argument);
        ++i;
      } else {
        i = rewrite_option(arguments, i);
      }
    }
    result_.insert(result_.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                   arguments.end());
    return std::move(result_);
  }

 private:
  /// Rewrites the option at place `i` with its values; returns the place after them.
  std::size_t rewrite_option(const std::vector<std::string>& arguments, std::size_t i) {
    const std::string& argument = arguments[i];
    const std::size_t equals = argument.find('=');
    const std::string name = with_dashes(command_, argument.substr(0, equals));
    const CLI::Option& option = find(name);
    if (option.get_items_expected_max() == 0) {
      result_.push_back(name + argument.substr(std::min(equals, argument.size())));
      return i + 1;
    }
    const bool is_joined = equals != std::string::npos;
    add(name, is_joined ? argument.substr(equals + 1) : value_after(arguments, i));
    i += is_joined ? 1 : 2;
    while (i < arguments.size() && goes_on(option, arguments[i])) add(name, arguments[i++]);
    return i;
  }

  const CLI::Option& find(const std::string& name) const {
    if (const CLI::Option* option = command_.get_option_no_throw(name)) return *option;
    const auto nearest = nearest_name(name, option_names(command_));
    const bool has_commands = !command_names(command_).empty();
    fail_usage(
        command_,
        "option: " + not_expected(name, nearest        ? *nearest
                                        : has_commands ? "a command before it"
                                                       : "one of the command's; names of "
                                                         "files that start with - follow --"));
  }

  const std::string& value_after(const std::vector<std::string>& arguments, std::size_t i) const {
    const std::string name = with_dashes(command_, arguments[i]);
    if (i + 1 == arguments.size()) {
      fail_usage(command_, fmt::format("{}: got nothing, expected a value", name));
    }
    const std::string& value = arguments[i + 1];
    if (is_option(value)) {
      fail_usage(command_,
                 fmt::format("{0}: got the option {1}, expected a value; {0}={1} if it is one",
                             name, value));
    }
    return value;
  }

  bool is_option(const std::string& argument) const {
    return argument.starts_with("--") &&
           command_.get_option_no_throw(
               with_dashes(command_, argument.substr(0, argument.find('=')))) != nullptr;
  }

  bool goes_on(const CLI::Option& option, const std::string& next) const {
    if (option.get_items_expected_max() == 1 || next == "--" || is_option(next)) return false;
    if (option.check_lname("template")) return diptych::has_place_for_label(next);
    return !has_positionals_ && !(next.size() > 1 && next.front() == '-');
  }

  void add(const std::string& name, const std::string& value) {
    result_.push_back(name);
    result_.push_back(value);
  }

  const CLI::App& command_;
  bool has_positionals_ = false;
  std::vector<std::string> result_;
};

}  // namespace

std::string command_line(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : command_line(*parent) + " " + command.get_name();
}

std::vector<std::string> explicit_arguments(const CLI::App& app,
                                            const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  std::vector<std::string> result;
  std::size_t i = 0;
  for (; !command_names(*command).empty() && i < arguments.size(); ++i) {
    if (arguments[i].starts_with('-')) break;
    command = &choose(*command, arguments[i]);
    result.push_back(arguments[i]);
  }
  const std::vector<std::string> rest = Rewriter(*command).rewrite(
      {arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end()});
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}
