#include <diptych/error.h>
#include <diptych/pull.h>
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "console.h"
#include "interruption.h"
#include "progress.h"

namespace {

using diptych::PulledFile;
using diptych::PullProgress;
using diptych::PullResult;

constexpr std::uint64_t kMegabyte = 1'000'000;

struct PullArguments {
  std::vector<std::string> models;
  diptych::PullOptions pull;
  bool json = false;
};

constexpr const char* kPullExamples =
    "Examples:\n"
    "  diptych pull openai/ViT-B-32\n"
    "  diptych pull ViT-B-16-SigLIP/webli hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K\n"
    "  diptych pull openai/ViT-B-32 --from local-dir:/media/models\n"
    "HF_ENDPOINT, HF_TOKEN, https_proxy and no_proxy count; DIPTYCH_CACHE says where models go.";

/// One bar a file and phase.
class PullBar {
 public:
  void show(const PullProgress& progress) {
    const bool fetching = progress.phase == PullProgress::Phase::fetching;
    const std::string what = (fetching ? "MB of " : "MB checked of ") + progress.file;
    if (what != what_ || !bar_) {
      what_ = what;
      bar_.emplace(what);
      bar_->begin_at(progress.resumed / kMegabyte);
    }
    bar_->show(progress.done / kMegabyte, progress.total / kMegabyte);
  }
  void clear() { bar_.reset(); }

 private:
  std::string what_;
  std::optional<Progress> bar_;
};

Json to_json(const PullResult& result) {
  Json files = Json::array();
  for (const PulledFile& file : result.files) {
    files.push_back({{"path", file.path.string()},
                     {"bytes", file.bytes},
                     {"sha256", file.sha256.empty() ? Json() : Json(file.sha256)},
                     {"checked", name(file.check)},
                     {"fetched", file.fetched}});
  }
  return {{"model", result.model}, {"folder", result.folder.string()}, {"files", files}};
}

void print_text(const PullResult& result) {
  for (const PulledFile& file : result.files) {
    print_line(fmt::format("{}  {} bytes, {}, checked: {}", file.path.string(), file.bytes,
                           file.fetched ? "fetched" : "was there", name(file.check)));
  }
  if (result.files.empty()) print_line(result.model + "  is built in");
}

/// Ends a pull that the user interrupts.
void stop_if_requested(const Interruption& interruption, const std::string& model) {
  if (!interruption.requested()) return;
  throw diptych::Error(diptych::ErrorCode::cancelled,
                       fmt::format("interrupted: what was fetched is kept, and diptych pull {} "
                                   "goes on from there",
                                   model));
}

PullResult pull(const std::string& model, const PullArguments& options) {
  PullBar bar;
  const Interruption interruption("part of the file");
  diptych::PullOptions pull = options.pull;
  pull.progress = [&](const PullProgress& progress) {
    bar.show(progress);
    stop_if_requested(interruption, model);
  };
  pull.note = [&](const std::string& note) {
    bar.clear();
    print_error(note);
    stop_if_requested(interruption, model);
  };
  return diptych::pull_model(model, pull);
}

int pull_all(const PullArguments& options) {
  Json json = Json::array();
  for (const std::string& model : options.models) {
    const PullResult result = pull(model, options);
    if (options.json) {
      json.push_back(to_json(result));
    } else {
      print_text(result);
    }
  }
  if (options.json) print_json(json);
  return 0;
}

}  // namespace

void add_pull(Command program) {
  auto options = std::make_shared<PullArguments>();
  const Command command = program.command("pull", "Fetch published models into the cache");
  command.footer(kPullExamples);
  command.list("NAME", options->models, "names that `diptych models` lists").required();
  command.option("--from", options->pull.from,
                 "url, huggingface or local-dir:PATH; default: the model's first source");
  command.flag("--offline", options->pull.offline,
               "connect to nothing, only say whether the cache has it");
  command
      .option("--attempts", options->pull.attempts,
              "in a row without a further byte, after which to give up")
      .show_default();
  command
      .option("--stall-seconds", options->pull.stall_seconds,
              "without a byte, after which a connection counts as cut")
      .show_default();
  command.flag("--json", options->json, "print JSON instead of text");
  command.runs([options] { return pull_all(*options); });
}
