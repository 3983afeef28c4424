#include <diptych/error.h>
#include <diptych/train.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "command.h"
#include "console.h"

namespace {

using diptych::AugmentOptions;
using diptych::TrainOptions;
using diptych::TrainProgress;

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych train --train-data 'shards/{000..099}.tar' --model ViT-B-32.json --batch-size 256 "
    "\\\n"
    "                --epochs 32 --lr 5e-4 --warmup 2000 --precision amp_bf16 --name first\n"
    "  diptych train run.toml --resume latest\n"
    "\n"
    "CONFIG is a TOML file with the same names: train-data = \"...\", lr = 5e-4. What is given on "
    "the\n"
    "command line wins over it.";

struct Options {
  TrainOptions train;
  std::string config;
  std::string background;
  std::string csv_separator;
  bool json = false;
};

/// Set by the first SIGINT or SIGTERM: the run saves its state and ends.
std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int /*signal*/) {
  stop_requested = true;
}

/// One entry of a TOML config as the text CLI11 would have read from the command line.
std::string option_text(const toml::node& node, std::string_view name) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  throw diptych::Error(diptych::ErrorCode::invalid_argument,
                       fmt::format("config: {}: expected text, a number or a list of them", name));
}

std::vector<std::string> option_texts(const toml::node& node, std::string_view name) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return {option_text(node, name)};
  std::vector<std::string> texts;
  for (const toml::node& entry : *list) texts.push_back(option_text(entry, name));
  return texts;
}

/// Gives every option that the command line left alone what the config says.
void apply_config(CLI::App& command, const std::string& path) {
  toml::table config;
  try {
    config = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         fmt::format("config: {} (line {} of {})", error.description(),
                                     error.source().begin.line, path));
  }
  for (const auto& [key, value] : config) {
    const std::string name(key.str());
    CLI::Option* option = command.get_option_no_throw("--" + name);
    if (option == nullptr) {
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           fmt::format("config: there is no option '{}' ({})", name, path));
    }
    if (option->count() > 0) continue;
    option->add_result(option_texts(value, name));
    option->run_callback();
  }
}

void declare_data(CLI::App& command, Options& options) {
  TrainOptions& train = options.train;
  command.add_option("--train-data", train.train_data,
                     "tar shards or CSV tables: a path, a brace range, a folder, several by '::'");
  command.add_option("--csv-separator", options.csv_separator,
                     "one character between columns (default: by the header row)");
  command.add_option("--csv-img-key", train.csv_image_key, "column of the picture's path")
      ->capture_default_str();
  command.add_option("--csv-caption-key", train.csv_caption_key, "column of the caption")
      ->capture_default_str();
  command.add_option("--json-text-key", train.json_text_key,
                     "key of a sample's .json with its caption, or a list to draw one from");
  command.add_option("--group-key", train.group_key,
                     "key of a sample's .json: pairs of one group are not each other's negatives");
  command.add_option("--workers", train.workers, "threads that read and augment; 0: one a CPU")
      ->capture_default_str();
}

void declare_model(CLI::App& command, Options& options) {
  TrainOptions& train = options.train;
  command.add_option("--model", train.model,
                     "an open_clip config (JSON) to train from nothing, or a model to go on from");
  command.add_option("--tokenizer", train.tokenizer,
                     "clip, chinese, or a WordPiece vocabulary file (default: as the model says)");
  command.add_option("--background", options.background,
                     "R,G,B that transparent pictures are laid on (default: as the model says)");
}

void declare_optimisation(CLI::App& command, Options& options) {
  TrainOptions& train = options.train;
  command.add_option("--batch-size", train.batch_size, "pairs a step")->capture_default_str();
  command.add_option("--epochs", train.epochs, "times through the data")->capture_default_str();
  command.add_flag("--siglip", train.siglip, "SigLIP's sigmoid loss instead of CLIP's");
  command.add_option("--lr", train.learning_rate, "peak learning rate")->capture_default_str();
  command.add_option("--beta1", train.beta1, "of AdamW")->capture_default_str();
  command.add_option("--beta2", train.beta2, "of AdamW")->capture_default_str();
  command.add_option("--eps", train.epsilon, "of AdamW")->capture_default_str();
  command.add_option("--wd", train.weight_decay, "weight decay, on matrices only")
      ->capture_default_str();
  command.add_option("--warmup", train.warmup, "steps of linear warm-up")->capture_default_str();
  command.add_option("--lr-scheduler", train.schedule, "cosine or const")->capture_default_str();
  command.add_option("--grad-clip-norm", train.gradient_clip_norm, "largest gradient norm; 0: off")
      ->capture_default_str();
  command
      .add_option("--force-patch-dropout", train.patch_dropout,
                  "part of a ViT's patches left out of every step")
      ->capture_default_str();
  command.add_option("--precision", train.precision, "fp32 or amp_bf16")->capture_default_str();
}

void declare_augmentation(CLI::App& command, Options& options) {
  AugmentOptions& augment = options.train.augmentation;
  const auto number = [&command](const char* name, double& value, const char* meaning) {
    command.add_option(name, value, meaning)->capture_default_str();
  };
  number("--aug-min-scale", augment.min_scale, "random resized crop: least area kept");
  number("--aug-max-scale", augment.max_scale, "and largest");
  number("--aug-min-ratio", augment.min_ratio, "least width over height");
  number("--aug-max-ratio", augment.max_ratio, "and largest");
  number("--aug-zoom-out", augment.zoom_out_probability, "how often placed smaller on a canvas");
  number("--aug-min-zoom", augment.min_zoom, "its least side there");
  number("--aug-flip", augment.flip_probability, "how often mirrored");
  number("--aug-rotation", augment.rotation, "degrees either way at most");
  number("--aug-shear", augment.shear, "degrees either way at most");
  number("--aug-jitter", augment.jitter_probability, "how often colours are jittered");
  number("--aug-brightness", augment.brightness, "jitter: 1 - x to 1 + x");
  number("--aug-contrast", augment.contrast, "jitter: 1 - x to 1 + x");
  number("--aug-saturation", augment.saturation, "jitter: 1 - x to 1 + x");
  number("--aug-hue", augment.hue, "jitter: -x to x turns, at most 0.5");
  number("--aug-grey", augment.grey_probability, "how often made grey");
  number("--aug-blur", augment.blur_probability, "how often blurred");
  number("--aug-posterise", augment.posterise_probability, "how often given fewer colours");
  number("--aug-solarise", augment.solarise_probability, "how often light colours are inverted");
  number("--aug-sharpen", augment.sharpen_probability, "how often sharpened");
  number("--aug-erase", augment.erase_probability, "how often a rectangle is erased");
  command
      .add_option("--random-background", options.train.random_background,
                  "how often a transparent picture gets a random background")
      ->capture_default_str();
}

void declare_running(CLI::App& command, Options& options) {
  TrainOptions& train = options.train;
  command.add_option("--device", train.device, "cpu, cuda, cuda:1, ...")->capture_default_str();
  command.add_option("--threads", train.threads, "threads that compute; 0: one a CPU")
      ->capture_default_str();
  command.add_option("--seed", train.seed, "of weights, order, captions and augmentation")
      ->capture_default_str();
  command.add_option("--logs", train.logs, "folder of all runs")->capture_default_str();
  command.add_option("--name", train.name, "of this run's folder")->capture_default_str();
  command.add_option("--resume", train.resume, "a checkpoint to go on from, or 'latest'");
  command
      .add_option("--save-frequency", train.save_frequency,
                  "epochs between kept checkpoints; 0: only the latest")
      ->capture_default_str();
  command
      .add_option("--save-every-n-steps", train.save_every_steps,
                  "steps between writes of the latest checkpoint; 0: at an epoch's end")
      ->capture_default_str();
  command.add_option("--log-every-n-steps", train.report_every_steps, "steps between reports")
      ->capture_default_str();
  command.add_flag("--json", options.json, "one JSON object a report, on standard output");
}

std::string report_line(const TrainProgress& progress) {
  return fmt::format(
      "epoch {}/{} step {}/{} loss {:.4f} scale {:.2f} lr {:.3g} grad {:.2f} {:.0f} pairs/s "
      "({:.3f} s a step, {:.3f} s of it waiting for data){}",
      progress.epoch + 1, progress.epochs, progress.step, progress.total_steps, progress.loss,
      progress.logit_scale, progress.learning_rate, progress.gradient_norm,
      progress.pairs_per_second, progress.step_seconds, progress.data_seconds,
      progress.refused == 0
          ? ""
          : fmt::format(", {} samples refused, last: {}", progress.refused, progress.last_problem));
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
          {"refused", progress.refused}};
}

void parse_separator(Options& options) {
  if (options.csv_separator.empty()) return;
  const std::string& text = options.csv_separator;
  if (text != "\\t" && text.size() != 1) {
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("train: csv-separator: got '{}', expected one character", text));
  }
  options.train.csv_separator = text == "\\t" ? '\t' : text.front();
}

void parse_background(Options& options) {
  if (options.background.empty()) return;
  std::array<int, 3> channels{};
  char after = '\0';
  const int fields = std::sscanf(options.background.c_str(), "%d,%d,%d%c", &channels[0],
                                 &channels[1], &channels[2], &after);
  std::array<std::uint8_t, 3> colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (fields != 3 || channels[i] < 0 || channels[i] > 255) {
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           fmt::format("train: background: got '{}', expected R,G,B, each 0 to 255",
                                       options.background));
    }
    colour[i] = static_cast<std::uint8_t>(channels[i]);
  }
  options.train.background = colour;
}

int run(Options& options) {
  parse_separator(options);
  parse_background(options);
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  diptych::TrainCallbacks callbacks;
  callbacks.should_stop = [] { return stop_requested.load(); };
  callbacks.report = [&options](const TrainProgress& progress) {
    if (options.json) {
      print_json(report_json(progress), -1);
    } else {
      print_line(report_line(progress));
    }
    flush_output();  // whoever follows a log file wants the line now
  };
  const diptych::TrainResult result = diptych::run_training(options.train, callbacks);
  if (options.json) {
    print_json(
        {{"steps", result.steps}, {"finished", result.finished}, {"model", result.model.string()}},
        -1);
  } else if (result.finished) {
    print_line(fmt::format("trained {} steps: {}", result.steps, result.model.string()));
  } else {
    print_line(fmt::format("stopped after {} steps; go on with --resume latest", result.steps));
  }
  return result.finished ? 0 : diptych::exit_status(diptych::ErrorCode::cancelled);
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("train", "Train two towers on pictures and their captions");
  command->footer(kExamples);
  command->add_option("CONFIG", options->config, "a TOML file with the options below");
  declare_data(*command, *options);
  declare_model(*command, *options);
  declare_optimisation(*command, *options);
  declare_augmentation(*command, *options);
  declare_running(*command, *options);
  command->callback([options, command, &action] {
    if (!options->config.empty()) apply_config(*command, options->config);
    action = [options] { return run(*options); };
  });
}
