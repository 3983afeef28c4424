#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// How far a pull has come with one file, in bytes.
struct PullProgress {
  enum class Phase { fetching, checking };

  std::string file;
  Phase phase = Phase::fetching;
  std::uint64_t done = 0;     ///< with what an earlier pull had left
  std::uint64_t resumed = 0;  ///< of them, what was there at the start
  std::uint64_t total = 0;    ///< zero: the server does not say
};

struct PullOptions {
  /// Which of the model's sources: "url", "huggingface", or "local-dir:PATH", a folder with the
  /// files, or with folders named as the models are. Default: the model's first source.
  std::string from;
  /// Connect to nothing: only look what the cache holds. Default: false.
  bool offline = false;
  /// Attempts in a row that bring no further byte, after which a pull gives up. At least 1.
  int attempts = 5;
  /// Seconds without a byte after which a connection counts as cut. At least 1.
  int stall_seconds = 60;
  /// Called now and then, in the pulling thread; may be empty. What it throws ends the pull, as
  /// does what `note` throws, and is what `pull_model` throws: what was fetched is kept.
  std::function<void(const PullProgress&)> progress;
  /// Called with a sentence about what went wrong and is tried again; may be empty.
  std::function<void(const std::string&)> note;
};

/// What a file's content was compared with, the strongest that there was.
enum class PullCheck {
  published_hash,  ///< the SHA-256, or its beginning, of the catalogue
  server_hash,     ///< the SHA-256 that the Hugging Face Hub says
  size,            ///< only the length
  none,            ///< the server said nothing of the file
};

/// Returns "published SHA-256", "server's SHA-256", "size", "nothing".
DIPTYCH_API const char* name(PullCheck check) noexcept;

struct PulledFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< computed here; empty for a file that was there and has no published one
  PullCheck check = PullCheck::none;
  bool fetched = false;  ///< false: it was there
};

struct PullResult {
  std::string model;             ///< its full name
  std::filesystem::path folder;  ///< Model::load takes it, and the name
  std::vector<PulledFile> files;
};

/// Brings a listed model (diptych/catalogue.h), or "hf-hub:owner/name", into the cache. A file
/// appears under its name whole and checked; until then it is a `.part` beside it, from which a
/// later pull goes on. Connections that are cut are made again, later each time. HF_ENDPOINT,
/// HF_TOKEN, https_proxy, http_proxy and no_proxy count. Beside
/// download_pictures (diptych/download.h) the only function of the library that connects to
/// anything. Throws Error: not_found, corrupt_data for a wrong size or hash (the file
/// is removed), io, unsupported when diptych was built without libcurl. Thread-safe; of two pulls
/// of one file at a time, in whatever process, one fails.
DIPTYCH_API PullResult pull_model(const std::string& name, const PullOptions& options = {});

}  // namespace diptych
