#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace diptych {

using Json = nlohmann::json;

/// Parses JSON from outside. Throws Error(corrupt_data), naming the file and the byte, for text
/// that is not JSON in UTF-8, a key that occurs twice in one object, or nesting deeper than
/// `max_depth`.
Json parse_json(std::span<const std::byte> text, const std::string& name, int max_depth = 32);

}  // namespace diptych
