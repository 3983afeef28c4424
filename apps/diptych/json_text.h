#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

/// Keys in the order they were put in. Whoever makes or reads one includes <nlohmann/json.hpp>.
using Json = nlohmann::ordered_json;

/// Returns the name of a file. Where JSON cannot hold it as it is, because it is not UTF-8, or
/// would be taken for one that is not, because it begins with "file:", it becomes a binary value,
/// which `json_text` writes as "file:" and the name percent-encoded (RFC 3986).
Json path_json(const std::filesystem::path& path);

/// Returns the same as text, UTF-8 whatever the name's bytes are.
std::string path_text(const std::filesystem::path& path);

/// Returns the file that `path_json` wrote as text: the way back.
std::filesystem::path json_path(const std::string& text);

/// Returns whether a text is UTF-8 throughout.
bool is_utf8(std::string_view text);

/// Returns a value as it stands in a table or a line of text: names and texts byte for byte,
/// numbers as in `json_text`, nothing for null.
std::string plain_text(const Json& value);

/// Returns a document as JSON text, in lines indented by `indent`, or in one line for -1. Numbers
/// are never written with an exponent, so that tools for lines sort them: the fewest digits that
/// give the same float, or double, back. Bytes of a text that are not UTF-8 become "\xE9".
std::string json_text(const Json& document, int indent);
