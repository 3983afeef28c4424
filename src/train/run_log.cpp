#include "train/run_log.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <torch/version.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/atomic_file.h"
#include "diptych/version.h"
#include "json/json.h"

namespace diptych::train {
namespace {

using Json = nlohmann::ordered_json;

std::string read_if_any(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// This process's command line, as the system knows it.
std::vector<std::string> command_line() {
  const std::string all = read_if_any("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < all.size();) {
    words.emplace_back(all.c_str() + begin);
    begin += words.back().size() + 1;
  }
  return words;
}

/// The starts that the file lists. One that is not as it was written is kept beside it, as
/// run.json.damaged.
Json earlier_starts(const std::filesystem::path& path) {
  const std::string text = read_if_any(path);
  const Json log = read_ordered_json(text).value_or(Json());
  const bool fits = log.is_object() && log.contains("starts") && log["starts"].is_array();
  if (fits) return log["starts"];
  if (!text.empty()) write_file(path.string() + ".damaged", text);
  return Json::array();
}

}  // namespace

void log_start(const RunFolder& folder, const TrainOptions& options, const RunRecord& record,
               const std::vector<std::string>& command, std::int64_t step,
               const std::vector<std::string>& changes) {
  TrainOptions settings = options;
  settings.resume.clear();
  settings.allow_change.clear();
  settings.overwrite = false;
  write_file(folder.path() / "options.toml", write_train_options(settings));

  const std::filesystem::path path = folder.path() / "run.json";
  std::error_code unknown;
  Json starts = step > 0 ? earlier_starts(path) : Json::array();
  starts.push_back({{"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
                    {"step", step},
                    {"diptych", version()},
                    {"libtorch", TORCH_VERSION},
                    {"command", command.empty() ? command_line() : command},
                    {"folder", std::filesystem::current_path(unknown).string()},
                    {"changes", changes}});
  const Json log = {{"starts", starts}, {"data", record.data}, {"model", record.model}};
  write_file(path, log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace diptych::train
