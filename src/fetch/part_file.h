#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace diptych::fetch {

/// Which file of which server a part is the beginning of.
struct PartOrigin {
  std::string url;
  std::string validator;   ///< ETag or Last-Modified
  std::uint64_t size = 0;  ///< of the whole file; zero: not known
};

/// A file that is not whole yet: `path`.part, with its origin in `path`.part.json. Both outlive the
/// object and the process, so that the file can be finished later; one object at a time, in any
/// process, may have it. Not thread-safe.
class PartFile {
 public:
  /// Opens the part that is there, or a new one. Throws Error(io) when it cannot be written or
  /// another program has it.
  explicit PartFile(std::filesystem::path path);
  /// Leaves the part, unless it is empty or could not be continued.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Returns the bytes that are there. Without an origin there are none: what is unknown is not
  /// continued.
  std::uint64_t size() const { return size_; }
  const std::optional<PartOrigin>& origin() const { return origin_; }

  /// Empties the part; what is written from now on comes from `origin`. One without a validator
  /// cannot be continued later.
  void restart(const PartOrigin& origin);
  /// Appends. Throws Error(io), as on a full disk; what was written stays.
  void write(std::span<const std::byte> bytes);
  /// Returns where the part lies.
  std::filesystem::path part_path() const;
  /// Gives the file its name. Throws Error(io).
  void commit();
  /// Removes the part.
  void discard();

 private:
  std::filesystem::path origin_path() const;
  void open_and_lock();
  void read_origin();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::optional<PartOrigin> origin_;
};

}  // namespace diptych::fetch
