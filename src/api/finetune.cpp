#include "diptych/finetune.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "api/finetune_data.h"
#include "api/finetune_figures.h"
#include "api/finetune_page.h"
#include "api/picture_copies.h"
#include "base/append.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "diptych/convert.h"
#include "diptych/evaluate.h"
#include "diptych/train.h"
#include "evaluate/class_folders.h"
#include "evaluate/label_list.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using api::OwnData;

constexpr std::string_view kFrozen = "frozen";

/// Fewer numbers are trained the fewer pictures there are: what is learnt of a handful by heart
/// helps nobody. Towers without blocks of matrices have no low-rank mode.
std::string chosen_mode(std::size_t pictures, const TowerInfo& tower) {
  constexpr std::size_t kFew = 200;
  constexpr std::size_t kMany = 5000;
  if (pictures > kMany) return "full";
  if (tower.heads == 0 || tower.layers.size() > 1) return std::string(kFrozen);
  return pictures < kFew ? "lora:4" : "lora:16";
}

/// What the files of a model need not be asked for.
FinetuneStart choose(const FinetuneOptions& options, const ModelInfo& model, const OwnData& data) {
  FinetuneStart start{.trained_on = data.training.size(),
                      .held_out = data.held_out.size(),
                      .classes = data.classes.size(),
                      .image_mode = options.image_mode,
                      .text_mode = options.text_mode,
                      .learning_rate = options.learning_rate,
                      .batch_size = options.batch_size,
                      .notes = data.notes};
  std::vector<std::string> notes = evaluate::list_notes("class name", data.classes);
  append(start.notes, notes);
  if (start.image_mode.empty()) start.image_mode = chosen_mode(start.trained_on, model.image_tower);
  if (start.text_mode.empty()) start.text_mode = chosen_mode(start.trained_on, model.text_tower);
  const bool full = start.image_mode == "full" || start.text_mode == "full";
  if (start.learning_rate == 0.0) start.learning_rate = full ? 1e-5 : 5e-4;
  if (start.batch_size == 0)
    start.batch_size = static_cast<int>(std::clamp<std::size_t>(start.trained_on / 8, 8, 64));
  start.batch_size = std::min(start.batch_size, static_cast<int>(start.trained_on));
  return start;
}

/// What `choose` would, of data and a model that nobody has looked at yet: enough to check what was
/// said.
FinetuneStart anything_chosen(const FinetuneOptions& options) {
  constexpr int kFewestPairs = 8;
  return {.image_mode = options.image_mode.empty() ? "full" : options.image_mode,
          .text_mode = options.text_mode.empty() ? "full" : options.text_mode,
          .learning_rate = options.learning_rate,
          .batch_size = options.batch_size == 0 ? kFewestPairs : options.batch_size};
}

bool has_equal_captions(const std::vector<api::OwnPicture>& pictures) {
  std::set<std::string_view> captions;
  return std::any_of(pictures.begin(), pictures.end(), [&](const api::OwnPicture& picture) {
    return !captions.insert(picture.caption).second;
  });
}

TrainOptions train_options(const FinetuneOptions& options, const FinetuneStart& start,
                           const OwnData& data, const fs::path& table) {
  TrainOptions train;
  train.train_data = table.string();
  train.csv_separator = ',';
  train.upright = "yes";  // as classify and search will read them
  train.group_captions = has_equal_captions(data.training);
  train.model = options.model.empty() ? "pictogram" : options.model;
  train.image_mode = start.image_mode;
  train.text_mode = start.text_mode;
  train.batch_size = start.batch_size;
  train.epochs = options.epochs;
  train.learning_rate = start.learning_rate;
  train.weight_decay = 0.1;
  train.warmup_share = 0.05;
  train.gradient_clip_norm = 1.0;
  train.augmentation.min_scale = 0.6;
  train.device = options.device;
  train.threads = options.threads;
  train.seed = options.seed;
  train.logs = options.logs;
  train.name = options.name;
  train.overwrite = options.overwrite;
  train.save_frequency = 0;
  train.report_every_steps = 1;
  return train;
}

/// One tuning, from the data to the model that is kept.
class Tuning {
 public:
  Tuning(const FinetuneOptions& options, const FinetuneCallbacks& callbacks)
      : options_(options), callbacks_(callbacks), folder_(options.logs / options.name) {}

  FinetuneReport run() {
    measure_before();
    if (callbacks_.started) callbacks_.started(report_.start);
    train();
    keep_best();
    write_file(folder_ / "report.json", to_json(report_) + "\n");
    write_file(folder_ / "report.html", api::finetune_page(report_));
    return std::move(report_);
  }

 private:
  void measure_before() {
    const Encoder encoder(Model::load(options_.model), {.threads = options_.threads});
    const ModelInfo& info = encoder.model().info();
    const PromptLanguage language =
        info.tokenizer == "chinese" ? PromptLanguage::chinese : PromptLanguage::english;
    data_ = api::read_own_data(options_, language);
    report_.start = choose(options_, info, data_);
    report_.figure = data_.classes.empty() ? "mean recall" : "accuracy";
    const api::HeldOutFigure before = api::held_out_figure(encoder, data_);
    report_.start.before = report_.after = before.value;
    note_unreadable("kept out", before.failures);
    if (data_.classes.empty()) note_on_few();
    if (const auto probe = api::linear_probe_figure(encoder, data_)) {
      report_.start.linear_probe = probe->value;
      note_unreadable("to train on", probe->failures);
    }
    if (options_.retained.empty()) return;
    const api::HeldOutFigure retained_figure = api::retained_accuracy(encoder, options_.retained);
    report_.retained_before = retained_figure.value;
    note_unreadable("retained", retained_figure.failures);
    const auto retained = evaluate::read_class_folders(options_.retained).images;
    const std::size_t copies = api::count_copies(retained, api::paths_of(data_.training));
    if (copies > 0) {
      report_.start.notes.push_back(
          fmt::format("copies of pictures that are trained on: {} of {} retained, which say "
                      "nothing of what is forgotten",
                      copies, retained.size()));
    }
  }

  void note_unreadable(std::string_view which, const std::vector<Failure>& failures) {
    if (failures.empty()) return;
    report_.start.notes.push_back(fmt::format("{} pictures {} cannot be read, the first: {}",
                                              failures.size(), which, failures.front().message));
  }

  /// Among ten pictures or fewer the right one is always among the first ten.
  void note_on_few() {
    constexpr std::size_t kWidest = 10;
    std::set<fs::path> pictures;
    for (const api::OwnPicture& picture : data_.held_out) pictures.insert(picture.path);
    if (pictures.size() > kWidest) return;
    report_.start.notes.push_back(
        fmt::format("of {} pictures kept out the right one is always among the first {}, so that "
                    "the mean recall looks better than it is",
                    pictures.size(), kWidest));
  }

  void train() {
    const fs::path table = folder_ / "training.csv";
    const bool made = make_folders(folder_);
    for (const char* earlier : {"report.json", "report.html", "best.safetensors"})
      fs::remove(folder_ / earlier);
    api::write_table(table, data_.training);
    api::write_table(folder_ / "held_out.csv", data_.held_out);
    TrainCallbacks callbacks;
    callbacks.note = callbacks_.note;
    callbacks.data_opened = [this](const TrainDataSummary& data) {
      // Of classes the others would say that captions are the same.
      note_all(data_.classes.empty() ? data.notes : data.picture_notes);
    };
    callbacks.report = [this](const TrainProgress& progress) { loss_ = progress.loss; };
    callbacks.epoch_ended = [this](int epoch, const fs::path& checkpoint) {
      measure(epoch, checkpoint);
    };
    callbacks.should_stop = [this] { return should_stop(); };
    bool has_begun = false;
    callbacks.started = [&](const TrainStart& start) {
      has_begun = true;
      note_all(start.notes);
    };
    TrainResult result;
    try {
      result = run_training(train_options(options_, report_.start, data_, table), callbacks);
    } catch (...) {
      if (!has_begun) leave_nothing(made);
      throw;
    }
    for (const RefusedData& refused : result.refused_by_reason) {
      if (callbacks_.note)
        callbacks_.note(fmt::format("refused: {} {}, the first: {}", refused.count,
                                    refused.description, refused.example));
    }
  }

  /// A training that was refused is no run.
  void leave_nothing(bool made) const {
    std::error_code ignored;
    for (const char* table : {"training.csv", "held_out.csv"}) fs::remove(folder_ / table, ignored);
    if (made) fs::remove(folder_, ignored);
  }

  void note_all(const std::vector<std::string>& notes) const {
    if (!callbacks_.note) return;
    for (const std::string& note : notes) callbacks_.note(note);
  }

  bool should_stop() {
    if (callbacks_.should_stop && callbacks_.should_stop()) report_.stopped = true;
    return report_.stopped || gave_up_;
  }

  void measure(int epoch, const fs::path& checkpoint) {
    const Encoder encoder(Model::load(checkpoint.string()), {.threads = options_.threads});
    const FinetuneEpoch done{
        .epoch = epoch, .loss = loss_, .held_out = api::held_out_figure(encoder, data_).value};
    report_.epochs.push_back(done);
    if (callbacks_.epoch) callbacks_.epoch(done);
    if (done.held_out > report_.after) {
      report_.after = done.held_out;
      report_.best_epoch = epoch;
      fs::copy_file(checkpoint, best(), fs::copy_options::overwrite_existing);
    }
    gave_up_ = epoch - report_.best_epoch >= options_.patience;
  }

  fs::path best() const { return folder_ / "best.safetensors"; }

  void keep_best() {
    report_.folder = folder_;
    report_.retained_after = report_.retained_before;
    if (report_.best_epoch == 0) return;
    const Model tuned = Model::load(best().string());
    report_.model = folder_ / "model";
    convert_model(tuned, report_.model, {.name = options_.name, .overwrite = true});
    std::error_code ignored;
    fs::remove(best(), ignored);
    if (options_.retained.empty()) return;
    const Encoder encoder(tuned, {.threads = options_.threads});
    report_.retained_after = api::retained_accuracy(encoder, options_.retained).value;
  }

  const FinetuneOptions& options_;
  const FinetuneCallbacks& callbacks_;
  const fs::path folder_;
  OwnData data_;
  FinetuneReport report_;
  double loss_ = 0.0;
  bool gave_up_ = false;
};

void check(const FinetuneOptions& options) {
  const auto require = [](bool good, std::string_view what, double got, std::string_view expected) {
    if (!good)
      fail(ErrorCode::invalid_argument, "finetune: {}: got {}, expected {}", what, got, expected);
  };
  require(options.held_out > 0.0 && options.held_out < 1.0, "held-out", options.held_out,
          "above 0 to below 1");
  require(options.epochs >= 1, "epochs", options.epochs, "at least 1");
  require(options.patience >= 1, "patience", options.patience, "at least 1");
  require(options.learning_rate >= 0.0, "lr", options.learning_rate, "at least 0");
  require(options.batch_size >= 0, "batch-size", options.batch_size, "at least 0");
  check_train_options(train_options(options, anything_chosen(options), {}, "training.csv"));
  const fs::path folder = options.logs / options.name;
  const bool taken = fs::exists(folder / "training.csv") || fs::exists(folder / "checkpoints");
  if (taken && !options.overwrite) {
    fail(ErrorCode::invalid_argument,
         "finetune: {} holds a run: --overwrite removes it, --name gives another folder",
         folder.string());
  }
}

}  // namespace

FinetuneReport finetune(const FinetuneOptions& options, const FinetuneCallbacks& callbacks) {
  check(options);
  return Tuning(options, callbacks).run();
}

}  // namespace diptych
