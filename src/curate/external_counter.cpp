#include "curate/external_counter.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/temporary_file.h"

namespace diptych::curate {

namespace {

/// More files than this are merged into one: a process may open some thousand.
constexpr std::size_t kMaxRuns = 128;
/// A node of the map, its bucket, and what a string allocates beyond its own bytes.
constexpr std::size_t kEntryBytes = 88;

std::FILE* open_nameless_file() {
  const int descriptor = make_nameless_file();
  std::FILE* file = ::fdopen(descriptor, "w+b");
  if (file == nullptr) {
    ::close(descriptor);
    fail(ErrorCode::io, "cannot open a temporary file: {}", std::strerror(errno));
  }
  return file;
}

[[noreturn]] void fail_at(const char* what) {
  fail(ErrorCode::io, "cannot {} a temporary file: {}", what, std::strerror(errno));
}

void write_entry(std::FILE* file, std::string_view key, std::uint64_t count) {
  const auto size = static_cast<std::uint32_t>(key.size());
  const bool is_written = std::fwrite(&size, sizeof(size), 1, file) == 1 &&
                          std::fwrite(&count, sizeof(count), 1, file) == 1 &&
                          std::fwrite(key.data(), 1, key.size(), file) == key.size();
  if (!is_written) fail_at("write");
}

void finish_writing(std::FILE* file) {
  if (std::fflush(file) != 0) fail_at("write");
}

}  // namespace

/// A sorted file, at one of its keys.
struct ExternalCounter::Run {
  std::FILE* file;
  std::string key;
  std::uint64_t count = 0;

  bool next() {
    std::uint32_t size = 0;
    if (std::fread(&size, sizeof(size), 1, file) != 1) {
      if (std::ferror(file) != 0) fail_at("read");
      return false;
    }
    key.resize(size);
    const bool is_read = std::fread(&count, sizeof(count), 1, file) == 1 &&
                         std::fread(key.data(), 1, size, file) == size;
    if (!is_read) fail_at("read");
    return true;
  }

  static bool is_after(const std::unique_ptr<Run>& a, const std::unique_ptr<Run>& b) {
    return a->key > b->key;
  }
};

void ExternalCounter::add(std::string_view key, std::uint64_t count) {
  const auto [place, is_new] = counts_.try_emplace(std::string(key), 0);
  place->second += count;
  if (!is_new) return;
  used_ += kEntryBytes + key.size();
  if (used_ > memory_) spill();
}

void ExternalCounter::spill() {
  std::vector<const std::pair<const std::string, std::uint64_t>*> sorted;
  sorted.reserve(counts_.size());
  for (const auto& entry : counts_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  File file(open_nameless_file());
  for (const auto* entry : sorted) write_entry(file.get(), entry->first, entry->second);
  finish_writing(file.get());
  runs_.push_back(std::move(file));
  counts_.clear();
  used_ = 0;
  if (runs_.size() == kMaxRuns) merge_runs();
}

void ExternalCounter::merge_runs() {
  File merged(open_nameless_file());
  {
    Walk walk(runs_);
    while (walk.next()) write_entry(merged.get(), walk.key(), walk.count());
  }
  finish_writing(merged.get());
  runs_.clear();
  runs_.push_back(std::move(merged));
}

std::unique_ptr<ExternalCounter::Walk> ExternalCounter::walk() {
  if (!counts_.empty()) spill();
  return std::make_unique<Walk>(runs_);
}

ExternalCounter::Walk::Walk(const std::vector<File>& runs) {
  for (const File& file : runs) {
    std::rewind(file.get());
    auto run = std::make_unique<Run>(Run{file.get(), {}, 0});
    if (run->next()) heap_.push_back(std::move(run));
  }
  std::make_heap(heap_.begin(), heap_.end(), Run::is_after);
}

ExternalCounter::Walk::~Walk() = default;

bool ExternalCounter::Walk::next() {
  if (heap_.empty()) return false;
  key_ = heap_.front()->key;
  count_ = 0;
  while (!heap_.empty() && heap_.front()->key == key_) {
    std::pop_heap(heap_.begin(), heap_.end(), Run::is_after);
    count_ += heap_.back()->count;
    if (heap_.back()->next()) {
      std::push_heap(heap_.begin(), heap_.end(), Run::is_after);
    } else {
      heap_.pop_back();
    }
  }
  return true;
}

}  // namespace diptych::curate
