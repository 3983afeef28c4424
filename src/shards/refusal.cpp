#include "shards/refusal.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace diptych::shards {
namespace {

struct Words {
  std::string_view name;
  std::string_view description;
};

/// In the order of RefusalReason.
constexpr std::array<Words, kRefusalReasons> kWords = {{
    {"missing_source", "that cannot be opened"},
    {"damaged_source", "that cannot be read to the end"},
    {"unfit_source", "that are not what was asked for"},
    {"malformed_row", "with fields that do not fit the header"},
    {"no_picture", "without a picture"},
    {"no_caption", "without a caption"},
    {"empty_caption", "with an empty caption"},
    {"caption_not_utf8", "with a caption that is not UTF-8"},
    {"caption_too_long", "with a caption that is too long"},
    {"unreadable_json", "with a json part that holds no caption"},
    {"missing_picture", "whose picture is not there"},
    {"unreadable_picture", "whose picture cannot be read"},
    {"unreadable_text", "whose text cannot be read"},
}};

/// Bytes of a message, whose names and texts come from files.
constexpr std::size_t kMostOfMessage = 500;

const Words& words(RefusalReason reason) {
  return kWords[static_cast<std::size_t>(reason)];
}

constexpr RefusalReason reason_at(std::size_t index) {
  return static_cast<RefusalReason>(index);
}

}  // namespace

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line.push_back(c);
    }
  }
  return line;
}

std::string_view name(RefusalReason reason) {
  return words(reason).name;
}

std::string_view describe(RefusalReason reason) {
  return words(reason).description;
}

bool concerns_source(RefusalReason reason) {
  return reason == RefusalReason::missing_source || reason == RefusalReason::damaged_source ||
         reason == RefusalReason::unfit_source;
}

std::string Refusal::message() const {
  const std::string reason_given = one_line(shortened(what, kMostOfMessage));
  return place.empty() ? reason_given
                       : fmt::format("{} ({}, {})", reason_given, source, one_line(place));
}

void Refusals::add(Refusal refusal) {
  Entry& entry = entries_[static_cast<std::size_t>(refusal.reason)];
  ++entry.count;
  if (entry.examples.size() < kMaxExamples) entry.examples.push_back(std::move(refusal));
}

void Refusals::add(const Refusals& others) {
  for (std::size_t i = 0; i < kRefusalReasons; ++i) {
    entries_[i].count += others.entries_[i].count;
    for (const Refusal& example : others.entries_[i].examples) {
      if (entries_[i].examples.size() < kMaxExamples) entries_[i].examples.push_back(example);
    }
  }
}

bool Refusals::any() const {
  return samples() + sources() != 0;
}

std::uint64_t Refusals::samples() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kRefusalReasons; ++i)
    total += concerns_source(reason_at(i)) ? 0 : entries_[i].count;
  return total;
}

std::uint64_t Refusals::sources() const {
  return count(RefusalReason::missing_source) + count(RefusalReason::damaged_source) +
         count(RefusalReason::unfit_source);
}

std::vector<RefusalReason> Refusals::reasons() const {
  std::vector<RefusalReason> found;
  for (std::size_t i = 0; i < kRefusalReasons; ++i) {
    if (entries_[i].count > 0) found.push_back(reason_at(i));
  }
  std::stable_sort(found.begin(), found.end(),
                   [this](RefusalReason a, RefusalReason b) { return count(a) > count(b); });
  return found;
}

}  // namespace diptych::shards
