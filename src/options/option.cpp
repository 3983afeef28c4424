#include "options/option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace diptych::options {
namespace {

/// What an option that holds a T accepts, in words.
template <typename T>
constexpr std::string_view kKind = "text";
template <>
constexpr std::string_view kKind<bool> = "true or false";
template <>
constexpr std::string_view kKind<int> = "a whole number";
template <>
constexpr std::string_view kKind<std::uint64_t> = "a whole number";
template <>
constexpr std::string_view kKind<double> = "a number";
template <>
constexpr std::string_view kKind<char> = "one character, or \\t";
template <>
constexpr std::string_view kKind<Colour> = "R,G,B, each 0 to 255";
template <>
constexpr std::string_view kKind<Interpolation> = "bilinear or bicubic";
template <>
constexpr std::string_view kKind<TrainPrecision> = "fp32 or amp_bf16";

template <typename Number>
bool parse_number(std::string_view text, Number& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse(std::string_view text, int& value) {
  return parse_number(text, value);
}
bool parse(std::string_view text, std::uint64_t& value) {
  return parse_number(text, value);
}
bool parse(std::string_view text, double& value) {
  return parse_number(text, value);
}

bool parse(std::string_view text, bool& value) {
  value = text == "true";
  return value || text == "false";
}

bool parse(std::string_view text, char& value) {
  if (text.size() > 1 && text != "\\t") return false;
  value = text.empty() ? '\0' : text == "\\t" ? '\t' : text.front();
  return true;
}

bool parse(std::string_view text, std::string& value) {
  value = text;
  return value.find('\0') == std::string::npos;
}

bool parse(std::string_view text, std::filesystem::path& value) {
  value = text;
  return text.find('\0') == std::string_view::npos;
}

bool parse(std::string_view text, Colour& value) {
  value.reset();
  if (text.empty()) return true;
  std::array<std::uint8_t, 3> colour{};
  for (std::size_t i = 0; i < colour.size(); ++i) {
    const std::size_t comma = i + 1 < colour.size() ? text.find(',') : text.size();
    if (comma == std::string_view::npos || !parse_number(text.substr(0, comma), colour[i]))
      return false;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  value = colour;
  return true;
}

bool parse(std::string_view text, Interpolation& value) {
  value = text == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
  return text == "bicubic" || text == "bilinear";
}

bool parse(std::string_view text, TrainPrecision& value) {
  value = text == "amp_bf16" ? TrainPrecision::amp_bf16 : TrainPrecision::fp32;
  return text == "amp_bf16" || text == "fp32";
}

template <typename Value>
std::string format(const Value& value) {
  return fmt::format("{}", value);
}
std::string format(char value) {
  return value == '\0' ? "" : value == '\t' ? "\\t" : std::string(1, value);
}
std::string format(const std::filesystem::path& value) {
  return value.string();
}
std::string format(const Colour& value) {
  return value ? fmt::format("{}", fmt::join(*value, ",")) : "";
}
std::string format(Interpolation value) {
  return value == Interpolation::bicubic ? "bicubic" : "bilinear";
}
std::string format(TrainPrecision value) {
  return value == TrainPrecision::amp_bf16 ? "amp_bf16" : "fp32";
}

[[noreturn]] void refuse(const OptionSpec& option, std::string_view got) {
  fail(ErrorCode::invalid_argument, "train: {}: got '{}', expected {}", option.name, got,
       option.accepted());
}

/// Calls `use` with the value.
template <typename Use>
auto visit(const OptionSpec& option, const TrainOptions& options, Use use) {
  // The place of a value is one for reading and writing; nothing is written here.
  auto& writable = const_cast<TrainOptions&>(options);
  return std::visit([&](auto* place) { return use(place(writable)); }, option.place);
}

}  // namespace

bool Range::contains(double value) const {
  if (!std::isfinite(value)) return false;
  return (without_low ? value > low : value >= low) &&
         (without_high ? value < high : value <= high);
}

std::string Range::description() const {
  constexpr Range kAny;
  const bool has_low = low != kAny.low;
  const bool has_high = high != kAny.high;
  const std::string top = fmt::format("{}{}", without_high ? "below " : "", high);
  if (has_low && has_high) return fmt::format("{}{} to {}", without_low ? "above " : "", low, top);
  if (has_low) return fmt::format("{} {}", without_low ? "above" : "at least", low);
  return has_high ? fmt::format("{}{}", without_high ? "" : "at most ", top) : "";
}

bool OptionSpec::is_number() const {
  return std::visit(
      [](auto* access) {
        using Value =
            std::remove_reference_t<std::invoke_result_t<decltype(access), TrainOptions&>>;
        return std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool> &&
               !std::is_same_v<Value, char>;
      },
      place);
}

std::string OptionSpec::accepted() const {
  if (!words.empty()) return fmt::format("{}", fmt::join(words, " or "));
  const std::string_view kind = std::visit(
      [](auto* access) {
        using Value =
            std::remove_reference_t<std::invoke_result_t<decltype(access), TrainOptions&>>;
        return kKind<Value>;
      },
      place);
  const std::string numbers = range.description();
  return numbers.empty() ? std::string(kind) : fmt::format("{}, {}", kind, numbers);
}

std::string OptionSpec::text(const TrainOptions& options) const {
  return visit(*this, options, [](const auto& value) { return format(value); });
}

void OptionSpec::set(TrainOptions& options, std::string_view text) const {
  TrainOptions changed = options;
  const bool parsed = std::visit([&](auto* access) { return parse(text, access(changed)); }, place);
  if (!parsed) refuse(*this, text);
  check(changed);
  options = std::move(changed);
}

void OptionSpec::check(const TrainOptions& options) const {
  const bool fits = visit(*this, options, [this](const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::string>)
      return words.empty() || std::ranges::find(words, value) != words.end();
    if constexpr (std::is_same_v<Value, int> || std::is_same_v<Value, double>)
      return range.contains(static_cast<double>(value));
    return true;
  });
  if (!fits) refuse(*this, text(options));
}

const OptionSpec& find(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &OptionSpec::name);
  if (found == table().end())
    fail(ErrorCode::invalid_argument, "train: there is no option '{}'", name);
  return *found;
}

}  // namespace diptych::options
