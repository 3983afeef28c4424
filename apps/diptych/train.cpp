#include <diptych/error.h>
#include <diptych/train.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "interruption.h"
#include "launcher.h"
#include "train_config.h"
#include "train_data_report.h"
#include "train_plan.h"

namespace {

using diptych::TrainOptionInfo;
using diptych::TrainOptions;
using diptych::TrainProgress;

constexpr const char* kTrainExamples =
    "Examples:\n"
    "  diptych train --train-data 'shards/{000..099}.tar' --model ViT-B-32 --batch-size 256 "
    "\\\n"
    "                --epochs 32 --lr 5e-4 --warmup 2000 --precision amp_bf16 --name first\n"
    "  diptych train run.toml --resume latest\n"
    "\n"
    "CONFIG is a TOML file with the same names: train-data = \"...\", lr = 5e-4. What is given on "
    "the\n"
    "command line wins over it. Tables [[stage]] in it are runs one after the other, each from the "
    "model\n"
    "of the one before, with options of their own.";

/// An option of the table that all trainings have, as the command line has it.
struct DeclaredOption {
  std::string_view name;
  Option option;
};

struct TrainArguments {
  TrainOptions train;                ///< of the whole, or of one stage
  std::vector<TrainOptions> stages;  ///< one after the other; empty: there is one run
  std::string config;
  std::optional<std::string> write_config;
  bool plan = false;
  bool json = false;
};

std::string start_line(const diptych::TrainStart& start) {
  const std::string place =
      start.steps_done > 0 ? fmt::format("going on at step {} of", start.steps_done) : "training";
  const std::string trained =
      start.trained == start.parameters ? "" : fmt::format(", {} trained", start.trained);
  const std::string shared =
      start.processes > 1 ? fmt::format(" shared by {} processes", start.processes) : "";
  return fmt::format("{} {}: {} of {}, {} a step{}; {} parameters{}; in {}", place,
                     counted(start.total_steps, "step"), counted(start.epochs, "epoch"),
                     counted(start.pairs, "pair"), start.batch_size, shared, start.parameters,
                     trained, start.folder.string());
}

Json start_json(const diptych::TrainStart& start) {
  return {{"pairs", start.pairs},
          {"batch_size", start.batch_size},
          {"processes", start.processes},
          {"epochs", start.epochs},
          {"steps_done", start.steps_done},
          {"total_steps", start.total_steps},
          {"parameters", start.parameters},
          {"trained", start.trained},
          {"folder", start.folder.string()},
          {"notes", start.notes}};
}

void announce(const diptych::TrainStart& start, bool json) {
  for (const std::string& note : start.notes) print_note(note);
  if (json) {
    print_json(start_json(start), -1);
  } else {
    print_line(start_line(start));
  }
  flush_output();
}

std::string flag(const TrainOptionInfo& info) {
  return "--" + std::string(info.name);
}

OptionTexts given(const std::vector<DeclaredOption>& declared) {
  OptionTexts texts;
  for (const auto& [name, option] : declared) {
    if (const auto text = option.given()) texts.emplace_back(name, *text);
  }
  return texts;
}

std::vector<DeclaredOption> declare(Command command) {
  const TrainOptions defaults;
  std::vector<DeclaredOption> declared;
  for (const TrainOptionInfo& info : diptych::train_option_infos()) {
    const std::string meaning(info.meaning);
    const std::string full = fmt::format("{} ({})", info.meaning, info.accepted);
    Option option =
        info.is_switch ? command.flag(flag(info), meaning) : command.option(flag(info), full);
    if (!info.is_switch) option.show_default(train_option(defaults, info.name));
    declared.push_back({info.name, option.heading(std::string(info.heading))});
  }
  return declared;
}

/// What the steps since the last report gave.
std::string figures(const TrainProgress& progress) {
  if (std::isnan(progress.loss)) return "no step was taken since the last report";
  return fmt::format(
      "loss {:.4f} scale {:.2f} lr {:.3g} grad {:.2f} {:.0f} pairs/s ({:.3f} s a step, {:.3f} s of "
      "it waiting for data)",
      progress.loss, progress.logit_scale, progress.learning_rate, progress.gradient_norm,
      progress.pairs_per_second, progress.step_seconds, progress.data_seconds);
}

std::string report_line(const TrainProgress& progress) {
  std::string line = fmt::format("epoch {}/{} step {}/{} {}", progress.epoch + 1, progress.epochs,
                                 progress.step, progress.total_steps, figures(progress));
  if (progress.refused > 0) {
    line += fmt::format(", {} refused, last: {}", counted(progress.refused, "sample"),
                        progress.last_problem);
  }
  if (progress.skipped_steps > 0)
    line += fmt::format(", {} left out", counted(progress.skipped_steps, "step"));
  return line;
}

Json report_json(const TrainProgress& progress) {
  return {{"epoch", progress.epoch},
          {"step", progress.step},
          {"total_steps", progress.total_steps},
          {"loss", progress.loss},
          {"logit_scale", progress.logit_scale},
          {"lr", progress.learning_rate},
          {"grad_norm", progress.gradient_norm},
          {"pairs_per_second", progress.pairs_per_second},
          {"step_seconds", progress.step_seconds},
          {"data_seconds", progress.data_seconds},
          {"skipped_steps", progress.skipped_steps},
          {"refused", progress.refused},
          {"refused_by_reason", refused_json(progress.refused_by_reason)},
          {"captions_left_out", refused_json(progress.captions_left_out)}};
}

/// A new file, or standard output for "-".
void write_config(const TrainArguments& options) {
  const std::string text = diptych::write_train_options(options.train);
  if (*options.write_config == "-") return print_line(text);
  std::FILE* file = std::fopen(options.write_config->c_str(), "wx");
  const bool written =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file == nullptr || std::fclose(file) != 0 || !written) {
    throw diptych::Error(diptych::ErrorCode::io,
                         fmt::format("write-config: cannot write {}: {}", *options.write_config,
                                     std::strerror(errno)));
  }
}

/// libtorch's threads spin while they wait for each other, which takes four to eight times the CPU
/// time where others want it too. It reads this when it is loaded, which run_training does.
void wait_without_spinning() {
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
}

/// Says what a training would take, or does this process's part of finding out.
int plan(const TrainArguments& options, const diptych::TrainProcess& process) {
  wait_without_spinning();
  if (process.rank == 0 && !options.train.resume.empty())
    print_note("resume: not used by --plan: it plans the whole run, what is done already included");
  const diptych::TrainPlan plan = diptych::plan_training(options.train, process);
  if (process.rank > 0) return 0;
  if (options.json) {
    print_json(plan_json(plan), -1);
  } else {
    print_plan(plan);
  }
  return 0;
}

void print_result(const diptych::TrainResult& result) {
  print_refused("refused: ", result.refused_by_reason);
  print_refused("captions left out: ", result.captions_left_out);
  const std::string steps = counted(result.steps, "step");
  if (result.finished) {
    print_line(fmt::format("trained {}: {}", steps, result.model.string()));
  } else if (result.steps > 0) {
    print_line(fmt::format("stopped after {}; go on with --resume latest", steps));
  } else {
    print_line("stopped within the first step; there is nothing to go on with");
  }
}

void check_actions(const TrainArguments& options) {
  if (options.plan && options.write_config) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         "--plan: got it with --write-config, expected one of them");
  }
}

/// Says what a training does, as far as this process is the one that says it.
diptych::TrainCallbacks callbacks_of(const TrainArguments& options,
                                     const diptych::TrainProcess& process,
                                     std::optional<Interruption>& interruption) {
  diptych::TrainCallbacks callbacks;
  callbacks.started = [&](const auto& start) {
    const bool leads = process.rank == 0;
    // Before the start there is nothing to save.
    interruption.emplace(!leads ? "" : process.world > 1 ? "step" : "block of layers");
    if (leads) announce(start, options.json);
  };
  callbacks.note = [](const std::string& sentence) { print_error(sentence); };
  callbacks.data_opened = [&options](const diptych::TrainDataSummary& data) {
    if (options.json) {
      print_json(data_json(data), -1);
    } else {
      print_data(data);
    }
    flush_output();
  };
  callbacks.should_stop = [&] { return interruption && interruption->requested(); };
  callbacks.report = [&options](const TrainProgress& progress) {
    if (options.json) {
      print_json(report_json(progress), -1);
    } else {
      print_line(report_line(progress));
    }
    flush_output();  // whoever follows a log file wants the line now
  };
  return callbacks;
}

Json result_json(const diptych::TrainResult& result) {
  return {{"steps", result.steps},
          {"finished", result.finished},
          {"skipped_steps", result.skipped_steps},
          {"model", result.model.string()},
          {"averaged_model", result.averaged_model.string()},
          {"refused", result.refused},
          {"refused_by_reason", refused_json(result.refused_by_reason)},
          {"captions_left_out", refused_json(result.captions_left_out)}};
}

/// Trains, or does this process's part of a training.
int train(const TrainArguments& options, const diptych::TrainProcess& process) {
  wait_without_spinning();
  std::optional<Interruption> interruption;
  const diptych::TrainResult result =
      diptych::run_training(options.train, callbacks_of(options, process, interruption), process);
  // The first process says what became of the run, and its status is the run's.
  if (process.rank > 0) return 0;
  if (options.json) {
    print_json(result_json(result), -1);
  } else {
    print_result(result);
  }
  return result.finished ? 0 : diptych::exit_status(diptych::ErrorCode::cancelled);
}

int train_or_plan(const TrainArguments& options, const diptych::TrainProcess& process) {
  return options.plan ? plan(options, process) : train(options, process);
}

/// Does a part of a training that `launch_processes` has started, which says why others ended.
int train_launched(const TrainArguments& options, const diptych::TrainProcess& process) {
  try {
    return train_or_plan(options, process);
  } catch (const diptych::Error& error) {
    if (error.code() == diptych::ErrorCode::cancelled) return kEndedByOthers;
    if (process.rank == 0) throw;
    throw diptych::Error(error.code(), fmt::format("rank {}: {}", process.rank, error.what()));
  }
}

int run(const TrainArguments& options) {
  check_actions(options);
  if (options.write_config) {
    write_config(options);
    return 0;
  }
  if (const auto process = launched_process()) return train_launched(options, *process);
  const diptych::TrainProcess process = diptych::train_process_of_environment(options.train);
  if (options.train.processes == 1 || process.world > 1) return train_or_plan(options, process);
  diptych::check_train_options(options.train);
  std::vector<std::string> flags;
  if (options.json) flags.emplace_back("--json");
  if (options.plan) flags.emplace_back("--plan");
  return launch_processes(options.train, flags);
}

/// What would be found out after the first stages is said before them.
void check_stages(const TrainArguments& options) {
  if (options.write_config) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         "--write-config: got a config with stages, expected one without");
  }
  if (diptych::train_process_of_environment(options.train).world > 1 && !launched_process()) {
    throw diptych::Error(diptych::ErrorCode::unsupported,
                         "config: got stages in processes that another program started, expected "
                         "--nproc, or a run for each stage");
  }
  for (const TrainOptions& stage : options.stages) {
    diptych::check_train_options(stage);
    const auto folder = stage.logs / stage.name;
    if (!stage.resume.empty() || stage.overwrite || !exists(folder) || is_empty(folder)) continue;
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("train: {} holds a stage: --resume latest goes on with it, --overwrite removes "
                    "it, --name takes another folder",
                    folder.string()));
  }
}

void announce_stage(const TrainArguments& options, std::size_t number) {
  const std::string& name = options.stages[number - 1].name;
  if (options.json) {
    print_json({{"stage", name}, {"number", number}, {"stages", options.stages.size()}}, -1);
  } else {
    print_line(fmt::format("stage {} of {}: {}", number, options.stages.size(), name));
  }
  flush_output();
}

/// One stage after the other, each from the model of the one before. Of a plan, which makes no
/// model, all are of the first one's.
int run_stages(const TrainArguments& options) {
  check_stages(options);
  for (std::size_t i = 0; i < options.stages.size(); ++i) {
    announce_stage(options, i + 1);
    TrainArguments stage = options;
    stage.train = options.stages[i];
    if (options.plan) stage.train.model = options.stages.front().model;
    if (const int status = run(stage); status != 0) return status;
  }
  return 0;
}

}  // namespace

void add_train(Command program) {
  auto options = std::make_shared<TrainArguments>();
  const Command command =
      program.command("train", "Train two towers on pictures and their captions");
  command.footer(kTrainExamples);
  command.option("CONFIG", options->config, "a TOML file with the options below");
  command.option("--write-config", options->write_config,
                 "write all options, as they are given, to a new TOML file or to - and end");
  command.flag("--plan", options->plan,
               "do a few steps, say what memory and time the run would take, and end; nothing is "
               "written");
  command.flag("--json", options->json, "one JSON object a report, on standard output");
  command.runs([options, declared = declare(command)] {
    const TrainConfig config =
        options->config.empty() ? TrainConfig() : read_train_config(options->config);
    const OptionTexts command_line = given(declared);
    apply(config.options, options->train);
    apply(command_line, options->train);
    if (config.stages.empty()) return run(*options);
    options->stages = stages_of(config, command_line, options->train);
    return run_stages(*options);
  });
}
