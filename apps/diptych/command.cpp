#include "command.h"

#include <diptych/error.h>
#include <diptych/picture_files.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "arguments.h"
#include "console.h"
#include "expectation.h"
#include "usage_error.h"

namespace {

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

/// Writes a whole number as CLI11 reads it: "010" is ten, not eight.
template <typename Whole>
std::string rewrite_whole(std::string& text, std::string_view expected) {
  Whole number = 0;
  if (!parse_number(text, number)) return not_expected(text, expected);
  text = fmt::format("{}", number);
  return {};
}

std::string rewrite_signed(std::string& text) {
  return rewrite_whole<std::int64_t>(text, "a whole number");
}

std::string rewrite_unsigned(std::string& text) {
  return rewrite_whole<std::uint64_t>(text, "a whole number from 0 on");
}

std::string check_finite(std::string& text) {
  double number = 0.0;
  const bool is_good = parse_number(text, number) && std::isfinite(number);
  return is_good ? "" : not_expected(text, "a number");
}

/// The last of several values counts.
CLI::Option& single(CLI::Option* option) {
  return *option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// An empty text is most often a shell's variable that is not set.
CLI::Option& not_empty(CLI::Option& option) {
  const auto check = [](const std::string& text) {
    return text.empty() ? not_expected(text, "a value") : "";
  };
  return *option.check(CLI::Validator(check, ""));
}

/// An option for a number, which `rewrite` checks and writes as CLI11 reads it.
CLI::Option& number(CLI::Option* option, std::string (*rewrite)(std::string& text)) {
  return *single(option).transform(CLI::Validator(rewrite, ""));
}

/// A value as it was typed, and of a file what its content is known by.
std::string typed_value(const std::string& value) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;
  std::error_code error;
  if (!std::filesystem::is_regular_file(value, error)) return value;
  return fmt::format("{} ({} bytes, {:016x})", value, std::filesystem::file_size(value, error),
                     diptych::beginning_hash(value, kMostBytes));
}

/// Of an option that was given several times with different values the last counts.
void note_replaced_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string>& values = option->results();
    const bool takes_last = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeLast;
    if (!takes_last || option->get_items_expected_max() == 0 || values.size() < 2) continue;
    if (std::count(values.begin(), values.end(), values.back()) == std::ssize(values)) continue;
    print_note(fmt::format("{} is given {} times, and '{}' counts alone", option->get_name(),
                           values.size(), values.back()));
  }
  for (const CLI::App* part : app.get_subcommands(
           [](const CLI::App* part) { return part->get_name().empty() || part->parsed(); }))
    note_replaced_values(*part);
}

void append_typed(const CLI::App& app, const std::vector<std::string>& but, std::string& text) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::find(but.begin(), but.end(), name) != but.end()) continue;
    text += name;
    for (const std::string& value : option->results()) text += " " + typed_value(value);
    text += '\n';
  }
  // Groups of options have no name.
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* part) { return part->get_name().empty(); }))
    append_typed(*group, but, text);
}

}  // namespace

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option Option::at_least(double least, double most) {
  const auto is_good = [least, most](const std::string& text) {
    double number = 0.0;
    return parse_number(text, number) && number >= least && number <= most;
  };
  return check(is_good, std::isfinite(most) ? fmt::format("a number from {} to {}", least, most)
                                            : fmt::format("a number from {} on", least));
}

Option Option::above_zero() {
  const auto is_good = [](const std::string& text) {
    double number = 0.0;
    return parse_number(text, number) && number > 0;
  };
  return check(is_good, "a number above 0");
}

Option Option::one_of(std::vector<std::string> words) {
  std::string expected = list_of_words(words);
  const auto is_good = [words = std::move(words)](const std::string& text) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  return check(is_good, std::move(expected));
}

Option Option::check(std::function<bool(const std::string& text)> is_good, std::string expected) {
  const auto check = [is_good = std::move(is_good),
                      expected = std::move(expected)](std::string& text) {
    return is_good(text) ? "" : not_expected(text, expected);
  };
  option_->check(CLI::Validator(check, ""));
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option Option::show_default(const std::string& text) {
  option_->default_str(text);
  return *this;
}

Option Option::heading(const std::string& heading) {
  option_->group(heading);
  return *this;
}

std::optional<std::string> Option::given() const {
  if (option_->count() == 0) return std::nullopt;
  return option_->results().back();
}

Command Command::command(const std::string& name, const std::string& description) const {
  app_->require_subcommand(1);
  return {*app_->add_subcommand(name, description), *action_};
}

Command Command::exactly_one(const std::string& name, const std::string& description) const {
  CLI::App* group = app_->add_option_group(name, description);
  return {*group->require_option(1), *action_};
}

Command Command::at_most_one(const std::string& name, const std::string& description) const {
  CLI::App* group = app_->add_option_group(name, description);
  return {*group->require_option(0, 1), *action_};
}

Option Command::option(const std::string& name, std::string& value,
                       const std::string& description) const {
  return Option(not_empty(single(app_->add_option(name, value, description))));
}

Option Command::option(const std::string& name, int& value, const std::string& description) const {
  return Option(number(app_->add_option(name, value, description), rewrite_signed));
}

Option Command::option(const std::string& name, std::uint64_t& value,
                       const std::string& description) const {
  return Option(number(app_->add_option(name, value, description), rewrite_unsigned));
}

Option Command::option(const std::string& name, float& value,
                       const std::string& description) const {
  return Option(number(app_->add_option(name, value, description), check_finite));
}

Option Command::option(const std::string& name, double& value,
                       const std::string& description) const {
  return Option(number(app_->add_option(name, value, description), check_finite));
}

Option Command::option(const std::string& name, std::optional<int>& value,
                       const std::string& description) const {
  return Option(number(app_->add_option(name, value, description), rewrite_signed));
}

Option Command::option(const std::string& name, std::optional<std::string>& value,
                       const std::string& description) const {
  return Option(not_empty(single(app_->add_option(name, value, description))));
}

Option Command::option(const std::string& name, std::function<void(const std::string& text)> take,
                       const std::string& description) const {
  return Option(single(app_->add_option_function<std::string>(name, take, description)));
}

Option Command::option(const std::string& name, const std::string& description) const {
  return Option(single(app_->add_option(name, description)->type_name("")->expected(1)));
}

Option Command::choice(const std::string& name, std::vector<std::string> words,
                       std::function<void(const std::string& word)> choose, const std::string& kind,
                       const std::string& description) const {
  CLI::Option* option = app_->add_option_function<std::string>(name, choose, description);
  return Option(single(option->type_name(kind))).one_of(std::move(words));
}

Option Command::list(const std::string& name, std::vector<std::string>& values,
                     const std::string& description) const {
  // CLI11's own lists take "{}" for an empty one and "[a]" for "a".
  const auto take = [&values](const CLI::results_t& given) {
    values = given;
    return true;
  };
  constexpr int kAnyNumber = CLI::detail::expected_max_vector_size;
  const bool is_option = name.starts_with('-');
  return Option(not_empty(*app_->add_option(name, take, description)
                               ->type_name("TEXT")
                               ->expected(is_option ? 1 : kAnyNumber, kAnyNumber)
                               ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)));
}

Option Command::flag(const std::string& name, bool& value, const std::string& description) const {
  return Option(*app_->add_flag(name, value, description));
}

Option Command::flag(const std::string& names, std::optional<bool>& value,
                     const std::string& description) const {
  // CLI11's flag over an optional counts as given, with false, where it is not.
  const auto take = [&value](std::int64_t count) { value = count > 0; };
  return Option(*app_->add_flag_function(names, take, description));
}

Option Command::flag(const std::string& name, std::function<void()> when_given,
                     const std::string& description) const {
  return Option(*app_->add_flag_callback(name, std::move(when_given), description));
}

Option Command::flag(const std::string& name, const std::string& description) const {
  return Option(*app_->add_flag(name, description));
}

std::string Command::typed(const std::vector<std::string>& but) const {
  std::string text = app_->get_name() + "\n";
  append_typed(*app_, but, text);
  return text;
}

void Command::refuse_unused(const std::vector<std::string>& options,
                            std::string_view needed) const {
  for (const std::string& name : options) {
    if (app_->get_option(name)->count() == 0) continue;
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("{}: expected {} with it: alone it changes nothing", name, needed));
  }
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::runs(Action action) const {
  app_->callback([action = std::move(action), chosen = action_] { *chosen = action; });
}

Program::Program(const std::string& name, const std::string& description,
                 const std::string& version)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("--version", version);
}

Program::~Program() = default;

Command Program::root() {
  return {*app_, action_};
}

Action Program::parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> last_first = explicit_arguments(*app_, arguments);
  std::reverse(last_first.begin(), last_first.end());
  const auto print = [](const std::string& text) {
    print_text(text);
    return 0;
  };
  try {
    app_->parse(std::move(last_first));
    note_replaced_values(*app_);
    return action_;
  } catch (const CLI::CallForVersion& version) {
    return [print, text = std::string(version.what()) + "\n"] { return print(text); };
  } catch (const CLI::Success&) {
    return [print, text = app_->help()] { return print(text); };
  } catch (const CLI::ParseError& error) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument, describe(*app_, error));
  }
}
