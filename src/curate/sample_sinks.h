#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "diptych/shard_tools.h"
#include "shards/sample.h"

namespace diptych::curate {

/// Takes samples in some form. Not thread-safe.
class SampleSink {
 public:
  virtual ~SampleSink() = default;

  /// Adds a sample under a key that no other has: a relative path whose parts are neither empty,
  /// nor hidden, nor "..", and whose base name has no dot. Throws Error(io).
  virtual void add(const std::string& key, const shards::Sample& sample) = 0;
  /// Puts the rest in its place.
  virtual void finish() = 0;
  /// Returns what the form has no place for, a sentence each.
  virtual std::vector<std::string> notes() const { return {}; }
};

/// Throws Error: io, and invalid_argument for an output that is there already and was not left
/// unfinished by the same command.
std::unique_ptr<SampleSink> make_sample_sink(const RepackOptions& options);

}  // namespace diptych::curate
