#pragma once

#include <diptych/encoder.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "command.h"
#include "json_text.h"

/// Which pictures a command reads.
struct PictureInputs {
  diptych::DecodeOptions decode;   ///< how they are read
  std::vector<std::string> given;  ///< files and folders
  std::string files_from;          ///< a file with more of them; empty: none
  bool ends_with_nul = false;      ///< its names end with a NUL instead of a line's end
};

/// Declares the argument or option `name`, --files-from, -0, --upright and --wide. `upright` is
/// what the command does unless told. Returns the first.
Option add_picture_inputs(Command command, const std::string& name, PictureInputs& inputs,
                          bool upright);

/// Returns the pictures, with folders expanded; what was left out of folders is told on standard
/// error. Throws Error: invalid_argument when there is none, not_found, io.
std::vector<std::filesystem::path> list_pictures(const PictureInputs& inputs);

/// Returns every file once, under the first of its names.
std::vector<std::filesystem::path> different_files(
    const std::vector<std::filesystem::path>& pictures);

/// Returns what `list_pictures` does with every file once, under the first of its names, and tells
/// how many further names were left out: for commands whose answer a picture that is there twice
/// would fill.
std::vector<std::filesystem::path> list_different_pictures(const PictureInputs& inputs);

/// What became of many pictures.
struct PictureRun {
  std::size_t pictures = 0;  ///< given
  std::size_t done = 0;      ///< or refused; less than given: the user interrupted
  std::vector<diptych::Failure> failures;
  diptych::PictureCounts counts;
};

/// Follows a run over pictures: shows its progress, and has it end when the user interrupts.
class PictureRunMonitor {
 public:
  explicit PictureRunMonitor(std::size_t pictures);
  ~PictureRunMonitor();

  /// Adds a batch: how many pictures were good, and those that failed. Returns whether to go on.
  bool add(std::size_t good, const std::vector<diptych::Failure>& failures,
           const diptych::PictureCounts& counts);
  const PictureRun& run() const { return run_; }

 private:
  struct Display;
  PictureRun run_;
  std::unique_ptr<Display> display_;
};

/// Encodes pictures and gives each batch to `work`. Shows the progress, and ends after a batch when
/// the user interrupts.
PictureRun encode_in_batches(const diptych::Encoder& encoder,
                             std::span<const std::filesystem::path> pictures,
                             const diptych::EncodeOptions& options,
                             const std::function<void(const diptych::EncodedImages& batch)>& work);

/// Returns the records of a batch in the order of its pictures: each has "image" and what `answer`
/// adds for its row, or "error". `inputs` has the place of every row's picture.
std::vector<Json> picture_records(std::span<const std::filesystem::path> pictures,
                                  const std::vector<std::size_t>& inputs,
                                  const std::vector<diptych::Failure>& failures,
                                  const std::function<void(std::size_t row, Json& record)>& answer);

/// Says what a person may want to know of the pictures, lists those that were refused, and says how
/// far an interrupted run came. Returns the exit status.
int report(const PictureRun& run, const PictureInputs& inputs);
