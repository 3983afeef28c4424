#include "curate_each.h"

#include <diptych/error.h>
#include <diptych/worker_share.h>
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "console.h"
#include "counted.h"

namespace {

using Paths = std::vector<std::filesystem::path>;

std::string name_without_packing(const std::filesystem::path& input) {
  const bool is_packed = input.extension() == ".gz" || input.extension() == ".zst";
  return (is_packed ? input.stem() : input.filename()).string();
}

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

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw diptych::Error(diptych::ErrorCode::io,
                         fmt::format("cannot make {}: {}", folder.string(), error.message()));
  }
}

bool are_there(const Paths& outputs) {
  return std::all_of(outputs.begin(), outputs.end(), [](const std::filesystem::path& output) {
    std::error_code ignored;
    return std::filesystem::exists(output, ignored);
  });
}

}  // namespace

Option each_option(Command command, std::filesystem::path& folder) {
  return command.option(
      "--each", [&folder](const std::string& text) { folder = text; },
      "an output for each input, in this folder: what is there is left as it is, and processes of "
      "Slurm, torchrun and mpirun share the inputs");
}

int for_each_input(const std::vector<std::string>& inputs, const std::filesystem::path& folder,
                   const std::vector<std::string>& endings,
                   const std::function<int(const std::filesystem::path&, const Paths&)>& work) {
  check_names(inputs);
  make_folder(folder);
  const diptych::WorkerShare share = diptych::worker_share();
  std::size_t mine = 0;
  std::size_t there = 0;
  std::size_t failed = 0;
  int status = 0;
  for (std::size_t i = share.index; i < inputs.size(); i += share.count) {
    ++mine;
    Paths outputs;
    for (const std::string& ending : endings)
      outputs.push_back(folder / (name_without_packing(inputs[i]) + ending));
    if (are_there(outputs)) {
      ++there;
      continue;
    }
    try {
      status = std::max(status, work(inputs[i], outputs));
    } catch (const diptych::Error& error) {
      print_error(error.what());
      ++failed;
      status = std::max(status, failed == mine ? diptych::exit_status(error.code()) : 1);
    }
  }
  const std::string whose = share.source.empty()
                                ? ""
                                : fmt::format(", of {} that {} processes share ({})", inputs.size(),
                                              share.count, share.source);
  print_note(fmt::format("{}{}: {} done now, {} before, {} failed", counted(mine, "input"), whose,
                         mine - there - failed, there, failed));
  return failed > 0 && failed < mine ? 1 : status;
}
