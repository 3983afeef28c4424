#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diptych::curate {

/// Counts texts with bounded memory: what does not fit is sorted into files of the temporary folder
/// ($TMPDIR, otherwise /tmp) that have no name. Not thread-safe.
class ExternalCounter {
 public:
  /// `memory`: bytes, about.
  explicit ExternalCounter(std::size_t memory) : memory_(memory) {}

  /// Throws Error(io), as when the temporary folder is full.
  void add(std::string_view key, std::uint64_t count = 1);

  class Walk;
  /// Returns every key once, ascending by bytes, one walk at a time. Nothing may be added
  /// afterwards. Throws Error(io).
  std::unique_ptr<Walk> walk();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;
  struct Run;

  void spill();
  void merge_runs();

  std::size_t memory_;
  std::size_t used_ = 0;
  std::unordered_map<std::string, std::uint64_t> counts_;
  std::vector<File> runs_;
};

/// The keys in order, each with its count; the counter outlives it.
class ExternalCounter::Walk {
 public:
  explicit Walk(const std::vector<File>& runs);
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Moves to the next key; false at the end.
  bool next();
  std::string_view key() const { return key_; }
  std::uint64_t count() const { return count_; }

 private:
  std::vector<std::unique_ptr<Run>> heap_;
  std::string key_;
  std::uint64_t count_ = 0;
};

}  // namespace diptych::curate
