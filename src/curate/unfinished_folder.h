#pragma once

#include <filesystem>
#include <string>

namespace diptych::curate {

/// A folder that one run fills. Until it is finished, UNFINISHED in it holds the command that does
/// so: what a killed run left, the same command takes up, and writes the same bytes again. Not
/// thread-safe.
class UnfinishedFolder {
 public:
  /// Makes the folder, or takes it up. An empty `command` takes up nothing. Throws Error: io, also
  /// while another process fills it, and invalid_argument for a folder with other files, or those
  /// of another command.
  UnfinishedFolder(std::filesystem::path folder, const std::string& command);
  ~UnfinishedFolder();
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  /// Says that all is there. Throws Error(io).
  void finish();

 private:
  void take_up(const std::string& command);
  void write_command(const std::string& command) const;

  std::filesystem::path folder_;
  std::filesystem::path mark_;
  int descriptor_ = -1;
};

}  // namespace diptych::curate
