#include "pictures.h"

#include <diptych/error.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "console.h"
#include "inputs.h"
#include "interruption.h"
#include "picture_options.h"
#include "progress.h"

namespace {

constexpr std::size_t kDefaultBatch = 32;

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

PictureRun run_in_batches(
    std::span<const std::filesystem::path> pictures, int batch,
    const std::function<BatchOutcome(std::size_t first,
                                     std::span<const std::filesystem::path> pictures)>& work) {
  const std::size_t step = batch > 0 ? static_cast<std::size_t>(batch) : kDefaultBatch;
  PictureRun run{.pictures = pictures.size()};
  const Interruption interruption;
  Progress progress("pictures");
  while (run.done < run.pictures && !interruption.requested()) {
    const std::size_t count = std::min(step, run.pictures - run.done);
    BatchOutcome outcome = work(run.done, pictures.subspan(run.done, count));
    for (diptych::Failure& failure : outcome.failures) {
      failure.index += run.done;
      run.failures.push_back(std::move(failure));
    }
    run.counts.add(outcome.counts);
    run.done += count;
    progress.show(run.done, run.pictures);
  }
  return run;
}

std::vector<Json> picture_records(
    std::span<const std::filesystem::path> pictures, const std::vector<std::size_t>& inputs,
    const std::vector<diptych::Failure>& failures,
    const std::function<void(std::size_t row, Json& record)>& answer) {
  std::vector<Json> records;
  for (const std::filesystem::path& picture : pictures) {
    records.push_back({{"image", path_json(picture)}});
  }
  for (std::size_t row = 0; row < inputs.size(); ++row) answer(row, records[inputs[row]]);
  for (const diptych::Failure& failure : failures) {
    records[failure.index]["error"] = failure.message;
  }
  return records;
}

int report(const PictureRun& run, const PictureInputs& inputs) {
  print_picture_notes(run.counts, inputs.decode);
  const int status = report_failures(run.failures, run.done);
  if (run.done == run.pictures) return status;
  print_error(fmt::format("interrupted: {} of {} pictures done", run.done, run.pictures));
  return diptych::exit_status(diptych::ErrorCode::cancelled);
}
