#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::test {

/// A command line that a page or a help text shows.
struct Example {
  std::string command;  ///< as a shell takes it, lines joined
  std::string output;   ///< what the page shows of its standard output; empty: nothing
};

/// The examples of a Markdown page, in order: in its fenced and indented blocks, the lines that
/// begin with `diptych`, `$ diptych` or feed it through a pipe. A synopsis, which has brackets
/// around what may be left out, is none.
std::vector<Example> examples_in_page(const std::filesystem::path& page);

/// The examples of a help text: its indented lines that begin so. What follows two spaces explains
/// the example.
std::vector<Example> examples_in_help(std::string_view help);

/// The commands, and commands of commands, that help texts list: "classify", "evaluate zeroshot".
std::vector<std::string> all_commands();

}  // namespace diptych::test
