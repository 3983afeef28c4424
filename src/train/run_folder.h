#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diptych::train {

/// The folder of one run, which one process alone has: checkpoints/, model/, model-ema/,
/// options.toml, run.json. Removed at the end when nothing was written.
class RunFolder {
 public:
  /// Whether this process has the folder, or only reads in it what another one has.
  enum class Access { alone, reads };

  /// Makes it, takes its lock and removes what killed writes left behind; does nothing to read.
  /// Throws Error(io): when it cannot be made or written, and when another process has it, whose
  /// number is named.
  explicit RunFolder(std::filesystem::path path, Access access = Access::alone);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path latest() const { return checkpoint("latest"); }
  std::filesystem::path epoch(std::uint64_t number) const;
  std::filesystem::path model() const { return path_ / "model"; }
  std::filesystem::path averaged_model() const { return path_ / "model-ema"; }

  /// Returns the epochs whose checkpoints are here, in order.
  std::vector<std::uint64_t> epochs() const;

  /// Returns whether a run left a checkpoint or a model here.
  bool has_run() const;
  /// Removes a run's latest checkpoint, its models and the checkpoints of epochs after `epoch`.
  void remove_run_after(std::uint64_t epoch) const;
  /// Makes a latest checkpoint that is a link to one that was kept a file of its own, lest that one
  /// be overwritten. Throws Error(io).
  void part_latest() const;

 private:
  std::filesystem::path checkpoint(const std::string& name) const;
  void lock();
  void remove_leftovers() const;

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace diptych::train
