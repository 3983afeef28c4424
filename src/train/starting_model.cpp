#include "train/starting_model.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "libtorch/device.h"
#include "options/resume_options.h"
#include "options/tower_mode.h"
#include "text/tokenizer_spec.h"
#include "train/global_contrastive_task.h"
#include "train/memory_need.h"
#include "train/parameter_globs.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

void choose_tokenizer(const std::string& name, checkpoint::ModelFile& file) {
  using Kind = text::TokenizerSpec::Kind;
  if (name.empty()) return;
  if (name == "clip") {
    file.tokenizer = {.kind = Kind::clip};
  } else if (name == "chinese") {
    file.tokenizer = {.kind = Kind::chinese};
  } else {
    checkpoint::take_tokenizer(name, file);
  }
}

/// Lets a text tower pool a text at the id that `tokenizer` ends it with, where it pools the end of
/// a text: what was the largest id with the model's former tokenizer need not be so with this one.
void take_end_of_text(const Tokenizer& tokenizer, network::TextTowerConfig& tower) {
  auto* text = std::get_if<network::TextTransformerConfig>(&tower);
  if (text == nullptr || text->pooling != network::TextPooling::end_of_text) return;
  const std::int32_t end = tokenizer.encode("", text->context_length).back();
  text->end_of_text_id = end == tokenizer.vocabulary_size() - 1 ? network::kLargestId : end;
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

libtorch::Parameters first_parameters(const TrainOptions& options,
                                      const checkpoint::ModelFile& file, FirstWeights weights,
                                      const network::ParameterTable& table,
                                      const libtorch::ProcessGroup* group) {
  const torch::Device device = libtorch::device_of(options.device);
  const auto shardings = libtorch::shardings(table, options.fsdp ? group : nullptr);
  if (weights == FirstWeights::zeros) return libtorch::zero_parameters(table, device, shardings);
  if (!file.weights.tensors.empty())
    return libtorch::parameters_from(table, file.weights, device, shardings);
  Random random(options.seed);
  return libtorch::initial_parameters(table, random, device, shardings);
}

Rule rule_of(const std::string& name) {
  const std::map<std::string_view, Rule> rules = {{"adamw", Rule::adamw},
                                                  {"stableadamw", Rule::stableadamw},
                                                  {"lamb", Rule::lamb},
                                                  {"lion", Rule::lion},
                                                  {"muon", Rule::muon}};
  return rules.at(name);
}

OptimiserOptions optimiser_options(const TrainOptions& options) {
  const bool third = options.decay_rule == "open_clip-3";
  return {.rule = rule_of(options.optimiser),
          .beta1 = options.beta1,
          .beta2 = options.beta2,
          .epsilon = options.epsilon,
          .momentum = options.momentum,
          .weight_decay = options.weight_decay,
          .decay_rule = third ? DecayRule::open_clip_3 : DecayRule::open_clip_4,
          .undecayed = options::split(options.undecayed),
          .kept_on_adamw = options::split(options.kept_on_adamw),
          .gradient_clip_norm = options.gradient_clip_norm};
}

/// As they are first: drawn from the seed.
Adapters first_adapters(const TrainOptions& options, const network::ParameterTable& table,
                        TrainedPart part, torch::Device device) {
  constexpr std::uint64_t kStream = std::uint64_t{1} << 63;
  Random random(options.seed, kStream);
  return Adapters(table, std::move(part.adapters), options.lora_alpha, random, device);
}

LearnerOptions learner_options(const TrainOptions& options, const libtorch::StopCheck& stop,
                               const libtorch::ProcessGroup* group) {
  return {.optimiser = optimiser_options(options),
          .autocast = options.precision == TrainPrecision::amp_bf16 ? libtorch::Autocast::bfloat16
                                                                    : libtorch::Autocast::off,
          .parts = options.accum_freq,
          .keeps_image_statistics = keeps_image_statistics(options),
          .recomputes_blocks = options.grad_checkpointing,
          .spike_factor = options.spike_factor,
          .average_decay = options.ema_decay,
          .stop = group == nullptr ? stop : libtorch::StopCheck(),
          .group = group,
          .shards = options.fsdp};
}

std::unique_ptr<Task> fastclip_task(const TrainOptions& options, std::size_t samples) {
  const double decay = options.fastclip_decay_epochs > 0 ? options.fastclip_decay_epochs
                                                         : std::max(1, options.epochs / 2);
  return global_contrastive_task(
      static_cast<std::int64_t>(samples),
      {.gamma = options.fastclip_gamma, .decay_epochs = decay, .rho = options.fastclip_rho});
}

std::unique_ptr<Task> make_task(const TrainOptions& options, const network::Model& model,
                                std::size_t samples, const Teacher* teacher) {
  auto pairs = options.siglip       ? sigmoid_task(model)
               : options.fastclip   ? fastclip_task(options, samples)
               : teacher != nullptr ? distillation_task(*teacher, options.label_smoothing)
                                    : contrastive_task(options.label_smoothing);
  if (!model.decoder || options.caption_weight == 0.0) return pairs;
  return captioning_task(
      model, std::move(pairs),
      {.contrastive = options.contrastive_weight, .captioning = options.caption_weight});
}

void check_patch_dropout(const TrainOptions& options, const checkpoint::ModelFile& file) {
  if (options.patch_dropout > 0.0 && network::patch_count(file.config.image) == 0) {
    fail(ErrorCode::invalid_argument,
         "train: force-patch-dropout: got {}, expected 0: the image tower is no vision transformer",
         options.patch_dropout);
  }
}

/// Whether weights that know a tokenizer's numbers are to get those of another. One with more words
/// after the others numbers these alike.
bool is_learnt_with_another(const text::TokenizerSpec& own, const checkpoint::ModelFile& file) {
  const text::TokenizerSpec& now = file.tokenizer;
  if (file.weights.tensors.empty() || own.kind == text::TokenizerSpec::Kind::none) return false;
  const bool longer = !own.vocabulary.empty() && now.vocabulary.starts_with(own.vocabulary);
  return own.kind != now.kind || (own.vocabulary != now.vocabulary && !longer);
}

void check_loss_weights(const TrainOptions& options, const checkpoint::ModelFile& file) {
  const TrainOptions defaults;
  const auto refuse = [&](std::string_view option, double value, double otherwise) {
    if (file.config.decoder || value == otherwise) return;
    fail(ErrorCode::invalid_argument,
         "train: {}: got {}, expected a model with a decoder (CoCa): of another one it changes "
         "nothing",
         option, value);
  };
  refuse("coca-caption-loss-weight", options.caption_weight, defaults.caption_weight);
  refuse("coca-contrastive-loss-weight", options.contrastive_weight, defaults.contrastive_weight);
}

}  // namespace

checkpoint::ModelFile starting_model(const TrainOptions& options, const ModelReader& source,
                                     const libtorch::ProcessGroup* group,
                                     std::vector<std::string>* notes) {
  checkpoint::ModelFile file = source(options.model);
  network::require_both_towers(file.config, options.model);
  const text::TokenizerSpec own = file.tokenizer;
  choose_tokenizer(options.tokenizer, file);
  if (notes != nullptr && is_learnt_with_another(own, file)) {
    notes->emplace_back(
        "tokenizer: the model's weights were learnt with another one: what it knows of words is "
        "lost, as their numbers stood for others");
  }
  if (!options.tokenizer.empty())
    take_end_of_text(*tokenizer_of(file, tokenizer_name(options)), file.config.text);
  if (options.background) file.preprocessing.background = options.background;
  if (options.siglip) add_logit_bias(file);
  check_patch_dropout(options, file);
  check_loss_weights(options, file);
  const network::Model model = network::make_model(file.config);
  check_parameter_globs(options, model);
  check_memory(options, model, group);
  return file;
}

std::string tokenizer_name(const TrainOptions& options) {
  return options.tokenizer.empty() ? options.model : options.tokenizer;
}

std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::ModelFile& file,
                                              const std::string& name) {
  const auto tokenizer = text::make_tokenizer(file.tokenizer, name);
  const int available = network::vocabulary_size(file.config.text);
  if (!tokenizer) {
    fail(ErrorCode::unsupported,
         "train: tokenizer: the model comes without its own, expected --tokenizer to name its "
         "tokenizer.json, SentencePiece model or vocabulary ({})",
         name);
  }
  if (tokenizer->vocabulary_size() > available) {
    fail(ErrorCode::invalid_argument,
         "train: the tokenizer has {} ids, expected at most the model's {} ({})",
         tokenizer->vocabulary_size(), available, name);
  }
  return tokenizer;
}

/// Batch statistics are part of a tower that nothing moves.
bool keeps_image_statistics(const TrainOptions& options) {
  const options::TowerMode mode = options::image_mode(options);
  return mode.kind != options::TowerMode::Kind::full && mode.unlocked == 0;
}

std::unique_ptr<Learner> make_learner(const TrainOptions& options,
                                      const checkpoint::ModelFile& file, FirstWeights weights,
                                      std::size_t samples, const Teacher* teacher,
                                      const libtorch::StopCheck& stop,
                                      const libtorch::ProcessGroup* group) {
  network::Model model = network::make_model(file.config);
  const torch::Device device = libtorch::device_of(options.device);
  libtorch::Parameters parameters =
      first_parameters(options, file, weights, model.parameters, group);
  TrainedPart part = trained_part(options, model);
  lock_others(part, parameters);
  Adapters adapters = first_adapters(options, model.parameters, std::move(part), device);
  auto task = make_task(options, model, samples, teacher);
  return std::make_unique<Learner>(std::move(model), std::move(parameters), std::move(task),
                                   learner_options(options, stop, group), std::move(adapters));
}

std::unique_ptr<Teacher> make_teacher(const TrainOptions& options, const ModelReader& source) {
  if (options.teacher.empty()) return nullptr;
  return std::make_unique<Teacher>(source(options.teacher), options.teacher,
                                   libtorch::device_of(options.device));
}

}  // namespace diptych::train
