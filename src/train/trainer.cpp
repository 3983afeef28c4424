#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "checkpoint/model_file.h"
#include "checkpoint/open_clip_config.h"
#include "diptych/train.h"
#include "text/tokenizer_spec.h"
#include "train/loader.h"
#include "train/run_state.h"
#include "train/schedule.h"

namespace diptych {
namespace {

using train::Learner;
using train::LoadedBatch;
using train::Loader;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_options(const TrainOptions& options) {
  const auto require = [](bool holds, const char* option, auto got, const char* expected) {
    if (!holds) {
      fail(ErrorCode::invalid_argument, "train: {}: got {}, expected {}", option, got, expected);
    }
  };
  require(!options.train_data.empty(), "train-data", "nothing", "shards or a table");
  require(!options.model.empty(), "model", "nothing", "a config or a model");
  require(options.batch_size >= 1, "batch-size", options.batch_size, "at least 1");
  require(options.epochs >= 1, "epochs", options.epochs, "at least 1");
  require(options.learning_rate >= 0.0, "lr", options.learning_rate, "at least 0");
  require(options.warmup >= 0, "warmup", options.warmup, "at least 0");
  require(options.patch_dropout >= 0.0 && options.patch_dropout < 1.0, "force-patch-dropout",
          options.patch_dropout, "0 to below 1");
  require(options.report_every_steps >= 1, "log-every-n-steps", options.report_every_steps,
          "at least 1");
}

train::Precision precision_of(const TrainOptions& options) {
  if (options.precision == "fp32") return train::Precision::fp32;
  if (options.precision == "amp_bf16") return train::Precision::amp_bf16;
  fail(ErrorCode::invalid_argument, "train: precision: got '{}', expected fp32 or amp_bf16",
       options.precision);
}

train::Schedule::Kind schedule_kind(const TrainOptions& options) {
  if (options.schedule == "cosine") return train::Schedule::Kind::cosine;
  if (options.schedule == "const") return train::Schedule::Kind::constant;
  fail(ErrorCode::invalid_argument, "train: lr-scheduler: got '{}', expected cosine or const",
       options.schedule);
}

torch::Device device_of(const TrainOptions& options) {
  try {
    const torch::Device device(options.device);
    torch::zeros({1}, device);
    return device;
  } catch (const c10::Error& error) {
    fail(ErrorCode::invalid_argument, "train: device: cannot use '{}': {}", options.device,
         error.what_without_backtrace());
  }
}

text::TokenizerSpec tokenizer_spec(const TrainOptions& options,
                                   const text::TokenizerSpec& model_says) {
  using Kind = text::TokenizerSpec::Kind;
  if (options.tokenizer.empty()) return model_says;
  if (options.tokenizer == "clip") return {.kind = Kind::clip};
  if (options.tokenizer == "chinese") return {.kind = Kind::chinese};
  return {.kind = Kind::wordpiece, .vocabulary = read_text_file(options.tokenizer)};
}

/// Gives a model the bias that the sigmoid loss needs, where it starts in training.
void add_logit_bias(checkpoint::ModelFile& file) {
  if (file.config.logit_bias) return;
  file.config.logit_bias = true;
  if (file.weights.tensors.empty()) return;
  const network::Model model = network::make_model(file.config);
  const float start = model.parameters.spec(model.logit_bias).initialiser.value;
  file.weights.add("logit_bias", TensorBuffer(Shape{}, std::vector<float>{start}));
}

/// The model to train: an open_clip config without weights, or a checkpoint to go on from.
checkpoint::ModelFile starting_model(const TrainOptions& options) {
  checkpoint::ModelFile file;
  if (options.model.extension() == ".json") {
    const std::string name = options.model.string();
    file = checkpoint::read_open_clip_config(checkpoint::parse_json(read_file(options.model), name),
                                             name);
  } else {
    file = checkpoint::load_model_file(options.model);
  }
  file.tokenizer = tokenizer_spec(options, file.tokenizer);
  if (options.background) file.preprocessing.background = options.background;
  if (options.siglip) add_logit_bias(file);
  return file;
}

std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::ModelFile& file) {
  const auto tokenizer = text::make_tokenizer(file.tokenizer, "the model");
  const int available = network::vocabulary_size(file.config.text);
  if (!tokenizer) {
    fail(ErrorCode::unsupported,
         "train: tokenizer: diptych does not have the model's, expected one to be named");
  }
  if (tokenizer->vocabulary_size() > available) {
    fail(ErrorCode::invalid_argument,
         "train: the tokenizer has {} ids, expected at most the model's {}",
         tokenizer->vocabulary_size(), available);
  }
  return tokenizer;
}

std::unique_ptr<Learner> make_learner(const TrainOptions& options,
                                      const checkpoint::ModelFile& file) {
  network::Model model = network::make_model(file.config);
  const torch::Device device = device_of(options);
  Random random(options.seed);
  train::Parameters parameters =
      file.weights.tensors.empty() ? train::initial_parameters(model.parameters, random, device)
                                   : train::parameters_from(model.parameters, file.weights, device);
  const train::AdamWOptions optimiser{.beta1 = options.beta1,
                                      .beta2 = options.beta2,
                                      .epsilon = options.epsilon,
                                      .weight_decay = options.weight_decay,
                                      .gradient_clip_norm = options.gradient_clip_norm};
  return std::make_unique<Learner>(
      std::move(model), std::move(parameters), optimiser, precision_of(options),
      options.siglip ? train::Loss::sigmoid : train::Loss::contrastive);
}

train::LoaderOptions loader_options(const TrainOptions& options,
                                    const checkpoint::ModelFile& file) {
  return {.seed = options.seed,
          .batch_size = options.batch_size,
          .workers = options.workers,
          .captions = {.json_text_key = options.json_text_key, .json_group_key = options.group_key},
          .augmentation = options.augmentation,
          .random_background = options.random_background,
          .preprocessing = file.preprocessing};
}

shards::Dataset open_dataset(const TrainOptions& options) {
  shards::DatasetOptions dataset_options;
  dataset_options.threads = options.workers;
  dataset_options.shard.separator = options.csv_separator;
  dataset_options.shard.image_key = options.csv_image_key;
  dataset_options.shard.caption_key = options.csv_caption_key;
  shards::Dataset dataset(options.train_data, dataset_options);
  if (dataset.size() < static_cast<std::size_t>(options.batch_size)) {
    fail(ErrorCode::invalid_argument,
         "train: got {} usable samples, expected at least a batch of {} ({})", dataset.size(),
         options.batch_size, options.train_data);
  }
  return dataset;
}

/// What must be the same in all parts of a run for its continuation to be exact.
std::string fingerprint(const TrainOptions& options, std::size_t samples) {
  return fmt::format("seed {} batch-size {} samples {} epochs {} lr {} warmup {} precision {}{}",
                     options.seed, options.batch_size, samples, options.epochs,
                     options.learning_rate, options.warmup, options.precision,
                     options.siglip ? " siglip" : "");
}

/// Sums over the steps since the last report.
class ProgressMeter {
 public:
  void add_step(double loss, double data_seconds, int pairs) {
    ++steps_;
    loss_ += loss;
    data_seconds_ += data_seconds;
    pairs_ += pairs;
  }
  void add_problems(const std::vector<std::string>& problems) {
    refused_ += static_cast<std::int64_t>(problems.size());
    if (!problems.empty()) last_problem_ = problems.back();
  }
  /// Fills what the meter knows and starts anew.
  void report(TrainProgress& progress) {
    const double seconds = seconds_since(start_);
    progress.loss = loss_ / steps_;
    progress.pairs_per_second = pairs_ / seconds;
    progress.data_seconds = data_seconds_ / steps_;
    progress.step_seconds = seconds / steps_;
    progress.refused = refused_;
    progress.last_problem = last_problem_;
    steps_ = 0;
    loss_ = data_seconds_ = pairs_ = 0.0;
    start_ = Clock::now();
  }

 private:
  int steps_ = 0;
  double loss_ = 0.0;
  double data_seconds_ = 0.0;
  double pairs_ = 0.0;
  std::int64_t refused_ = 0;
  std::string last_problem_;
  Clock::time_point start_ = Clock::now();
};

/// One run from where it stands to its end.
class Run {
 public:
  Run(const TrainOptions& options, const TrainCallbacks& callbacks)
      : options_(options),
        callbacks_(callbacks),
        folder_(options.logs / options.name),
        file_(starting_model(options)),
        tokenizer_(tokenizer_of(file_)),
        dataset_(open_dataset(options)),
        fingerprint_(fingerprint(options, dataset_.size())),
        learner_(make_learner(options, file_)) {
    if (!options.resume.empty()) position_ = load_run(resume_path(), *learner_, fingerprint_);
    loader_ = std::make_unique<Loader>(dataset_, learner_->model(), *tokenizer_,
                                       loader_options(options, file_), position_.data);
    const auto batches = static_cast<std::int64_t>(loader_->batches_per_epoch());
    schedule_ = {.kind = schedule_kind(options),
                 .base = options.learning_rate,
                 .warmup_steps = options.warmup,
                 .total_steps = batches * options.epochs};
    std::filesystem::create_directories(folder_ / "checkpoints");
  }

  TrainResult execute() {
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

 private:
  std::filesystem::path resume_path() const {
    return options_.resume == "latest" ? folder_ / "checkpoints" / "latest.safetensors"
                                       : std::filesystem::path(options_.resume);
  }

  void step() {
    const Clock::time_point start = Clock::now();
    const LoadedBatch loaded = loader_->next();
    const double data_seconds = seconds_since(start);
    meter_.add_problems(loaded.problems);
    const std::uint64_t epoch = position_.data.epoch;
    double gradient_norm = 0.0;
    const double learning_rate = schedule_.learning_rate(position_.step);
    if (loaded.batch.pairs() > 0) {
      const auto done =
          learner_->step(loaded.batch, learning_rate, selection(loaded.batch.pairs()));
      check_finite(done.loss);
      meter_.add_step(done.loss, data_seconds, loaded.batch.pairs());
      gradient_norm = done.gradient_norm;
    }
    position_ = {.step = position_.step + 1, .data = loaded.next};
    report(epoch, learning_rate, gradient_norm);
    save_if_due(epoch);
  }

  /// The patches that take part in a step, drawn from the seed and the step alone.
  std::optional<network::PatchSelection> selection(int pictures) const {
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

  void check_finite(double loss) const {
    if (std::isfinite(loss)) return;
    fail(
        ErrorCode::invalid_argument,
        "train: the loss is {} at step {}: lower the learning rate or clip the gradients; the last "
        "checkpoint is untouched",
        loss, position_.step);
  }

  void report(std::uint64_t epoch, double learning_rate, double gradient_norm) {
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

  void save_if_due(std::uint64_t epoch) {
    const bool epoch_ended = position_.data.epoch != epoch;
    const int every = options_.save_every_steps;
    if (epoch_ended || (every > 0 && position_.step % every == 0)) save("latest");
    if (epoch_ended && options_.save_frequency > 0 &&
        position_.data.epoch % static_cast<std::uint64_t>(options_.save_frequency) == 0) {
      save(fmt::format("epoch_{}", position_.data.epoch));
    }
  }

  void save(const std::string& name) const {
    save_run(folder_ / "checkpoints" / (name + ".safetensors"), *learner_, position_, fingerprint_);
  }

  void save_model() {
    file_.weights = {};
    train::add_parameters(file_.weights, learner_->model().parameters, learner_->parameters());
    file_.references.reset();
    file_.provenance = {.name = options_.name, .family = "diptych", .dtype = "float32"};
    checkpoint::save_model_folder(folder_ / "model", file_, DType::float32);
  }

  const TrainOptions& options_;
  const TrainCallbacks& callbacks_;
  const std::filesystem::path folder_;
  checkpoint::ModelFile file_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  shards::Dataset dataset_;
  const std::string fingerprint_;
  std::unique_ptr<Learner> learner_;
  train::RunPosition position_;
  std::unique_ptr<Loader> loader_;
  train::Schedule schedule_;
  ProgressMeter meter_;
};

}  // namespace

TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks) {
  check_options(options);
  at::set_num_threads(options.threads > 0 ? options.threads : available_cpus());
  return Run(options, callbacks).execute();
}

}  // namespace diptych
