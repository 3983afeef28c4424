#pragma once

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "curate/picture_hash.h"
#include "curate/sample_check.h"
#include "curate/tally.h"
#include "shards/sample.h"

namespace diptych::curate {

/// What tells a picture from others.
struct Fingerprint {
  enum class State : std::uint64_t {
    absent,      ///< there is no picture, or the sample cannot be read
    unreadable,  ///< the picture cannot be decoded: only its bytes can be compared
    flat,        ///< nothing is to be seen in it: only its bytes can be compared
    whole,
  };
  std::array<std::uint64_t, 2> digest = {};  ///< the first 128 bits of its file's SHA-224
  std::uint64_t hash = 0;                    ///< of a picture that is `whole`
  State state = State::absent;
};

/// Returns a picture's fingerprint; without `needs_hash` nothing is decoded, and it counts as flat.
/// What kept the picture from being decoded goes to `fault`. Thread-safe.
Fingerprint fingerprint_of(const shards::Sample& sample, bool needs_hash,
                           std::optional<SampleFault>& fault);

/// What samples are told from others by that are as many: their keys and the sizes of their
/// pictures, in order.
class SamplesDigest {
 public:
  void add(const shards::Sample& sample);
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// The fingerprints of a file's samples, in order.
struct FilePrints {
  std::uint64_t samples = 0;  ///< the SamplesDigest
  std::vector<Fingerprint> prints;
};

/// Throws Error(io).
void write_fingerprints(const std::filesystem::path& path, const FilePrints& file);
/// Reads what write_fingerprints wrote. Throws Error: io, not_found, corrupt_data.
FilePrints read_fingerprints(const std::filesystem::path& path);

/// Whether a picture is left out as a copy.
enum class CopyKind : std::uint8_t { none, evaluated, same_bytes, near, absent, unreadable };

/// Returns what it is called in reports: "looks like an earlier picture".
std::string_view describe(CopyKind kind);

/// Counts a picture that is left out, or dropped where it cannot be compared; `where` returns its
/// place, which is asked for while there are few of its kind.
template <typename Where>
void count_copy(StageReport& report, CopyKind kind, const Where& where) {
  const bool is_bad = kind == CopyKind::absent || kind == CopyKind::unreadable;
  count_under(is_bad ? report.dropped : report.left_out, describe(kind),
              [&] { return fmt::format("{} ({})", describe(kind), where()); });
}

/// Finds copies among pictures that come one after the other. Takes some 100 bytes of memory for
/// each that is kept. Not thread-safe.
class CopyFinder {
 public:
  /// `distance`: as DedupOptions has it.
  explicit CopyFinder(int distance);

  /// Adds a picture of an evaluation set.
  void add_evaluated(const Fingerprint& print) { evaluated_.insert(compared(print)); }
  /// Says what a picture is, and keeps in mind one that is no copy.
  CopyKind take(const Fingerprint& print);

 private:
  struct DigestHash {
    std::size_t operator()(const std::array<std::uint64_t, 2>& digest) const { return digest[1]; }
  };
  struct Seen {
    explicit Seen(int distance);
    void insert(const Fingerprint& print);
    bool has_bytes(const Fingerprint& print) const;
    bool has_near(const Fingerprint& print) const;
    std::unordered_set<std::array<std::uint64_t, 2>, DigestHash> digests;
    NearHashes near;
  };

  /// Returns what of a fingerprint is compared.
  Fingerprint compared(Fingerprint print) const;

  bool compares_looks_;
  Seen kept_;
  Seen evaluated_;
};

}  // namespace diptych::curate
