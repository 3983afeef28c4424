#include "train/resume.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

/// Where the checkpoint is; empty for a new run.
fs::path checkpoint_path(const TrainOptions& options, const RunFolder& folder) {
  if (options.resume == "auto") return fs::exists(folder.latest()) ? folder.latest() : fs::path();
  return options.resume == "latest" ? folder.latest() : fs::path(options.resume);
}

}  // namespace

std::string earlier_checkpoint(const RunFolder& folder, const std::string& damaged) {
  std::error_code unknown;
  const std::vector<std::uint64_t> epochs = folder.epochs();
  if (epochs.empty() || !fs::equivalent(damaged, folder.latest(), unknown)) return "";
  return fmt::format("; --resume {} --overwrite goes on from the end of epoch {}",
                     folder.epoch(epochs.back()).string(), epochs.back());
}

std::optional<SavedRun> find_checkpoint(const TrainOptions& options, const RunFolder& folder) {
  const fs::path path = checkpoint_path(options, folder);
  if (!path.empty() && !fs::exists(path)) {
    fail(ErrorCode::not_found,
         "train: resume: there is no {}; without --resume, or with --resume auto, a new run starts",
         path.string());
  }
  if (fs::is_directory(path)) {
    fail(ErrorCode::invalid_argument,
         "train: resume: got a folder, expected a checkpoint, as "
         "LOGS/NAME/checkpoints/latest.safetensors, or latest for the run's own ({})",
         path.string());
  }
  std::error_code unknown;
  const bool goes_on_here = !path.empty() && fs::equivalent(path, folder.latest(), unknown);
  if (folder.has_run() && !goes_on_here && !options.overwrite) {
    fail(ErrorCode::invalid_argument,
         "train: {} holds a run: --resume latest goes on with it, --overwrite removes it, --name "
         "gives another folder",
         folder.path().string());
  }
  if (path.empty()) return std::nullopt;
  try {
    return SavedRun(path);
  } catch (const Error& error) {
    fail(error.code(), "{}{}", error.what(), earlier_checkpoint(folder, path.string()));
  }
}

}  // namespace diptych::train
