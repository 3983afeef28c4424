#include <diptych/error.h>
#include <diptych/finetune.h>
#include <fmt/core.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "commands.h"
#include "console.h"
#include "interruption.h"
#include "model_options.h"

namespace {

using diptych::FinetuneEpoch;
using diptych::FinetuneReport;
using diptych::FinetuneStart;

constexpr const char* kFinetuneExamples =
    "DATA is a folder with one folder of pictures a class, or a table (CSV, TSV) with the columns "
    "filepath and title.\n"
    "Examples:\n"
    "  diptych finetune photos/ --model openai/ViT-B-32 --name birds\n"
    "  diptych finetune captions.csv --model openai/ViT-B-32 --image-mode frozen --retain val/";

struct FinetuneArguments {
  diptych::FinetuneOptions finetune;
  std::string data;
  std::string retained;
  std::string logs = "logs";
  bool json = false;
};

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100.0 * share);
}

void announce(const FinetuneStart& start) {
  for (const std::string& note : start.notes) print_note(note);
  print_line(fmt::format("{} pictures to train on, {} to measure with{}", start.trained_on,
                         start.held_out,
                         start.classes == 0 ? "" : fmt::format(", {} classes", start.classes)));
  print_line(fmt::format("image tower {}, text tower {}, learning rate {}, {} pairs a step",
                         start.image_mode, start.text_mode, start.learning_rate, start.batch_size));
  print_line(fmt::format("before: {}", percent(start.before)));
  flush_output();
}

void print_epoch(const FinetuneEpoch& epoch) {
  print_line(
      fmt::format("epoch {}: loss {:.4f}, {}", epoch.epoch, epoch.loss, percent(epoch.held_out)));
  flush_output();
}

/// A line of the table; figures that there are not are blank.
void print_figures(const std::string& name, const std::optional<double>& before,
                   const std::optional<double>& probe, const std::optional<double>& after) {
  const auto text = [](const std::optional<double>& share) {
    return share ? percent(*share) : std::string();
  };
  print_line(
      fmt::format("{:<22} {:>10} {:>14} {:>10}", name, text(before), text(probe), text(after)));
}

void print_report(const FinetuneReport& report) {
  print_line(fmt::format("{:<22} {:>10} {:>14} {:>10}", "", "before", "linear probe", "after"));
  print_figures("held-out " + report.figure, report.start.before, report.start.linear_probe,
                report.after);
  if (report.retained_before)
    print_figures("retained accuracy", report.retained_before, {}, report.retained_after);
  if (report.best_epoch > 0) {
    print_line(fmt::format("epoch {}: {}", report.best_epoch, report.model.string()));
  } else {
    print_line("no epoch was better than the model as it was: no model is written");
  }
}

int run(FinetuneArguments& options) {
  // As `train`: libtorch reads it when it is loaded.
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
  options.finetune.data = options.data;
  options.finetune.retained = options.retained;
  options.finetune.logs = options.logs;
  const Interruption interruption("step");
  diptych::FinetuneCallbacks callbacks;
  callbacks.note = [](const std::string& sentence) { print_error(sentence); };
  callbacks.should_stop = [&] { return interruption.requested(); };
  if (!options.json) {
    callbacks.started = announce;
    callbacks.epoch = print_epoch;
  }
  const FinetuneReport report = diptych::finetune(options.finetune, callbacks);
  if (options.json) {
    print_line(diptych::to_json(report));
  } else {
    print_report(report);
  }
  const bool done = report.best_epoch > 0 && !report.stopped;
  return done ? 0 : diptych::exit_status(diptych::ErrorCode::cancelled);
}

void add_training_options(const Command& command, diptych::FinetuneOptions& options) {
  command.option("--image-mode", options.image_mode,
                 "what is trained of the image tower: full, frozen, lora:RANK; default: by the "
                 "number of pictures");
  command.option("--text-mode", options.text_mode, "the same of the text tower");
  command.option("--lr", options.learning_rate, "peak learning rate; 0: as suits the modes")
      .at_least(0)
      .show_default();
  command
      .option("--batch-size", options.batch_size,
              "pairs a step; 0: an eighth of the pictures, 8 to 64")
      .at_least(0, 1e6)
      .show_default();
  command.option("--epochs", options.epochs, "times through the data at most")
      .at_least(1, 1e6)
      .show_default();
  command
      .option("--patience", options.patience,
              "epochs without a better held-out figure that end the run")
      .at_least(1, 1e6)
      .show_default();
  command
      .option("--held-out", options.held_out, "part of the pictures that is kept to measure with")
      .above_zero()
      .show_default();
}

}  // namespace

void add_finetune(Command program) {
  auto options = std::make_shared<FinetuneArguments>();
  const Command command =
      program.command("finetune", "Tune a model to your own pictures, and say what it gained");
  command.footer(kFinetuneExamples);
  command.option("DATA", options->data, "class folders, or a table of pictures and captions")
      .required();
  add_model_option(command, options->finetune.model);
  add_training_options(command, options->finetune);
  command.option("--retain", options->retained,
                 "folder of class folders that is to be recognised as well as before");
  command.option("--name", options->finetune.name, "folder of the results in --logs")
      .show_default();
  command.option("--logs", options->logs, "folder of all runs").show_default();
  command.flag("--overwrite", options->finetune.overwrite,
               "remove what an earlier run of this name left");
  command.option("--seed", options->finetune.seed, "of the part kept out and of the training")
      .show_default();
  command.option("--device", options->finetune.device, "cpu, cuda, cuda:1, ...").show_default();
  command.option("--threads", options->finetune.threads, "threads that compute; 0: one a CPU")
      .at_least(0, 1024)
      .show_default();
  command.flag("--json", options->json, "one JSON object instead of text");
  command.runs([options] { return run(*options); });
}
