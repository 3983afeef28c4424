#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "diptych/train.h"
#include "train/event_file.h"

namespace diptych::train {

/// Returns the numbers of a report that are kept and shown, under open_clip's names where it has
/// them.
std::vector<NamedValue> values_of(const TrainProgress& progress);

/// The reports of a run, a line of JSON each, in a file that all of its starts share.
class RunHistory {
 public:
  /// Goes on with the file, or makes it: reports after `steps_done` are of steps that will be done
  /// anew, and go. Throws Error(io).
  RunHistory(std::filesystem::path path, std::int64_t steps_done);

  /// Appends a report; a file that was removed meanwhile gets all of them again. Throws Error(io).
  void add(const TrainProgress& progress);

  struct Entry {
    std::int64_t step = 0;
    std::vector<double> values;  ///< in the order of `values_of`
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void keep(std::int64_t steps_done);

  std::filesystem::path path_;
  std::ofstream file_;
  std::string lines_;  ///< all that the file has
  std::vector<Entry> entries_;
};

}  // namespace diptych::train
