#include "curate_each.h"

#include <diptych/error.h>
#include <diptych/stage_folder.h>
#include <diptych/worker_share.h>
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <system_error>

#include "console.h"
#include "counted.h"
#include "json_text.h"

namespace {

using Paths = std::vector<std::filesystem::path>;

void check_names(const std::vector<std::string>& inputs) {
  std::set<std::string> names;
  for (const std::string& input : inputs) {
    if (names.insert(name_without_packing(input)).second) continue;
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         fmt::format("--each: got two inputs of one name, expected different ones "
                                     "({})",
                                     input));
  }
}

/// The file that a pipe's command is about: the last of its words with an ending, without what may
/// follow the path of a URL.
std::filesystem::path named_in(const std::string& pipe) {
  std::filesystem::path named;
  std::istringstream words(pipe.substr(pipe.find(':') + 1));
  for (std::string word; words >> word;) {
    const std::filesystem::path path = word.substr(0, word.find_first_of("?#'\""));
    if (path.has_extension()) named = path.filename();
  }
  if (!named.empty()) return named;
  throw diptych::Error(diptych::ErrorCode::invalid_argument,
                       fmt::format("--each: got a pipe without a file's name, by which its output "
                                   "is called, expected one ({})",
                                   pipe));
}

bool are_there(const Paths& outputs) {
  return std::all_of(outputs.begin(), outputs.end(), [](const std::filesystem::path& output) {
    std::error_code ignored;
    return std::filesystem::exists(output, ignored);
  });
}

/// Whether an input was written after one of its outputs.
bool is_newer(const std::string& input, const Paths& outputs) {
  std::error_code problem;
  const auto written = std::filesystem::last_write_time(input, problem);
  if (problem) return false;  // a pipe
  return std::any_of(outputs.begin(), outputs.end(), [&](const std::filesystem::path& output) {
    std::error_code unknown;
    const auto made = std::filesystem::last_write_time(output, unknown);
    return !unknown && made < written;
  });
}

Paths outputs_of(const EachInput& each, std::size_t input) {
  Paths outputs;
  for (const std::string& ending : each.endings)
    outputs.push_back(each.folder / (name_without_packing(each.inputs[input]) + ending));
  return outputs;
}

/// An input that is its own output would count as done.
void check_outputs(const EachInput& each) {
  std::set<std::filesystem::path> inputs;
  std::error_code unknown;
  for (const std::string& input : each.inputs)
    inputs.insert(std::filesystem::weakly_canonical(input, unknown));
  for (std::size_t i = 0; i < each.inputs.size(); ++i) {
    for (const std::filesystem::path& output : outputs_of(each, i)) {
      if (!inputs.contains(std::filesystem::weakly_canonical(output, unknown))) continue;
      throw diptych::Error(
          diptych::ErrorCode::invalid_argument,
          fmt::format("--each: got the inputs' own folder, in which an output is called as an "
                      "input is, expected another folder ({})",
                      output.string()));
    }
  }
}

/// What became of the inputs.
struct Tally {
  std::size_t mine = 0;
  std::size_t there = 0;
  std::size_t failed = 0;
  std::size_t empty = 0;  ///< of those done now
  std::size_t newer = 0;  ///< of those there, whose input was written after its output
};

void print_tally(const Tally& tally, std::size_t inputs, const diptych::WorkerShare& share) {
  const std::string whose =
      share.source.empty()
          ? ""
          : fmt::format(", of {} that {} processes share ({})", inputs, share.count, share.source);
  const std::string empty =
      tally.empty == 0 ? "" : fmt::format("; nothing came of {}", tally.empty);
  print_note(fmt::format("{}{}: {} done now, {} before, {} failed{}", counted(tally.mine, "input"),
                         whose, tally.mine - tally.there - tally.failed, tally.there, tally.failed,
                         empty));
  if (tally.newer == 0) return;
  print_note(
      fmt::format("inputs that were written after their outputs, which are left as they are: "
                  "{} (remove those outputs to have them done again)",
                  tally.newer));
}

}  // namespace

std::string name_without_packing(std::filesystem::path input) {
  if (input.native().starts_with("pipe:")) input = named_in(input.native());
  for (const char* packing : {".gz", ".zst", ".tgz", ".tar"}) {
    if (input.extension() == packing) input.replace_extension();
  }
  return input.filename().string();
}

Option each_option(Command command, std::filesystem::path& folder) {
  return command.option(
      "--each", [&folder](const std::string& text) { folder = text; },
      "an output for each input, in this folder: what is there is left as it is, and processes of "
      "Slurm, torchrun and mpirun share the inputs");
}

std::string command_without(Command command, const std::string& inputs) {
  return command.typed(
      {inputs, "--out", "--each", "--repair", "--threads", "--json", "--overwrite"});
}

int for_each_input(const EachInput& each, const WorkOnInput& work) {
  check_names(each.inputs);
  check_outputs(each);
  diptych::claim_folder(each.folder, each.stage, each.command);
  const diptych::WorkerShare share = diptych::worker_share();
  Tally tally;
  int status = 0;
  for (std::size_t i = share.index; i < each.inputs.size(); i += share.count) {
    ++tally.mine;
    const Paths outputs = outputs_of(each, i);
    if (are_there(outputs)) {
      ++tally.there;
      tally.newer += is_newer(each.inputs[i], outputs) ? 1 : 0;
      continue;
    }
    try {
      const StageResult result = work(each.inputs[i], i, outputs);
      if (result.written == 0) ++tally.empty;
      status = std::max(status, result.status);
    } catch (const diptych::Error& error) {
      print_error(error.what());
      ++tally.failed;
      const bool is_all = tally.failed == tally.mine;
      status = std::max(status, is_all ? diptych::exit_status(error.code()) : 1);
    }
  }
  print_tally(tally, each.inputs.size(), share);
  if (each.json && tally.mine == tally.there) {
    const Json report = {{"inputs", tally.mine}, {"done_now", 0}, {"done_before", tally.there}};
    print_json(report);
  }
  if (tally.mine > 0 && tally.empty == tally.mine) {
    return report_nothing_found("inputs: got some of which nothing came, expected a record",
                                status);
  }
  return tally.failed > 0 && tally.failed < tally.mine ? 1 : status;
}
