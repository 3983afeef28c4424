#include "train/run.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "train/data.h"

namespace diptych::train {
namespace {

Schedule schedule_of(const TrainOptions& options, std::int64_t total_steps) {
  return {.kind = options.schedule == "const" ? Schedule::Kind::constant : Schedule::Kind::cosine,
          .base = options.learning_rate,
          .warmup_steps = options.warmup,
          .total_steps = total_steps};
}

/// What must be the same in all parts of a run for its continuation to be exact.
std::string fingerprint(const TrainOptions& options, std::size_t samples) {
  return fmt::format("seed {} batch-size {} samples {} epochs {} lr {} warmup {} precision {}{}",
                     options.seed, options.batch_size, samples, options.epochs,
                     options.learning_rate, options.warmup, options.precision,
                     options.siglip ? " siglip" : "");
}

}  // namespace

Run::Run(const TrainOptions& options, const ModelSource& source, const TrainCallbacks& callbacks)
    : options_(options),
      callbacks_(callbacks),
      folder_(options.logs / options.name),
      file_(starting_model(options, source)),
      tokenizer_(tokenizer_of(file_)),
      dataset_(open_dataset(options)),
      fingerprint_(fingerprint(options, dataset_.size())),
      learner_(make_learner(options, file_)) {
  if (!options.resume.empty()) position_ = load_run(resume_path(), *learner_, fingerprint_);
  loader_ = std::make_unique<Loader>(dataset_, learner_->model(), *tokenizer_,
                                     loader_options(options, file_), position_.data);
  const auto batches = static_cast<std::int64_t>(loader_->batches_per_epoch());
  schedule_ = schedule_of(options, batches * options.epochs);
  std::filesystem::create_directories(folder_ / "checkpoints");
}

TrainResult Run::execute() {
  TrainResult result;
  while (position_.step < schedule_.total_steps) {
    step();
    if (callbacks_.should_stop && callbacks_.should_stop()) {
      save("latest");
      result.steps = position_.step;
      return result;
    }
  }
  save_model();
  result.steps = position_.step;
  result.finished = true;
  result.model = folder_ / "model";
  return result;
}

std::filesystem::path Run::resume_path() const {
  return options_.resume == "latest" ? folder_ / "checkpoints" / "latest.safetensors"
                                     : std::filesystem::path(options_.resume);
}

void Run::step() {
  const Clock::time_point start = Clock::now();
  const LoadedBatch loaded = loader_->next();
  const double data_seconds = seconds_since(start);
  meter_.add_problems(loaded.problems);
  const std::uint64_t epoch = position_.data.epoch;
  double gradient_norm = 0.0;
  const double learning_rate = schedule_.learning_rate(position_.step);
  if (loaded.batch.pairs() > 0) {
    const auto done = learner_->step(loaded.batch, learning_rate, selection(loaded.batch.pairs()));
    check_finite(done.loss);
    meter_.add_step(done.loss, data_seconds, loaded.batch.pairs());
    gradient_norm = done.gradient_norm;
  }
  position_ = {.step = position_.step + 1, .data = loaded.next};
  report(epoch, learning_rate, gradient_norm);
  save_if_due(epoch);
}

std::optional<network::PatchSelection> Run::selection(int pictures) const {
  if (options_.patch_dropout == 0.0) return std::nullopt;
  const int patches = network::patch_count(file_.config.image);
  if (patches == 0) {
    fail(ErrorCode::invalid_argument,
         "train: force-patch-dropout: the image tower is no vision transformer");
  }
  const int kept = std::max(1, static_cast<int>(patches * (1.0 - options_.patch_dropout)));
  constexpr std::uint64_t kFirstStream = 1;
  Random random(options_.seed, kFirstStream + static_cast<std::uint64_t>(position_.step));
  return network::PatchSelection::random(
      pictures, patches, kept, [&random](std::uint64_t bound) { return random.below(bound); });
}

void Run::check_finite(double loss) const {
  if (std::isfinite(loss)) return;
  fail(ErrorCode::invalid_argument,
       "train: the loss is {} at step {}: lower the learning rate or clip the gradients; the last "
       "checkpoint is untouched",
       loss, position_.step);
}

void Run::report(std::uint64_t epoch, double learning_rate, double gradient_norm) {
  const bool last = position_.step == schedule_.total_steps;
  if (!callbacks_.report || (position_.step % options_.report_every_steps != 0 && !last)) return;
  TrainProgress progress{.step = position_.step,
                         .total_steps = schedule_.total_steps,
                         .epoch = static_cast<int>(epoch),
                         .epochs = options_.epochs,
                         .logit_scale = learner_->logit_scale(),
                         .learning_rate = learning_rate,
                         .gradient_norm = gradient_norm};
  meter_.report(progress);
  callbacks_.report(progress);
}

void Run::save_if_due(std::uint64_t epoch) {
  const bool epoch_ended = position_.data.epoch != epoch;
  const int every = options_.save_every_steps;
  if (epoch_ended || (every > 0 && position_.step % every == 0)) save("latest");
  if (epoch_ended && options_.save_frequency > 0 &&
      position_.data.epoch % static_cast<std::uint64_t>(options_.save_frequency) == 0) {
    save(fmt::format("epoch_{}", position_.data.epoch));
  }
}

void Run::save(const std::string& name) const {
  save_run(folder_ / "checkpoints" / (name + ".safetensors"), *learner_, position_, fingerprint_);
}

void Run::save_model() {
  file_.weights = {};
  add_parameters(file_.weights, learner_->model().parameters, learner_->parameters());
  file_.references.reset();
  file_.provenance = {.name = options_.name, .family = "diptych", .dtype = "float32"};
  checkpoint::save_model_folder(folder_ / "model", file_, DType::float32);
}

}  // namespace diptych::train
