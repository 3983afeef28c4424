#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/unfilled_bytes.h"

namespace diptych::curate {

enum class MemberFault { none, damaged, too_large };

/// Inflates all of one gzip member into `out`, at most `limit` bytes.
MemberFault inflate_whole(std::string_view packed, std::size_t limit, UnfilledBytes& out);

/// Walks the members of a gzip file, each inflated as a whole, which is what makes libdeflate
/// several times faster than a stream. Not thread-safe.
class GzipMembers {
 public:
  /// What the default of `max_member` is. A larger member is passed over: page archives have one
  /// record each, and pages over 64 MiB are not read.
  static constexpr std::size_t kMaxMember = std::size_t{1} << 28;

  explicit GzipMembers(std::string_view file, std::size_t max_member = kMaxMember);
  ~GzipMembers();
  GzipMembers(const GzipMembers&) = delete;
  GzipMembers& operator=(const GzipMembers&) = delete;

  /// Appends the next member to `out`, or says what is wrong with it; nothing at the end. After a
  /// damaged one it goes on at the next that begins like one.
  std::optional<MemberFault> next(UnfilledBytes& out);
  /// Returns how far in the file it has come.
  std::size_t position() const { return at_; }

 private:
  struct Decompressor;
  std::string_view file_;
  std::size_t max_member_;
  std::size_t at_ = 0;
  std::size_t guess_ = std::size_t{1} << 18;  ///< unpacked bytes to make room for
  std::unique_ptr<Decompressor> decompressor_;
};

}  // namespace diptych::curate
