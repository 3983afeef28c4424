#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "curate/matcher_image.h"
#include "curate/spaced_words.h"

namespace diptych::curate {

struct MatcherOptions {
  /// Whether letters match whatever their case. Default: no, as the reference.
  bool fold_case = false;
  /// Whether entries are spaced out as texts are, so that "Mr. Bean" and "U.S." can match. Default:
  /// no: the reference never finds an entry that holds one of , . ; : ? ! `.
  bool space_entries = false;
  /// For languages whose script writes no spaces: a border of an entry that is a character of such
  /// a script needs no space, as in MetaCLIP 2. Default: spaced.
  Script script = Script::spaced;
};

/// Finds which entries of a list stand in a text, by MetaCLIP's rule: `" " + entry + " "` is in the
/// spaced-out text (see SpacedWords). An Aho-Corasick automaton whose letters are words: one step a
/// word rather than a byte. Immutable and thread-safe.
class QueryMatcher {
 public:
  /// Throws Error(invalid_argument) for no entries, more than 2^31, or over 4 GiB of them.
  QueryMatcher(std::span<const std::string> entries, const MatcherOptions& options);
  /// Maps a saved automaton. Throws Error: not_found, io, corrupt_data.
  explicit QueryMatcher(const std::filesystem::path& saved);

  /// Writes it whole or not at all. Throws Error(io).
  void save(const std::filesystem::path& path) const;

  /// Sets `found` to the numbers of the entries in a text, ascending, each once.
  void match(std::string_view text, std::vector<std::uint32_t>& found) const;

  std::size_t entries() const { return image_.header().entries; }
  /// Counts the entries that no text can contain: a mark or line end stands within a word of
  /// theirs.
  std::size_t dead_entries() const { return image_.header().dead_entries; }
  MatcherOptions options() const;
  /// Tells lists of entries apart, options included.
  std::uint64_t fingerprint() const { return image_.header().fingerprint; }
  std::size_t bytes() const { return image_.bytes().size(); }

 private:
  void match_spaced(std::string_view text, std::vector<std::uint32_t>& found) const;

  std::vector<std::uint64_t> owned_;
  std::optional<MappedFile> file_;
  MatcherImage image_;
};

}  // namespace diptych::curate
