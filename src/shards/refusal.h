#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/error.h"

namespace diptych::shards {

/// Why a file of samples, a row or a sample is not used.
enum class RefusalReason {
  missing_source,    ///< a shard or table that cannot be opened
  damaged_source,    ///< one that is cut or damaged
  unfit_source,      ///< no shard or table, or a table without the columns asked for
  malformed_row,     ///< a table's row with more fields than the header, or without those needed
  no_picture,        ///< a sample without a part that holds a picture
  no_caption,        ///< a sample without a part, or a field, that holds a caption
  empty_caption,     ///< nothing but white space
  caption_not_utf8,  ///< text in another encoding
  caption_too_long,  ///< over kMaxCaptionBytes
  unreadable_json,   ///< a `json` part that holds no object, or no text where the caption should be
  missing_picture,   ///< a table's row names a picture that is not there
  unreadable_picture,  ///< a picture that cannot be read or decoded
  unreadable_text,     ///< a file beside the picture that cannot be read
};
inline constexpr std::size_t kRefusalReasons = 13;

/// Returns the reason as a word for JSON and logs: "no_caption".
std::string_view name(RefusalReason reason);
/// Returns the reason in words, after a number: "without a caption".
std::string_view describe(RefusalReason reason);
/// Returns whether a whole file is meant rather than one sample.
bool concerns_source(RefusalReason reason);

/// Returns text of at most `most` bytes, cut between characters of UTF-8, and "..." where it was
/// longer.
std::string shortened(std::string_view text, std::size_t most);

/// Returns text with its control characters as escapes ("\\x1b"): names come from archives.
std::string one_line(std::string_view text);

/// One thing that is not used, and why. A value, because bad data is no exception.
struct Refusal {
  RefusalReason reason;
  /// The shard or table.
  std::string source;
  /// Where in it: "offset 512, key 0001", or "line 7" for a table. Empty: all of it, and `what`
  /// names it.
  std::string place;
  /// "got X, expected Y".
  std::string what;

  /// Returns one line of bounded length: "what (source, place)", control characters as escapes.
  std::string message() const;
};

/// Thrown by a shard for a file of a sample that is no picture.
struct UnreadableText : Error {
  using Error::Error;
};

/// Counts refusals by reason and keeps the first examples of each.
class Refusals {
 public:
  /// Examples kept of each reason.
  static constexpr std::size_t kMaxExamples = 5;

  void add(Refusal refusal);
  void add(const Refusals& others);

  bool any() const;
  /// Counts rows and samples, whatever the reason.
  std::uint64_t samples() const;
  /// Counts files that could not be read, or not to their end.
  std::uint64_t sources() const;
  std::uint64_t count(RefusalReason reason) const { return entry(reason).count; }
  const std::vector<Refusal>& examples(RefusalReason reason) const {
    return entry(reason).examples;
  }
  /// Returns the reasons that occur, the commonest first.
  std::vector<RefusalReason> reasons() const;

 private:
  struct Entry {
    std::uint64_t count = 0;
    std::vector<Refusal> examples;
  };
  const Entry& entry(RefusalReason reason) const {
    return entries_[static_cast<std::size_t>(reason)];
  }

  std::array<Entry, kRefusalReasons> entries_;
};

}  // namespace diptych::shards
