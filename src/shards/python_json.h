#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace diptych::shards {

/// Reads JSON as Python's `json` writes and reads it, which is what made most data sets: besides
/// JSON proper, NaN, Infinity, -Infinity and 1e999 are values (given as null), a surrogate escape
/// without its other half is a character (given as U+FFFD, as ftfy repairs it), and UTF-16 with a
/// byte order mark is text. Returns a discarded value for anything else, and for what is nested
/// deeper than kMaxJsonDepth (json/json.h); never throws.
nlohmann::json parse_python_json(std::string_view text);

}  // namespace diptych::shards
