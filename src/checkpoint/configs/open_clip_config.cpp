#include "checkpoint/configs/open_clip_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>
#include <vector>

#include "base/error.h"
#include "checkpoint/configs/architectures.h"
#include "checkpoint/configs/bert_config.h"
#include "checkpoint/configs/huggingface_fields.h"
#include "checkpoint/configs/m2m100.h"
#include "checkpoint/configs/mlp_ratio.h"
#include "checkpoint/configs/timm_towers.h"
#include "checkpoint/source/model_files.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "json/config_fields.h"
#include "network/model.h"

// Fields and defaults: open_clip 3.3.0, CLIPVisionCfg, CLIPTextCfg and PreprocessCfg.

namespace diptych::checkpoint {
namespace {

using network::Activation;

/// Both hold open_clip's fields; the first is a hub folder's, the second a bare model config.
constexpr std::array<const char*, 2> kFiles = {"open_clip_config.json", "model_config.json"};

/// A number of pixels, or [height, width] of a square.
int read_side(ConfigFields& fields, std::string_view field, int otherwise) {
  const Json* value = fields.raw(field);
  if (value == nullptr) return otherwise;
  if (!value->is_array()) return fields.integer(field);
  const std::vector<double> sides = fields.numbers(field);
  if (sides.size() != 2 || sides[0] != sides[1] || !(sides[0] >= 1 && sides[0] <= 1e6)) {
    fail(ErrorCode::unsupported, "config: {}: got {}, diptych has square pictures ({})",
         fields.path_of(field), value->dump(), fields.file());
  }
  return static_cast<int>(sides[0]);
}

float read_epsilon(ConfigFields& fields) {
  ConfigFields norm = fields.object("norm_kwargs");
  const auto epsilon = static_cast<float>(norm.number("eps", kOpenClipEpsilon));
  norm.refuse_rest();
  return epsilon;
}

int divide(ConfigFields& fields, std::string_view field, int width, int by) {
  if (by < 1 || width % by != 0) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected a divisor of {} ({})",
         fields.path_of(field), by, width, fields.file());
  }
  return width / by;
}

/// Both towers have GELU as open_clip's nn.GELU takes it: exact, or with approximate = "tanh".
Activation read_activation(ConfigFields& fields, Activation activation) {
  ConfigFields options = fields.object("act_kwargs");
  if (activation == Activation::gelu && options.text("approximate", "none") == "tanh")
    return Activation::gelu_tanh;
  options.expect("approximate", "none");
  options.refuse_rest();
  return activation;
}

/// Options of the image tower that have one form in network/.
void expect_plain_image_tower(ConfigFields& fields) {
  // "parallel" and "cascade" have no published weights.
  if (fields.raw("attentional_pool") != nullptr && !fields.raw("attentional_pool")->is_boolean())
    fields.expect("attentional_pool", true);
  fields.expect("pos_embed_type", "learnable");
  // Of one row, the class token's, it does not matter when it is normalised.
  fields.ignore({"final_ln_after_pool", "patch_dropout", "output_tokens", "attn_pooler_queries",
                 "attn_pooler_heads"});
  fields.refuse_rest();
}

network::ModifiedResNetConfig read_resnet(ConfigFields& fields) {
  network::ModifiedResNetConfig config;
  config.layers = fields.four("layers");
  config.image_size = read_side(fields, "image_size", 224);
  config.width = fields.integer("width", 64);
  if (config.width < 1 || config.width > 1'000'000)
    fail(ErrorCode::corrupt_data, "config: {}: got {} ({})", fields.path_of("width"), config.width,
         fields.file());
  config.heads = divide(fields, "head_width", 32 * config.width, fields.integer("head_width", 64));
  fields.ignore({"patch_size", "mlp_ratio", "no_ln_pre", "pool_type"});
  return config;
}

network::VisionTransformerConfig read_vision_transformer(ConfigFields& fields,
                                                         Activation activation) {
  network::VisionTransformerConfig config;
  config.image_size = read_side(fields, "image_size", 224);
  config.patch_size = read_side(fields, "patch_size", 16);
  config.width = fields.integer("width", 768);
  config.layers = fields.integer("layers", 12);
  config.heads = divide(fields, "head_width", config.width, fields.integer("head_width", 64));
  config.mlp_width = read_mlp_width(fields, config.width);
  config.activation = read_activation(fields, activation);
  config.norm_epsilon = read_epsilon(fields);
  config.layer_scale = fields.number("ls_init_value", 0.0) > 0.0;
  config.norm_pre = !fields.boolean("no_ln_pre", false);
  if (fields.text("pool_type", "tok") == "avg" && fields.boolean("final_ln_after_pool", false)) {
    config.pooling = network::ImagePooling::mean;
  } else {
    fields.expect("pool_type", "tok");
  }
  if (const Json* pool = fields.raw("attentional_pool"); pool != nullptr && *pool == true) {
    config.pooling = network::ImagePooling::queries;
    config.pool_queries = fields.integer("attn_pooler_queries", config.pool_queries);
    config.pool_heads = fields.integer("attn_pooler_heads", config.pool_heads);
  }
  return config;
}

network::ImageTowerConfig read_image_tower(ConfigFields fields, Activation activation) {
  if (fields.has("timm_model_name"))
    return read_timm_tower(fields, read_side(fields, "image_size", 224));
  const Json* layers = fields.raw("layers");
  network::ImageTowerConfig config;
  if (layers != nullptr && layers->is_array()) {
    config = read_resnet(fields);
  } else {
    config = read_vision_transformer(fields, activation);
  }
  expect_plain_image_tower(fields);
  return config;
}

/// open_clip pools a text at the class token that CoCa appends, otherwise at its largest id, with
/// pool_type "eos" at the first `eos_id`, or at the end of the row.
void read_text_pooling(ConfigFields& fields, network::TextTransformerConfig& config) {
  const std::string pooling = fields.text("pool_type", "argmax");
  if (fields.boolean("embed_cls", false)) {
    config.pooling = network::TextPooling::class_token;
    config.pad_id = fields.integer("pad_id", 0);
  } else if (pooling == "last") {
    config.pooling = network::TextPooling::last;
  } else if (pooling == "eos") {
    config.end_of_text_id = fields.integer("eos_id", 2);
  } else {
    fields.expect("pool_type", "argmax");
  }
  fields.ignore({"eos_id"});
}

network::Projection read_text_projection(ConfigFields& fields) {
  const bool bias = fields.boolean("proj_bias", false);
  if (fields.text("proj_type", "linear") == "none") return network::Projection::none;
  fields.expect("proj_type", "linear");
  return bias ? network::Projection::linear : network::Projection::matrix;
}

network::TextTransformerConfig read_text_transformer(ConfigFields& fields, Activation activation) {
  network::TextTransformerConfig config;
  config.context_length = fields.integer("context_length", 77);
  config.vocabulary_size = fields.integer("vocab_size", 49408);
  config.width = fields.integer("width", 512);
  config.heads = fields.integer("heads", 8);
  config.layers = fields.integer("layers", 12);
  config.mlp_width = read_mlp_width(fields, config.width);
  config.activation = read_activation(fields, activation);
  config.norm_epsilon = read_epsilon(fields);
  config.layer_scale = fields.number("ls_init_value", 0.0) > 0.0;
  config.causal = !fields.boolean("no_causal_mask", false);
  read_text_pooling(fields, config);
  config.projection = read_text_projection(fields);
  fields.ignore(
      {"final_ln_after_pool", "hf_tokenizer_name", "output_tokens", "pad_id", "tokenizer_kwargs"});
  fields.refuse_rest();
  return config;
}

/// With `hf_model_name` the tower is one of transformers' and has its own activation.
network::TextTowerConfig read_text_tower(ConfigFields fields, Activation activation,
                                         int embedding_width) {
  if (names_m2m100(fields)) return read_open_clip_m2m100(fields);
  if (fields.has("hf_model_name")) return read_open_clip_bert(fields, embedding_width);
  return read_text_transformer(fields, activation);
}

/// CoCa's decoder; none where it is not as wide as the embedding and the text tower, whose rows it
/// reads: open_clip cannot run such a one either.
std::optional<network::MultimodalDecoderConfig> read_decoder(ConfigFields fields,
                                                             const network::ModelConfig& model,
                                                             Activation activation) {
  network::MultimodalDecoderConfig config;
  config.width = fields.integer("width", config.width);
  config.heads = fields.integer("heads", config.heads);
  config.layers = fields.integer("layers", config.layers);
  config.mlp_width = 4 * std::clamp(config.width, 0, 1'000'000);
  config.activation = activation;
  fields.expect("mlp_ratio", 4);
  fields.expect("dim_head", 64);
  // Of open_clip's fields those that it does not use, and what the text tower says too.
  fields.ignore({"context_length", "vocab_size", "attn_pooler_heads", "n_queries"});
  fields.refuse_rest();
  const auto* text = std::get_if<network::TextTransformerConfig>(&model.text);
  const bool fits =
      text != nullptr && config.width == text->width && config.width == model.embedding_width;
  return fits ? std::optional(config) : std::nullopt;
}

/// One value for all channels, or one for each.
void read_channel_values(ConfigFields& fields, std::string_view field,
                         std::array<float, 3>& channels) {
  const Json* value = fields.raw(field);
  if (value == nullptr) return;
  const std::vector<double> values =
      value->is_number() ? std::vector<double>(3, value->get<double>()) : fields.numbers(field);
  if (values.size() != channels.size()) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} values, expected 3 ({})",
         fields.path_of(field), values.size(), fields.file());
  }
  std::transform(values.begin(), values.end(), channels.begin(),
                 [](double v) { return static_cast<float>(v); });
}

template <typename Choice>
Choice read_choice(ConfigFields& fields, std::string_view field, Choice otherwise,
                   std::initializer_list<std::pair<std::string_view, Choice>> choices) {
  if (!fields.has(field)) return otherwise;
  const std::string text = fields.text(field);
  for (const auto& [known, choice] : choices) {
    if (text == known) return choice;
  }
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych does not know it ({})",
       fields.path_of(field), text, fields.file());
}

Preprocessing read_preprocessing(ConfigFields fields, int image_size, Preprocessing preprocessing) {
  preprocessing.size = read_side(fields, "size", image_size);
  read_channel_values(fields, "mean", preprocessing.mean);
  read_channel_values(fields, "std", preprocessing.std);
  preprocessing.interpolation = read_choice<Interpolation>(
      fields, "interpolation", preprocessing.interpolation,
      {{"bicubic", Interpolation::bicubic}, {"bilinear", Interpolation::bilinear}});
  preprocessing.mode = read_choice<ResizeMode>(fields, "resize_mode", preprocessing.mode,
                                               {{"shortest", ResizeMode::shortest},
                                                {"squash", ResizeMode::squash},
                                                {"longest", ResizeMode::longest}});
  preprocessing.fill = fields.integer("fill_color", preprocessing.fill);
  fields.expect("mode", "RGB");
  fields.refuse_rest();
  return preprocessing;
}

text::Cleaning read_cleaning(ConfigFields& fields) {
  return read_choice<text::Cleaning>(fields, "clean", text::Cleaning::whitespace,
                                     {{"whitespace", text::Cleaning::whitespace},
                                      {"lower", text::Cleaning::lower},
                                      {"canonicalize", text::Cleaning::canonicalize}});
}

/// None for CLIP's own tokenizer; otherwise open_clip takes one of transformers'.
std::optional<TokenizerSettings> read_tokenizer_settings(ConfigFields fields) {
  if (!fields.has("hf_tokenizer_name") && !fields.has("hf_model_name")) return std::nullopt;
  TokenizerSettings use{.name = fields.text("hf_tokenizer_name", fields.text("hf_model_name", ""))};
  ConfigFields options = fields.object("tokenizer_kwargs");
  use.cleaning = read_cleaning(options);
  use.strips_separator = options.boolean("strip_sep_token", false);
  fields.expect("tokenizer_mode", nullptr);
  options.refuse_rest();
  return use;
}

/// Options of CLIP's own tokenizer, which has them as they are by default.
void check_own_tokenizer(ConfigFields options) {
  options.expect("clean", "lower");
  options.ignore({"context_length"});  // the tower's stands beside it
  options.refuse_rest();
}

/// Pictures of any aspect ratio keep theirs, whatever the config says of squares.
void keep_aspect_ratio(ModelFile& model) {
  const auto* naflex = std::get_if<network::NaflexTransformerConfig>(&model.config.image);
  if (naflex == nullptr) return;
  model.preprocessing.mode = ResizeMode::patches;
  model.preprocessing.patch_size = naflex->patch_size;
}

/// What open_clip's table of published weights says of such models.
void assume_preprocessing(ModelFile& model, int image_size) {
  model.preprocessing.size = image_size;
  if (std::holds_alternative<network::NaflexTransformerConfig>(model.config.image)) {
    model.preprocessing.mean = model.preprocessing.std = {0.5F, 0.5F, 0.5F};
    model.assumptions.push_back(
        "The config states no preprocessing: SigLIP 2 NaFlex's was assumed (resized bicubically, "
        "mean and standard deviation 0.5).");
    return;
  }
  const auto* image = std::get_if<network::VisionTransformerConfig>(&model.config.image);
  if (image != nullptr && image->pooling == network::ImagePooling::map) {
    model.preprocessing.mode = ResizeMode::squash;
    model.preprocessing.mean = model.preprocessing.std = {0.5F, 0.5F, 0.5F};
    model.assumptions.push_back(
        "The config states no preprocessing: SigLIP's was assumed (squashed to a square "
        "bicubically, mean and standard deviation 0.5).");
    return;
  }
  const auto* eva = std::get_if<network::EvaTransformerConfig>(&model.config.image);
  if (eva != nullptr && eva->pooling == network::ImagePooling::map) {
    model.preprocessing.mode = ResizeMode::squash;
    model.preprocessing.interpolation = Interpolation::bilinear;
    model.preprocessing.mean = model.preprocessing.std = {0.5F, 0.5F, 0.5F};
    model.assumptions.push_back(
        "The config states no preprocessing: PE-Core's was assumed (squashed to a square "
        "bilinearly, mean and standard deviation 0.5).");
    return;
  }
  const auto* fastvit = std::get_if<network::FastVitConfig>(&model.config.image);
  if (fastvit != nullptr || (image != nullptr && image->convolution_stem)) {
    model.preprocessing.interpolation = Interpolation::bilinear;
    // Those with layer normalisation are MobileCLIP2's S3 and S4.
    if (fastvit == nullptr || !fastvit->attention_norm) {
      model.preprocessing.mean = {0.0F, 0.0F, 0.0F};
      model.preprocessing.std = {1.0F, 1.0F, 1.0F};
    }
    model.assumptions.push_back(
        "The config states no preprocessing: MobileCLIP's was assumed (shortest side resized "
        "bilinearly, centre crop, OpenAI's mean and standard deviation for S3 and S4 only).");
    return;
  }
  model.assumptions.push_back(
      "The config states no preprocessing: open_clip's default was assumed (shortest side resized "
      "bicubically, centre crop, OpenAI's mean and standard deviation).");
}

}  // namespace

ModelFile read_open_clip_config(const Json& json, const std::string& file,
                                const std::optional<Preprocessing>& known) {
  ConfigFields whole(json, "", file);
  const bool wrapped = whole.has("model_cfg");
  ConfigFields fields = wrapped ? whole.object("model_cfg") : whole;
  ModelFile model;
  const Activation activation =
      fields.boolean("quick_gelu", false) ? Activation::quick_gelu : Activation::gelu;
  model.config.embedding_width = fields.integer("embed_dim");
  for (const std::string_view tower : {"vision_cfg", "text_cfg"}) {
    if (!fields.has(tower))
      fail(ErrorCode::corrupt_data, "config: {} is missing ({})", tower, file);
  }
  model.config.image = read_image_tower(fields.object("vision_cfg"), activation);
  model.config.text =
      read_text_tower(fields.object("text_cfg"), activation, model.config.embedding_width);
  model.config.logit_bias = fields.has("init_logit_bias");
  if (fields.has("multimodal_cfg")) {
    model.config.decoder = read_decoder(fields.object("multimodal_cfg"), model.config, activation);
  }
  if (read_tokenizer_settings(fields.object("text_cfg"))) {
    model.tokenizer = {.kind = TokenizerSpec::Kind::none};  // it has files of its own
  } else {
    check_own_tokenizer(fields.object("text_cfg").object("tokenizer_kwargs"));
  }
  fields.ignore(
      {"custom_text", "cast_dtype", "output_dict", "init_logit_scale", "nonscalar_logit_scale"});
  const int image_size = network::image_size(model.config.image);
  const bool states_preprocessing = wrapped || whole.has("preprocess_cfg");
  if (!wrapped) fields.ignore({"model_cfg", "preprocess_cfg"});
  fields.refuse_rest();
  if (states_preprocessing) {
    model.preprocessing = read_preprocessing(whole.object("preprocess_cfg"), image_size,
                                             known.value_or(Preprocessing{}));
    if (!known && !whole.has("preprocess_cfg")) {
      model.assumptions.push_back(
          "The config states no preprocessing: open_clip's default was taken (shortest side "
          "resized bicubically, centre crop, OpenAI's mean and standard deviation).");
    }
  } else {
    if (known) {
      model.preprocessing = *known;
      model.preprocessing.size = image_size;
    } else {
      assume_preprocessing(model, image_size);
    }
  }
  keep_aspect_ratio(model);
  if (wrapped) {
    if (auto assumed = assumed_fields(file, whole.rest())) model.assumptions.push_back(*assumed);
  }
  return model;
}

network::TextTowerConfig read_open_clip_text_tower(ConfigFields fields, Activation activation) {
  return read_text_transformer(fields, activation);
}

namespace {

/// A config with the tokenizer beside it. Where the model is known, its publisher's words stand for
/// what the config leaves open.
ModelFile read_with_tokenizer(const ModelFiles& files, Json json, const std::string& name,
                              const KnownFacts* facts) {
  Json& stated = json.contains("model_cfg") ? json["model_cfg"] : json;
  if (facts != nullptr && facts->quick_gelu && stated.is_object() && !stated.contains("quick_gelu"))
    stated["quick_gelu"] = *facts->quick_gelu;
  ModelFile model =
      read_open_clip_config(json, name, facts != nullptr ? facts->preprocessing : std::nullopt);
  ConfigFields fields(stated, "", name);
  if (const auto use = read_tokenizer_settings(fields.object("text_cfg")))
    bind_tokenizer_files(files, *use, model);
  return model;
}

bool is_open_clip_config(const Json& json) {
  return json.is_object() && (json.contains("model_cfg") || json.contains("vision_cfg"));
}

void refuse_different_configs(const ModelFiles& files) {
  if (!std::ranges::all_of(kFiles, [&](const char* file) { return files.contains(file); })) return;
  const Json first = read_json(files, kFiles[0]);
  const Json second = read_json(files, kFiles[1]);
  if (!is_open_clip_config(first) || !is_open_clip_config(second) || first == second) return;
  fail(ErrorCode::invalid_argument, "contradiction: {} says another thing than {} beside it ({})",
       kFiles[0], kFiles[1], files.name());
}

/// Without weights, scores begin with the model's own scale and bias, whatever a config says.
void check_initial_scores(const Json& json, const ModelFile& model, const std::string& file) {
  constexpr double kTolerance = 1e-3;
  ConfigFields fields(json.contains("model_cfg") ? json["model_cfg"] : json, "", file);
  const network::Model network = network::make_model(model.config);
  const auto check = [&](const char* field, network::ParameterId parameter) {
    if (parameter == network::kAbsent) return;
    const double initial = network.parameters.spec(parameter).initialiser.value;
    const double stated = fields.number(field, initial);
    if (std::abs(stated - initial) <= kTolerance) return;
    fail(ErrorCode::unsupported,
         "config: {}: got {}, expected {:.6g}, with which training begins ({})", field, stated,
         initial, file);
  };
  check("init_logit_scale", network.logit_scale);
  check("init_logit_bias", network.logit_bias);
}

}  // namespace

std::optional<ModelFile> find_open_clip_config(const ModelFiles& files) {
  refuse_different_configs(files);
  const KnownFacts* facts = files.known();
  for (const char* file : kFiles) {
    // A guess does not stand against a config.
    const bool is_certain = facts != nullptr && !facts->guessed;
    if (files.contains(file))
      return read_with_tokenizer(files, read_json(files, file), files.path_of(file),
                                 is_certain ? facts : nullptr);
  }
  const Json* architecture = facts != nullptr ? find_architecture(facts->architecture) : nullptr;
  if (architecture == nullptr) return std::nullopt;
  ModelFile model = read_with_tokenizer(files, *architecture, facts->name, facts);
  if (facts->guessed) {
    model.assumptions.push_back("The file is called as " + facts->name +
                                "'s is: that model's architecture, activation and preprocessing "
                                "were assumed.");
  }
  return model;
}

bool has_open_clip_config(const ModelFiles& files) {
  return std::ranges::any_of(kFiles, [&](const char* file) {
    return files.contains(file) && is_open_clip_config(read_json(files, file));
  });
}

ModelFile read_open_clip_architecture(const ModelFiles& files, const std::string& name) {
  return read_with_tokenizer(files, *find_architecture(name), name, nullptr);
}

ModelFile read_open_clip_config_file(const std::filesystem::path& file) {
  const ModelFiles files(file);
  const Json json = read_json(files, files.weights());
  ModelFile model = read_with_tokenizer(files, json, file.string(), nullptr);
  check_initial_scores(json, model, file.string());
  return model;
}

ModelFile read_open_clip_architecture(const std::string& name) {
  const KnownFacts facts{.name = name, .quick_gelu = name.ends_with("-quickgelu")};
  return read_with_tokenizer(ModelFiles(std::span<const FileBytes>()), *find_architecture(name),
                             name, &facts);
}

}  // namespace diptych::checkpoint
