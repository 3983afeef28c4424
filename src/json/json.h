#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace diptych {

using Json = nlohmann::json;
/// Has the keys of an object in the order of the text.
using OrderedJson = nlohmann::ordered_json;

/// How deep JSON from outside may be nested. Copying, comparing and writing a document recurse: one
/// of some ten thousand levels ends the process.
constexpr int kMaxJsonDepth = 32;

/// Parses JSON from outside. Throws Error(corrupt_data), naming the file and the byte, for text
/// that is not JSON in UTF-8, a key that occurs twice in one object, or nesting deeper than
/// `max_depth`.
Json parse_json(std::string_view text, const std::string& name, int max_depth = kMaxJsonDepth);
Json parse_json(std::span<const std::byte> text, const std::string& name,
                int max_depth = kMaxJsonDepth);
OrderedJson parse_ordered_json(std::string_view text, const std::string& name,
                               int max_depth = kMaxJsonDepth);

/// Parses one record of many, of which a bad one is dropped. Returns nullopt for text that is not
/// JSON in UTF-8 or nested deeper than kMaxJsonDepth. Of a key that occurs twice in one object the
/// last value counts, as in Python.
std::optional<Json> read_json(std::string_view text);
std::optional<OrderedJson> read_ordered_json(std::string_view text);

}  // namespace diptych
