#include "shards/remarks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace diptych::shards {

void Remarks::add(std::string_view kind, std::string example, std::uint64_t count) {
  if (count == 0) return;
  auto entry = std::ranges::find(entries_, kind, &Entry::kind);
  if (entry == entries_.end()) {
    entries_.push_back({.kind = std::string(kind), .example = std::move(example)});
    entry = std::prev(entries_.end());
  }
  entry->count += count;
}

void Remarks::add(const Remarks& others) {
  for (const Entry& entry : others.entries_) add(entry.kind, entry.example, entry.count);
}

std::vector<std::string> Remarks::sentences() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    const std::string first = entry.example.empty() ? "" : ", the first: " + entry.example;
    lines.push_back(fmt::format("{}: {}{}", entry.kind, entry.count, first));
  }
  return lines;
}

}  // namespace diptych::shards
