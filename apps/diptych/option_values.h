#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What values options take, and how CLI11 is made to say so in the one form of all errors.

/// A number of at least `least`, and at most `most`.
CLI::Validator at_least(double least, double most = std::numeric_limits<double>::infinity());
/// A number above zero.
CLI::Validator above_zero();
/// "got X, expected Y", and "got X, expected one of Y, Z".
std::string not_expected(std::string_view got, std::string_view expected);
std::string not_one_of(std::string_view got, const std::vector<std::string>& words);

/// One of a few words, each of which stands for a value.
template <typename Value>
CLI::Validator choice(std::map<std::string, Value> choices) {
  const auto choose = [choices = std::move(choices)](std::string& text) -> std::string {
    const auto chosen = choices.find(text);
    if (chosen != choices.end()) {
      text = fmt::format("{}", static_cast<int>(chosen->second));
      return {};
    }
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) words.push_back(word);
    return not_one_of(text, words);
  };
  return CLI::Validator(choose, "");
}

/// One of a few words.
CLI::Validator one_of(std::vector<std::string> words);

/// A list: an option that may be given several times, or arguments without a name. Values arrive as
/// they are, which CLI11's own lists do not grant ("{}" is an empty list there and "[a]" is "a").
CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& description);

/// For every option of the commands: given twice, the last value counts; numbers are decimal and
/// finite.
void apply_option_rules(CLI::App& app);
