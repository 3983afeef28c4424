#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// One URL's result.
struct JournalEntry {
  std::string json;     ///< what is known of it
  std::string picture;  ///< bytes of its file; empty: none
};

/// The results of a shard that is not complete, in a file that is appended to as they come: what a
/// killed run leaves, and where the shard's samples wait for those before them. Not thread-safe.
class ShardJournal {
 public:
  /// Opens the journal of a shard of at most `entries` URLs. What stands there is taken up to the
  /// first entry that is cut or damaged. Throws Error: io, also when another process has it open.
  ShardJournal(std::filesystem::path path, std::size_t entries);
  ~ShardJournal();
  ShardJournal(const ShardJournal&) = delete;
  ShardJournal& operator=(const ShardJournal&) = delete;

  bool has(std::size_t index) const { return offsets_.at(index) != kNone; }
  /// Returns how many entries there are.
  std::size_t count() const { return count_; }
  /// Adds an entry that is not there. Throws Error(io).
  void add(std::size_t index, const JournalEntry& entry);
  /// Reads an entry that is there. Throws Error: io, corrupt_data.
  JournalEntry read(std::size_t index) const;
  /// Removes the file.
  void remove();

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  void take_up();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t end_ = 0;
  std::vector<std::uint64_t> offsets_;
  std::size_t count_ = 0;
};

}  // namespace diptych::curate
