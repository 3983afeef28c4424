#include "train/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/append.h"
#include "base/error.h"
#include "base/utf8.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/source/averaged_statistics.h"
#include "train/advice.h"
#include "train/captions_as_read.h"
#include "train/patch_draw.h"
#include "train/resume.h"
#include "train/run_log.h"
#include "train/shared_run.h"
#include "train/step_exchange.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

/// How often the caller is asked whether to stop while data is waited for.
constexpr std::chrono::milliseconds kPatience(100);

/// What is said of how processes share a run, and changes nothing.
std::vector<std::string> notes_on_sharing(const TrainOptions& options, bool are_several) {
  std::vector<std::string> notes;
  if (options.local_loss || options.gather_with_grad) {
    notes.emplace_back(
        "local-loss, gather-with-grad: change nothing: the loss and its gradients are those of all "
        "processes' pairs, in memory that grows with the pairs alone");
  }
  if (options.fsdp && !are_several)
    notes.emplace_back("fsdp: changes nothing in one process: there is nobody to share with");
  return notes;
}

}  // namespace

Run::Run(const TrainOptions& options, const ModelReader& source, const TrainCallbacks& callbacks,
         const TrainProcess& process, const libtorch::ProcessGroup* group)
    : options_(options),
      callbacks_(callbacks),
      process_(process),
      group_(group),
      stop_(callbacks.should_stop),
      folder_(options.logs / options.name,
              leads() ? RunFolder::Access::alone : RunFolder::Access::reads),
      saved_(find_checkpoint(options, folder_)),
      file_(starting_model(options, source, group, &model_notes_)),
      model_(network::make_model(file_.config)),
      tokenizer_(tokenizer_of(file_, tokenizer_name(options))),
      data_(open_run_data(options)),
      record_(record_run(options, file_, data_.dataset)),
      teacher_(make_teacher(options, source)) {
  if (group_ != nullptr) check_shared_run(options, model_, group_->world());
  if (callbacks.data_opened && leads()) callbacks.data_opened(data_.summary);
  std::vector<std::string> notes = std::move(model_notes_);
  for (const std::string& assumption : checkpoint::all_assumptions(file_))
    notes.push_back(fmt::format("assumed: {}", assumption));
  if (!file_.quantisation.layers.empty())
    notes.emplace_back("model: its weights are of eight bits, and are trained on from there");
  append(notes, notes_on_sharing(options, group_ != nullptr));
  if (teacher_) {
    for (const std::string& assumption : teacher_->assumptions())
      notes.push_back(fmt::format("assumed of the teacher: {}", assumption));
  }
  append(notes, check_captions_as_read(data_.captions, *tokenizer_,
                                       network::context_length(model_.config.text)));
  if (saved_) {
    changes_ = check_continuation(saved_->record(), record_, options, saved_->name());
    append(notes, changes_);
    if (auto note = note_on_pictures(saved_->record(), record_)) notes.push_back(*std::move(note));
    position_ = saved_->position();
    first_step_ = position_.step;
  }
  refusals_.emplace(data_.dataset.size(), position_.data.index == 0);
  if (group_ != nullptr) agree_on_run(*group_, record_, position_);
  loader_ = std::make_unique<Loader>(data_.dataset, model_, *tokenizer_, loading(), position_.data);
  schedule_ = schedule_of(options, static_cast<std::int64_t>(loader_->batches_per_epoch()));
  append(notes, advice(options, schedule_, model_, !saved_ && file_.weights.tensors.empty()));
  if (saved_) {
    if (auto note = note_on_steps()) notes.push_back(*std::move(note));
  }
  if (position_.step >= schedule_.total_steps)
    notes.emplace_back("the run had come to its end before: there is nothing left to train");
  announce(notes);
  learner_ = make_learner(options, file_, saved_ ? FirstWeights::zeros : FirstWeights::of_the_model,
                          data_.dataset.size(), teacher_.get(), stop_, group_);
  if (saved_) restore();
  // The first process may now replace what the others have read.
  if (group_ != nullptr) group_->sum(0.0);
  become_result();
}

/// A run ends after so many steps. With other batches or data those done count as they were done,
/// so that the steps left are not those of the epochs left.
std::optional<std::string> Run::note_on_steps() const {
  const auto an_epoch = static_cast<std::int64_t>(loader_->batches_per_epoch());
  const auto epochs = static_cast<std::int64_t>(position_.data.epoch);
  const auto batches = static_cast<std::int64_t>(position_.data.index) / pairs_per_step(options_);
  const std::int64_t of_epochs = (options_.epochs - epochs) * an_epoch - batches;
  const std::int64_t left = schedule_.total_steps - position_.step;
  if (left == of_epochs || left <= 0) return std::nullopt;
  return fmt::format(
      "resume: an epoch has {} steps now: the run has {} steps left, where what is left of its {} "
      "epochs has {}",
      an_epoch, left, options_.epochs, of_epochs);
}

LoaderOptions Run::loading() const {
  LoaderOptions loading = loader_options(options_, file_, data_, teacher_.get());
  load_own_part(group_, loading);
  return loading;
}

void Run::note(const std::string& sentence) const {
  if (callbacks_.note && leads()) callbacks_.note(sentence);
}

void Run::restore() {
  const auto missing =
      changes_.empty() ? SavedState::Missing::is_damage : SavedState::Missing::starts_afresh;
  std::vector<std::string> afresh;
  try {
    if (leads()) saved_->check();
    afresh = saved_->restore(*learner_, missing);
  } catch (const Error& error) {
    fail(error.code(), "{}{}", error.what(), earlier_checkpoint(folder_, saved_->name()));
  }
  if (afresh.empty()) return;
  note(fmt::format("resume: {} start afresh: the checkpoint has none that fit ({})",
                   fmt::join(afresh, ", "), saved_->name()));
}

void Run::become_result() {
  // What was assumed of a config is what a model that starts from it is trained on.
  if (file_.weights.tensors.empty()) file_.assumptions.clear();
  if (!keeps_image_statistics(options_))
    std::erase(file_.assumptions, checkpoint::kAveragedStatistics);
  file_.resized_positions.clear();
  file_.weights = {};
  file_.references.reset();
  file_.fits_from.reset();
  file_.provenance = {.name = options_.name,
                      .family = "diptych",
                      .dtype = "float32",
                      .licence = file_.provenance.licence,
                      .source = is_utf8(options_.model) ? options_.model : ""};
}

void Run::announce(const std::vector<std::string>& notes) const {
  if (!callbacks_.started) return;
  callbacks_.started({.pairs = static_cast<std::int64_t>(data_.dataset.size()),
                      .batch_size = pairs_per_step(options_),
                      .processes = group_ == nullptr ? 1 : group_->world(),
                      .epochs = options_.epochs,
                      .steps_done = position_.step,
                      .total_steps = schedule_.total_steps,
                      .parameters = count_parameters(model_.parameters),
                      .trained = count_trained(model_.parameters, trained_part(options_, model_)),
                      .folder = folder_.path(),
                      .notes = notes});
}

TrainResult Run::execute() {
  take_folder();
  meter_.start();
  const bool finished = train();
  write_.finish();
  if (!finished) return result();
  require_steps();
  TrainResult done = result();
  done.finished = true;
  if (!joins_saving()) return done;
  if (!learner_->average().empty()) {
    done.averaged_model = folder_.averaged_model();
    save_model(learner_->average().parameters(), done.averaged_model);
  }
  done.model = folder_.model();
  save_model(learner_->weights(), done.model);
  return done;
}

bool Run::train() {
  try {
    while (position_.step < schedule_.total_steps) step();
  } catch (const libtorch::Stopped&) {
    if (joins_saving() && position_.step != saved_step_) save({folder_.latest()});
    return false;
  }
  return true;
}

void Run::require_steps() const {
  const std::int64_t skipped = learner_->guard().skipped();
  if (2 * skipped <= position_.step) return;
  fail(ErrorCode::invalid_argument,
       "train: {} of {} steps were left out, for a loss or gradients that are no numbers or a "
       "spike; "
       "expected most to be taken: lower the learning rate or clip the gradients; no model is "
       "written",
       skipped, position_.step);
}

TrainResult Run::result() const {
  return {.steps = position_.step,
          .skipped_steps = learner_->guard().skipped(),
          .refused = refusals_->samples(),
          .refused_by_reason = refusals_->by_reason(),
          .captions_left_out = refusals_->captions_left_out()};
}

std::optional<RunSamples> Run::samples() const {
  if (!options_.report_page || learner_->saves_together()) return std::nullopt;
  return RunSamples(data_.dataset, model_, *tokenizer_, loading());
}

void Run::take_folder() {
  std::error_code unknown;
  const bool goes_on_here =
      saved_ && std::filesystem::equivalent(saved_->name(), folder_.latest(), unknown);
  saved_.reset();
  if (goes_on_here) saved_step_ = position_.step;
  if (leads()) {
    if (goes_on_here) folder_.part_latest();
    if (options_.overwrite && !goes_on_here) folder_.remove_run_after(position_.data.epoch);
    log_start(folder_, options_, record_, process_.command, position_.step, changes_);
    reports_.emplace(options_, folder_, position_.step, samples());
  }
  // A run that was killed between two writes lacks the second.
  const bool epoch_ended = position_.data.index == 0 && position_.data.epoch > 0;
  const std::filesystem::path kept = folder_.epoch(position_.data.epoch);
  if (goes_on_here && epoch_ended && keeps_epoch() && !std::filesystem::exists(kept)) save({kept});
}

void Run::step() {
  const Clock::time_point start = Clock::now();
  write_.check();
  LoadedBatch loaded = next_batch();
  const double data_seconds = seconds_since(start);
  const std::uint64_t epoch = position_.data.epoch;
  const double learning_rate = schedule_.learning_rate(position_.step);
  const double gradient_norm = loaded.pairs > 0 ? learn(loaded, learning_rate, data_seconds) : 0.0;
  position_ = {.step = position_.step + 1, .data = loaded.next};
  end_step(loaded, epoch, learning_rate, gradient_norm);
}

LoadedBatch Run::next_batch() {
  do {
    if (group_ == nullptr) stop_();
  } while (!loader_->is_ready(kPatience));
  LoadedBatch loaded = loader_->next();
  if (group_ == nullptr) return loaded;
  const bool asked = callbacks_.should_stop && callbacks_.should_stop();
  if (exchange_step(*group_, asked, loaded)) throw libtorch::Stopped();
  return loaded;
}

double Run::learn(LoadedBatch& loaded, double learning_rate, double data_seconds) {
  loaded.batch.patches = draw_patches(options_, model_, loaded.batch, position_.step);
  const auto done = learner_->step(loaded.batch, learning_rate);
  if (done.taken) {
    meter_.add_step(done.loss, data_seconds, loaded.pairs);
    if (!std::exchange(noted_untrained_, true)) note_untrained();
  } else {
    note_skipped(done);
  }
  return done.gradient_norm;
}

void Run::end_step(const LoadedBatch& loaded, std::uint64_t epoch, double learning_rate,
                   double gradient_norm) {
  const bool epoch_ended = position_.data.epoch != epoch;
  refusals_->add(loaded);
  if (epoch_ended) refusals_->end_epoch();
  if (leads()) report(epoch, learning_rate, gradient_norm);
  save_if_due(epoch);
  if (!leads() || !epoch_ended || !callbacks_.epoch_ended) return;
  write_.finish();
  callbacks_.epoch_ended(static_cast<int>(position_.data.epoch), folder_.latest());
}

void Run::note_untrained() const {
  const std::vector<std::string> names = learner_->untrained();
  if (names.empty()) return;
  note(fmt::format("{} tensors have no part in the loss and stay as they are: {}{}", names.size(),
                   fmt::join(names.begin(),
                             names.begin() + std::min<std::ptrdiff_t>(3, std::ssize(names)), ", "),
                   names.size() > 3 ? ", ..." : ""));
}

void Run::note_skipped(const Learner::StepResult& done) const {
  const StepGuard& guard = learner_->guard();
  const std::string what = fmt::format("the loss is {} and the norm of the gradients {} at step {}",
                                       done.loss, done.gradient_norm, position_.step + 1);
  if (guard.in_a_row() >= options_.max_skipped_steps) {
    fail(ErrorCode::invalid_argument,
         "train: {}, which makes {} such steps in a row: lower the learning rate or clip the "
         "gradients; the last checkpoint is untouched",
         what, guard.in_a_row());
  }
  note(what + ": the step is left out");
}

void Run::report(std::uint64_t epoch, double learning_rate, double gradient_norm) {
  const bool first = position_.step == first_step_ + 1;
  const bool last = position_.step == schedule_.total_steps;
  const bool due = position_.step % options_.report_every_steps == 0;
  if (!(due || first || last)) return;
  TrainProgress progress{.step = position_.step,
                         .total_steps = schedule_.total_steps,
                         .epoch = static_cast<int>(epoch),
                         .epochs = options_.epochs,
                         .logit_scale = learner_->logit_scale(),
                         .learning_rate = learning_rate,
                         .gradient_norm = gradient_norm,
                         .skipped_steps = learner_->guard().skipped(),
                         .refused = refusals_->samples(),
                         .last_problem = refusals_->last_problem(),
                         .refused_by_reason = refusals_->by_reason(),
                         .captions_left_out = refusals_->captions_left_out()};
  meter_.report(progress);
  reports_->add(progress, *learner_);
  if (callbacks_.report) callbacks_.report(progress);
}

void Run::save_if_due(std::uint64_t epoch) {
  const bool epoch_ended = position_.data.epoch != epoch;
  const int every = options_.save_every_steps;
  const bool due = every > 0 && position_.step % every == 0;
  if (!epoch_ended && !due) return;
  std::vector<std::filesystem::path> paths = {folder_.latest()};
  if (epoch_ended && keeps_epoch()) paths.push_back(folder_.epoch(position_.data.epoch));
  save(std::move(paths));
}

bool Run::keeps_epoch() const {
  const auto every = static_cast<std::uint64_t>(options_.save_frequency);
  return every > 0 && position_.data.epoch % every == 0;
}

void Run::save(std::vector<std::filesystem::path> paths) {
  if (!joins_saving()) return;
  write_.finish();  // before the copy: there is one at a time
  RunState state = copy_state(*learner_, position_, record_, file_);
  saved_step_ = position_.step;
  if (learner_->saves_together()) {
    return read_together(*group_, state.tensors, [&](const TensorMap& tensors) {
      state.tensors = tensors;
      write_state(std::move(state), paths);
    });
  }
  write_.begin([state = std::move(state), paths = std::move(paths)]() mutable {
    write_state(std::move(state), paths);
  });
}

void Run::save_model(const libtorch::Parameters& weights, const std::filesystem::path& folder) {
  TensorMap saved;
  learner_->add_whole(saved, weights);
  const auto write = [&](const TensorMap& tensors) {
    file_.weights = tensors;
    checkpoint::save_model_folder(folder, file_, DType::float32);
  };
  if (learner_->saves_together()) return read_together(*group_, saved, write);
  write(saved);
}

}  // namespace diptych::train
