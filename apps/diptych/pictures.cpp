#include "pictures.h"

#include <diptych/error.h>
#include <diptych/picture_files.h>
#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "console.h"
#include "counted.h"
#include "inputs.h"
#include "interruption.h"
#include "picture_options.h"
#include "progress.h"

namespace {

std::vector<std::filesystem::path> given_paths(const PictureInputs& inputs) {
  std::vector<std::filesystem::path> paths(inputs.given.begin(), inputs.given.end());
  if (inputs.files_from.empty()) return paths;
  std::vector<std::string> names =
      inputs.ends_with_nul ? read_nul_ended(inputs.files_from) : read_lines(inputs.files_from);
  std::erase(names, "");
  if (names.empty()) {
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("--files-from: got no name, expected some ({})", inputs.files_from));
  }
  paths.insert(paths.end(), names.begin(), names.end());
  return paths;
}

}  // namespace

Option add_picture_inputs(Command command, const std::string& name, PictureInputs& inputs,
                          bool upright) {
  Option option = command.list(name, inputs.given, "pictures, or folders with pictures");
  Option from =
      command.option("--files-from", inputs.files_from,
                     "a file with names of pictures or folders, one a line; - for standard input");
  command.flag("-0,--null", inputs.ends_with_nul, "these names end with NUL, as of find -print0")
      .needs(from);
  add_picture_options(command, inputs.decode, upright);
  return option;
}

std::vector<std::filesystem::path> list_pictures(const PictureInputs& inputs) {
  const std::vector<std::filesystem::path> given = given_paths(inputs);
  if (given.empty()) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         "pictures: got none, expected files or folders");
  }
  diptych::SkippedFiles skipped;
  std::vector<std::filesystem::path> pictures = diptych::expand_folders(given, &skipped);
  print_skipped(skipped);
  return pictures;
}

std::vector<std::filesystem::path> different_files(
    const std::vector<std::filesystem::path>& pictures) {
  std::set<std::filesystem::path> seen;
  std::vector<std::filesystem::path> unique;
  for (const std::filesystem::path& picture : pictures) {
    std::error_code unknown;
    const auto whole = std::filesystem::weakly_canonical(picture, unknown);
    if (seen.insert(unknown ? picture : whole).second) unique.push_back(picture);
  }
  return unique;
}

std::vector<std::filesystem::path> list_different_pictures(const PictureInputs& inputs) {
  const std::vector<std::filesystem::path> pictures = list_pictures(inputs);
  std::vector<std::filesystem::path> unique = different_files(pictures);
  if (unique.size() < pictures.size()) {
    print_note(fmt::format("{} of the same files left out",
                           counted(pictures.size() - unique.size(), "further name")));
  }
  return unique;
}

struct PictureRunMonitor::Display {
  Interruption interruption;
  Progress progress{"pictures"};
};

PictureRunMonitor::PictureRunMonitor(std::size_t pictures)
    : run_{.pictures = pictures}, display_(std::make_unique<Display>()) {}
PictureRunMonitor::~PictureRunMonitor() = default;

bool PictureRunMonitor::add(std::size_t good, const std::vector<diptych::Failure>& failures,
                            const diptych::PictureCounts& counts) {
  run_.failures.insert(run_.failures.end(), failures.begin(), failures.end());
  run_.counts.add(counts);
  run_.done += good + failures.size();
  display_->progress.show(run_.done, run_.pictures);
  return !display_->interruption.requested();
}

PictureRun encode_in_batches(const diptych::Encoder& encoder,
                             std::span<const std::filesystem::path> pictures,
                             const diptych::EncodeOptions& options,
                             const std::function<void(const diptych::EncodedImages& batch)>& work) {
  PictureRunMonitor monitor(pictures.size());
  encoder.encode_images(pictures, options, [&](const diptych::EncodedImages& batch) {
    work(batch);
    return monitor.add(batch.inputs.size(), batch.failures, batch.counts);
  });
  return monitor.run();
}

std::vector<Json> picture_records(
    std::span<const std::filesystem::path> pictures, const std::vector<std::size_t>& inputs,
    const std::vector<diptych::Failure>& failures,
    const std::function<void(std::size_t row, Json& record)>& answer) {
  std::map<std::size_t, Json> by_place;
  for (std::size_t row = 0; row < inputs.size(); ++row) {
    Json& record = by_place[inputs[row]] = {{"image", path_json(pictures[inputs[row]])}};
    answer(row, record);
  }
  for (const diptych::Failure& failure : failures) {
    by_place[failure.index] = {{"image", path_json(pictures[failure.index])},
                               {"error", failure.message}};
  }
  std::vector<Json> records;
  records.reserve(by_place.size());
  for (auto& [place, record] : by_place) records.push_back(std::move(record));
  return records;
}

int report(const PictureRun& run, const PictureInputs& inputs) {
  print_picture_notes(run.counts, inputs.decode);
  const int status = report_failures(run.failures, run.done);
  if (run.done == run.pictures) return status;
  print_error(
      fmt::format("interrupted: {} of {} done", run.done, counted(run.pictures, "picture")));
  return diptych::exit_status(diptych::ErrorCode::cancelled);
}
