#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diptych/train_options.h"

namespace diptych::options {

using Colour = std::optional<std::array<std::uint8_t, 3>>;

/// An option's place in the struct.
using Place = std::variant<bool& (*)(TrainOptions&), int& (*)(TrainOptions&),
                           std::uint64_t& (*)(TrainOptions&), double& (*)(TrainOptions&),
                           char& (*)(TrainOptions&), std::string& (*)(TrainOptions&),
                           std::filesystem::path& (*)(TrainOptions&), Colour& (*)(TrainOptions&),
                           Interpolation& (*)(TrainOptions&), TrainPrecision& (*)(TrainOptions&)>;

/// The numbers that are accepted. No infinite one is, and no NaN.
struct Range {
  double low = std::numeric_limits<double>::lowest();
  double high = std::numeric_limits<double>::max();
  bool without_low = false;
  bool without_high = false;

  bool contains(double value) const;
  /// Returns "at least 1", "0 to below 1", "above 0".
  std::string description() const;
};

/// What becomes of a run that goes on with another value.
enum class Change {
  refused,   ///< another result: only when it is allowed by name
  may_grow,  ///< refused when it is smaller
  free,      ///< the same result
};

/// One option: everything that reads, writes, checks or compares options goes through the table of
/// them.
struct OptionSpec {
  std::string_view name;
  std::string_view heading;
  std::string_view meaning;
  Place place;
  Range range = {};                          ///< of a number
  std::vector<std::string_view> words = {};  ///< of a text: the only ones, where there are any
  Change change = Change::refused;

  bool is_switch() const { return std::holds_alternative<bool& (*)(TrainOptions&)>(place); }
  bool is_number() const;
  /// Returns "a whole number, at least 1".
  std::string accepted() const;
  std::string text(const TrainOptions& options) const;
  /// Throws Error(invalid_argument).
  void set(TrainOptions& options, std::string_view text) const;
  /// Throws Error(invalid_argument) when the value is out of its range.
  void check(const TrainOptions& options) const;
};

/// Returns all of them, in the order of the struct.
const std::vector<OptionSpec>& table();

/// Throws Error(invalid_argument) when there is none of this name.
const OptionSpec& find(std::string_view name);

}  // namespace diptych::options
