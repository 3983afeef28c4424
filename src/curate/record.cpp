#include "curate/record.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/trimmed.h"
#include "curate/json_parser.h"
#include "shards/python_json.h"

namespace diptych::curate {

namespace {

using Value = simdjson::dom::element;

constexpr std::string_view kMalformed = "malformed JSON";
constexpr std::string_view kNoObject = "not an object";
constexpr std::string_view kNoText = "no text";
constexpr std::string_view kBadMatches = "matches are no list of numbers";

/// The value of a name that may stand there several times: the last, as Python reads it.
simdjson::simdjson_result<Value> member(const simdjson::dom::object& object,
                                        std::string_view name) {
  simdjson::simdjson_result<Value> found(simdjson::NO_SUCH_FIELD);
  for (const auto [key, value] : object)
    if (key == name) found = simdjson::simdjson_result<Value>(Value(value));
  return found;
}

std::string_view string_member(const simdjson::dom::object& object, std::string_view name) {
  std::string_view text;
  return member(object, name).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string_view key_of(const simdjson::dom::object& object) {
  for (const char* name : {"key", "uid", "url"}) {
    const std::string_view key = string_member(object, name);
    if (!key.empty()) return key;
  }
  return {};
}

bool read_matches(const Value& value, std::vector<std::uint32_t>& matches) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const Value number : list) {
    std::uint64_t match = 0;
    if (number.get(match) != simdjson::SUCCESS ||
        match >= std::numeric_limits<std::uint32_t>::max()) {
      return false;
    }
    matches.push_back(static_cast<std::uint32_t>(match));
  }
  return true;
}

std::string_view read_texts(const simdjson::dom::array& list, Record& record) {
  for (const Value item : list) {
    simdjson::dom::object object;
    RecordText text;
    if (item.get(object) == simdjson::SUCCESS) {
      if (member(object, "text").get(text.text) != simdjson::SUCCESS) return kNoText;
      text.language = string_member(object, "language");
    } else if (item.get(text.text) != simdjson::SUCCESS) {
      return kNoText;
    }
    record.texts.push_back(std::move(text));
  }
  return record.texts.empty() ? kNoText : std::string_view();
}

std::string_view read_list_matches(const Value& value, Record& record) {
  simdjson::dom::array lists;
  if (value.get(lists) != simdjson::SUCCESS || lists.size() != record.texts.size()) {
    return kBadMatches;
  }
  std::size_t i = 0;
  for (const Value list : lists) {
    if (!read_matches(list, record.texts[i++].matches)) return kBadMatches;
  }
  return {};
}

std::string_view read_object(const simdjson::dom::object& object, Record& record) {
  simdjson::dom::array list;
  RecordText text;
  record.is_list = member(object, "texts").get(list) == simdjson::SUCCESS;
  record.has_text_field = member(object, "text").get(text.text) == simdjson::SUCCESS;
  if (record.is_list) {
    const std::string_view problem = read_texts(list, record);
    if (!problem.empty()) return problem;
  } else if (record.has_text_field) {
    text.language = string_member(object, "language");
    record.texts.push_back(std::move(text));
  } else {
    return kNoText;
  }
  record.key = key_of(object);
  if (record.key.empty()) record.key = record.texts.front().text;
  Value matches;
  record.has_matches = member(object, "matches").get(matches) == simdjson::SUCCESS;
  if (!record.has_matches) return {};
  if (record.is_list) return read_list_matches(matches, record);
  return read_matches(matches, record.texts.front().matches) ? std::string_view() : kBadMatches;
}

/// A character that a JSON string cannot hold as it is.
void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < kShort.size(); i += 2) {
    if (static_cast<unsigned char>(kShort[i]) != c) continue;
    out += '\\';
    out += kShort[i + 1];
    return;
  }
  out += "\\u00";
  out += kHex[c >> 4U];
  out += kHex[c & 15U];
}

}  // namespace

struct RecordReader::Parser : JsonParser {};

RecordReader::RecordReader() : parser_(std::make_unique<Parser>()) {}
RecordReader::~RecordReader() = default;

std::string_view RecordReader::read(std::string_view line, Record& record) {
  record = {};
  line = trimmed(line);
  if (line.size() > kMaxRecordBytes) return "line over 64 MiB";
  Value value;
  if (!parser_->parse(line, value)) {
    const nlohmann::json lenient = shards::parse_python_json(line);
    if (lenient.is_discarded()) return kMalformed;
    line = {};
    const std::string proper =
        lenient.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (!parser_->parse(proper, value)) return kMalformed;
  }
  record.json = parser_->text();
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return kNoObject;
  return read_object(object, record);
}

void append_with_members(std::string& out, std::string_view object, std::string_view members) {
  const std::size_t end = object.rfind('}');
  const std::string_view inside = trimmed(object.substr(1, end - 1));
  out += object.substr(0, end);
  if (!inside.empty() && !members.empty()) out += ',';
  out += members;
  out += '}';
}

void append_json_string(std::string& out, std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(copied, i - copied);
    append_escape(out, c);
    copied = i + 1;
  }
  out += text.substr(copied);
  out += '"';
}

void append_numbers(std::string& out, const std::vector<std::uint32_t>& numbers) {
  out += '[';
  char digits[16];
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) out += ',';
    const auto end = std::to_chars(digits, digits + sizeof(digits), numbers[i]);
    out.append(digits, end.ptr);
  }
  out += ']';
}

}  // namespace diptych::curate
