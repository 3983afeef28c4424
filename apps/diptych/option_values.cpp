#include "option_values.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>

namespace {

template <typename Number>
bool parse(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

/// Writes a whole number as CLI11 reads it: "010" is ten, not eight.
template <typename Whole>
std::string rewrite_whole(std::string& text, std::string_view expected) {
  Whole number = 0;
  if (!parse(text, number)) return not_expected(text, expected);
  text = fmt::format("{}", number);
  return {};
}

std::string rewrite_real(std::string& text) {
  double number = 0.0;
  if (!parse(text, number) || !std::isfinite(number)) return not_expected(text, "a number");
  return {};
}

void apply_number_rule(CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::function<std::string(std::string&)> rewrite;
  if (type == "INT") {
    rewrite = [](std::string& text) { return rewrite_whole<std::int64_t>(text, "a whole number"); };
  } else if (type == "UINT") {
    rewrite = [](std::string& text) {
      return rewrite_whole<std::uint64_t>(text, "a whole number from 0 on");
    };
  } else if (type == "FLOAT") {
    rewrite = rewrite_real;
  }
  if (rewrite) option.transform(CLI::Validator(rewrite, ""));
}

}  // namespace

std::string not_expected(std::string_view got, std::string_view expected) {
  return fmt::format("got {}, expected {}", got.empty() ? "an empty text" : got, expected);
}

CLI::Validator at_least(double least, double most) {
  const auto check = [least, most](std::string& text) -> std::string {
    double number = 0.0;
    if (parse(text, number) && number >= least && number <= most) return {};
    return not_expected(text, std::isfinite(most)
                                  ? fmt::format("a number from {} to {}", least, most)
                                  : fmt::format("a number from {} on", least));
  };
  return CLI::Validator(check, "");
}

CLI::Validator above_zero() {
  const auto check = [](std::string& text) -> std::string {
    double number = 0.0;
    return parse(text, number) && number > 0 ? "" : not_expected(text, "a number above 0");
  };
  return CLI::Validator(check, "");
}

std::string not_one_of(std::string_view got, const std::vector<std::string>& words) {
  return not_expected(
      got, fmt::format("{}{}", words.size() > 1 ? "one of " : "", fmt::join(words, ", ")));
}

CLI::Validator one_of(std::vector<std::string> words) {
  const auto check = [words = std::move(words)](std::string& text) -> std::string {
    const bool found = std::find(words.begin(), words.end(), text) != words.end();
    return found ? "" : not_one_of(text, words);
  };
  return CLI::Validator(check, "");
}

CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& description) {
  const auto take = [&values](const CLI::results_t& given) {
    values = given;
    return true;
  };
  constexpr int kAnyNumber = CLI::detail::expected_max_vector_size;
  const bool is_option = name.starts_with('-');
  return command.add_option(name, take, description)
      ->type_name("TEXT")
      ->expected(is_option ? 1 : kAnyNumber, kAnyNumber)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void apply_option_rules(CLI::App& app) {
  for (CLI::Option* option : app.get_options({})) {
    if (option->get_items_expected_max() == 1) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    if (option->get_items_expected_max() > 0) apply_number_rule(*option);
  }
  for (CLI::App* command : app.get_subcommands({})) apply_option_rules(*command);
}
