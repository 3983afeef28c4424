#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

/// Returns what CLI11 found wrong, as all errors are said: "option: got X, expected Y (see diptych
/// COMMAND --help)".
std::string describe(const CLI::App& app, const CLI::ParseError& error);
