#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::train {

/// A number under its name.
struct NamedValue {
  std::string_view name;
  double value = 0.0;
};

/// A file of numbers by step that TensorBoard shows: TFRecords of Event messages.
class EventFile {
 public:
  /// Makes a new file in `folder`, which is made too. What other files there have of step
  /// `first_step` and after is no longer shown: the run goes on from before it. Throws Error(io).
  EventFile(const std::filesystem::path& folder, std::int64_t first_step);

  /// Appends the values of a step; they are on the disk's side of this process afterwards. Throws
  /// Error(io).
  void add(std::int64_t step, const std::vector<NamedValue>& values);

 private:
  void write(const std::string& event);

  std::filesystem::path path_;
  std::ofstream file_;
};

/// Returns one Event message with the values of a step.
std::string event_of(double wall_time, std::int64_t step, const std::vector<NamedValue>& values);

/// Returns a TFRecord: length, data and their checksums.
std::string tf_record(std::string_view data);

}  // namespace diptych::train
