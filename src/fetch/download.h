#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "diptych/pull.h"

namespace diptych::fetch {

/// One file to fetch, and what is known of it beforehand.
struct Download {
  std::string url;
  std::string token;             ///< as HttpRequest's
  std::filesystem::path path;    ///< where it is put; its folder exists
  std::string sha256;            ///< hexadecimal, or only the beginning of it; empty: not known
  std::uint64_t bytes = 0;       ///< zero: not known
  std::uint64_t most_bytes = 0;  ///< refuse a larger file; zero: no limit
};

struct DownloadOptions {
  int attempts = 5;        ///< in a row without a further byte, after which to give up
  int stall_seconds = 60;  ///< as HttpRequest's
  std::function<void(const PullProgress&)> progress;
  std::function<void(const std::string&)> note;
  /// How to wait before another attempt. Default: sleep.
  std::function<void(std::chrono::milliseconds)> wait;
};

/// Fetches a file, going on where an earlier attempt or program stopped, and checks it before it
/// gets its name. Nothing: the server has no such file. Throws Error as pull_model.
std::optional<PulledFile> download(const Download& file, const DownloadOptions& options);

/// Returns whether `expected`, a SHA-256 or its beginning, is that of a file.
bool is_hash_of(const std::string& expected, const std::string& sha256);

}  // namespace diptych::fetch
