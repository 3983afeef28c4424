#include "apps/examples.h"

#include <optional>
#include <regex>
#include <sstream>

#include "apps/program.h"
#include "base/mapped_file.h"

namespace diptych::test {
namespace {

constexpr std::string_view kIndent = "    ";
constexpr std::string_view kPrompt = "$ ";

std::string without_blanks(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

/// The command of a line, or nothing when it shows none.
std::optional<std::string> command_in(const std::string& line) {
  static const std::regex kCommand(R"((\$ )?([a-z].* \| )?diptych .*)");
  const std::string text = without_blanks(line);
  if (!std::regex_match(text, kCommand) || text.find('[') != std::string::npos) return std::nullopt;
  return text.starts_with(kPrompt) ? text.substr(kPrompt.size()) : text;
}

/// The lines of code of a page; an empty line between blocks.
std::vector<std::string> code_lines(const std::string& page) {
  std::vector<std::string> code;
  std::istringstream lines(page);
  bool fenced = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      fenced = !fenced;
      code.emplace_back();
    } else if (fenced || line.starts_with(kIndent)) {
      code.push_back(line);
    } else {
      code.emplace_back();
    }
  }
  return code;
}

std::vector<Example> examples_in(const std::vector<std::string>& lines) {
  std::vector<Example> examples;
  bool shows_output = false;
  for (const std::string& line : lines) {
    const bool goes_on = !examples.empty() && examples.back().command.ends_with('\\');
    if (goes_on) {
      examples.back().command.pop_back();
      examples.back().command += without_blanks(line);
    } else if (const auto command = command_in(line)) {
      examples.push_back({*command, ""});
      shows_output = without_blanks(line).starts_with(kPrompt);
    } else if (line.empty()) {
      shows_output = false;
    } else if (shows_output) {
      examples.back().output += without_blanks(line) + "\n";
    }
  }
  return examples;
}

std::vector<std::string> commands_in(const std::string& help) {
  std::vector<std::string> commands;
  std::istringstream lines(help);
  const std::regex listed("  ([a-z][a-z-]*) +.*");
  bool in_list = false;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (line.ends_with("ommands:")) {
      in_list = true;
    } else if (in_list && std::regex_match(line, found, listed)) {
      commands.push_back(found[1]);
    } else if (line.empty()) {
      in_list = false;
    }
  }
  return commands;
}

}  // namespace

std::vector<Example> examples_in_page(const std::filesystem::path& page) {
  return examples_in(code_lines(read_text_file(page)));
}

std::vector<Example> examples_in_help(std::string_view help) {
  std::vector<std::string> lines;
  std::istringstream text{std::string(help)};
  for (std::string line; std::getline(text, line);)
    lines.push_back(line.starts_with("  ") ? line : "");
  std::vector<Example> examples = examples_in(lines);
  for (Example& example : examples)
    example.command = example.command.substr(0, example.command.find("  "));
  return examples;
}

std::vector<std::string> all_commands() {
  std::vector<std::string> commands;
  for (const std::string& command : commands_in(run_diptych({"--help"}).output)) {
    commands.push_back(command);
    for (const std::string& below : commands_in(run_diptych({command, "--help"}).output))
      commands.push_back(command + " " + below);
  }
  return commands;
}

}  // namespace diptych::test
