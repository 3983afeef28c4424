#include "json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view kScheme = "file:";

bool continues(std::string_view text, std::size_t i) {
  return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
}

/// The length of the well-formed UTF-8 sequence that a text starts with (Unicode 15, table 3-7);
/// 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text, i)) return 0;
  }
  if (length < 3) return length;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

/// The text with every byte that is not UTF-8 as "\xE9".
std::string readable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string percent_encoded(const std::vector<std::uint8_t>& name) {
  std::string encoded(kScheme);
  for (const std::uint8_t byte : name) {
    const bool is_plain =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
        (byte >= '0' && byte <= '9') ||
        std::string_view("-._~/").find(static_cast<char>(byte)) != std::string_view::npos;
    encoded += is_plain ? std::string(1, static_cast<char>(byte)) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

template <typename Number>
std::string fixed(Number number) {
  std::array<char, 512> digits{};  // the least double has 324 places, and 16 digits after them
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  std::string text(digits.data(), end.ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string number_text(double number) {
  if (!std::isfinite(number)) return "null";
  const auto single = static_cast<float>(number);
  return static_cast<double>(single) == number ? fixed(single) : fixed(number);
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value) {
    if (value.is_object() || value.is_array()) {
      write_members(value);
    } else if (value.is_number_float()) {
      text_ += number_text(value.get<double>());
    } else if (value.is_binary()) {
      text_ += Json(percent_encoded(value.get_binary())).dump();
    } else if (value.is_string()) {
      text_ += Json(readable(value.get_ref<const std::string&>())).dump();
    } else {
      text_ += value.dump();
    }
  }

  std::string take() { return std::move(text_); }

 private:
  void write_members(const Json& value) {
    const bool is_object = value.is_object();
    text_ += is_object ? '{' : '[';
    ++depth_;
    bool is_first = true;
    for (const auto& [key, member] : value.items()) {
      if (!is_first) text_ += ',';
      is_first = false;
      new_line();
      if (is_object) text_ += Json(readable(key)).dump() + (indent_ < 0 ? ":" : ": ");
      write(member);
    }
    --depth_;
    if (!is_first) new_line();
    text_ += is_object ? '}' : ']';
  }

  void new_line() {
    if (indent_ < 0) return;
    text_ += '\n';
    text_.append(static_cast<std::size_t>(indent_ * depth_), ' ');
  }

  int indent_;
  int depth_ = 0;
  std::string text_;
};

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Json path_json(const std::filesystem::path& path) {
  const std::string& name = path.native();
  if (is_utf8(name) && !name.starts_with(kScheme)) return name;
  return Json::binary(std::vector<std::uint8_t>(name.begin(), name.end()));
}

std::string path_text(const std::filesystem::path& path) {
  const Json json = path_json(path);
  return json.is_binary() ? percent_encoded(json.get_binary()) : json.get<std::string>();
}

std::filesystem::path json_path(const std::string& text) {
  if (!text.starts_with(kScheme)) return text;
  std::string name;
  for (std::size_t i = kScheme.size(); i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    name += is_escape ? static_cast<char>(byte) : text[i];
    if (is_escape) i += 2;
  }
  return name;
}

std::string plain_text(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_binary()) {
    const std::vector<std::uint8_t>& name = value.get_binary();
    return {name.begin(), name.end()};
  }
  return json_text(value, -1);
}

std::string json_text(const Json& document, int indent) {
  Writer writer(indent);
  writer.write(document);
  return writer.take();
}
