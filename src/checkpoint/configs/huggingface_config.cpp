#include "checkpoint/configs/huggingface_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "checkpoint/configs/bert_config.h"
#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/configs/huggingface_fields.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "checkpoint/tokenizers/wordpiece_files.h"
#include "json/config_fields.h"

// Fields and defaults: transformers 4 and 5, CLIPConfig (MetaClip2Config is the same),
// ChineseCLIPConfig and SiglipConfig with their text and vision parts, and CLIPImageProcessor. Its
// configs carry dozens of fields that have no meaning for the model; what is none of those and not
// asked for is an assumption, as a fork of the model may mean something by it.

namespace diptych::checkpoint {
namespace {

using network::Activation;

/// Pillow's filter numbers.
constexpr int kBilinear = 2;
constexpr int kBicubic = 3;

/// What makes 0 to 1 of a byte.
constexpr double kByteToUnit = 1.0 / 255.0;

/// What transformers lays transparent pictures on.
constexpr std::array<std::uint8_t, 3> kWhite = {255, 255, 255};

constexpr const char* kMetaClip2 = "metaclip_2";
/// Of the tokenizer that MetaCLIP 2 has.
constexpr int kXlmRobertaStart = 0;
constexpr int kXlmRobertaPad = 1;

/// The fields that image towers of CLIP and SigLIP share; the last three arguments are defaults.
network::VisionTransformerConfig read_image_tower(ConfigFields& fields, int patch_size,
                                                  std::string_view activation, double epsilon) {
  fields.expect("num_channels", 3);
  return {.image_size = fields.integer("image_size", 224),
          .patch_size = fields.integer("patch_size", patch_size),
          .width = fields.integer("hidden_size", 768),
          .layers = fields.integer("num_hidden_layers", 12),
          .heads = fields.integer("num_attention_heads", 12),
          .mlp_width = fields.integer("intermediate_size", 3072),
          .activation = read_huggingface_activation(fields, "hidden_act", activation),
          .norm_epsilon = static_cast<float>(fields.number("layer_norm_eps", epsilon))};
}

network::VisionTransformerConfig read_vision(ConfigFields fields, UnknownFields& unknown) {
  const auto config = read_image_tower(fields, 32, "quick_gelu", 1e-5);
  take_rest(fields, unknown);
  return config;
}

/// transformers pools at the first eos_token_id. For CLIP, not for MetaCLIP 2, it pools at the
/// largest id when the config says 2, which older versions wrote whatever the vocabulary.
int end_of_text_id(ConfigFields& fields, int vocabulary_size, bool metaclip_2) {
  constexpr int kWrittenByOldVersions = 2;
  const int id = fields.integer("eos_token_id", vocabulary_size - 1);
  if (!metaclip_2 && (id == kWrittenByOldVersions || id == vocabulary_size - 1))
    return network::kLargestId;
  if (id < 0 || id >= vocabulary_size) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected 0 to {} ({})",
         fields.path_of("eos_token_id"), id, vocabulary_size - 1, fields.file());
  }
  return id;
}

network::TextTransformerConfig read_text(ConfigFields fields, bool metaclip_2,
                                         UnknownFields& unknown) {
  network::TextTransformerConfig config{
      .context_length = fields.integer("max_position_embeddings", 77),
      .vocabulary_size = fields.integer("vocab_size", 49408),
      .width = fields.integer("hidden_size", 512),
      .heads = fields.integer("num_attention_heads", 8),
      .layers = fields.integer("num_hidden_layers", 12),
      .mlp_width = fields.integer("intermediate_size", 2048),
      .activation = read_huggingface_activation(fields, "hidden_act", "quick_gelu"),
      .norm_epsilon = static_cast<float>(fields.number("layer_norm_eps", 1e-5))};
  config.end_of_text_id = end_of_text_id(fields, config.vocabulary_size, metaclip_2);
  take_rest(fields, unknown);
  return config;
}

/// ChineseCLIPTextConfig, whose vocabulary is BERT's English one unless the config says otherwise.
network::BertConfig read_chinese_text(ConfigFields fields, UnknownFields& unknown) {
  network::BertConfig config = read_huggingface_bert(fields, {.vocabulary_size = 30522});
  config.context_length = std::min(config.context_length, config.positions);
  take_rest(fields, unknown);
  return config;
}

network::VisionTransformerConfig read_siglip_vision(ConfigFields fields, UnknownFields& unknown) {
  fields.expect("vision_use_head", true);
  auto config = read_image_tower(fields, 16, "gelu_pytorch_tanh", 1e-6);
  config.class_token = false;
  config.norm_pre = false;
  config.patch_bias = true;
  config.pooling = network::ImagePooling::map;
  config.projection = network::Projection::none;
  take_rest(fields, unknown);
  return config;
}

network::TextTransformerConfig read_siglip_text(ConfigFields fields, int embedding_width,
                                                UnknownFields& unknown) {
  network::TextTransformerConfig config{
      .context_length = fields.integer("max_position_embeddings", 64),
      .vocabulary_size = fields.integer("vocab_size", 32000),
      .width = fields.integer("hidden_size", 768),
      .heads = fields.integer("num_attention_heads", 12),
      .layers = fields.integer("num_hidden_layers", 12),
      .mlp_width = fields.integer("intermediate_size", 3072),
      .activation = read_huggingface_activation(fields, "hidden_act", "gelu_pytorch_tanh"),
      .norm_epsilon = static_cast<float>(fields.number("layer_norm_eps", 1e-6)),
      .causal = false,
      .pooling = network::TextPooling::last,
      .projection = network::Projection::linear};
  const int projected = fields.integer("projection_size", config.width);
  if (projected != embedding_width) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected the image tower's width {} ({})",
         fields.path_of("projection_size"), projected, embedding_width, fields.file());
  }
  take_rest(fields, unknown);
  return config;
}

/// What older files say under "text_config_dict" replaces "text_config", also with its defaults
/// where it leaves something out; the same of "vision_config_dict".
ConfigFields tower_config(ConfigFields& fields, const std::string& field) {
  return fields.object(fields.has(field + "_dict") ? field + "_dict" : field);
}

/// {"shortest_edge": n}, {"height": n, "width": n} or n.
int read_size(ConfigFields& fields, std::string_view field, bool& square, int otherwise) {
  const Json* value = fields.raw(field);
  if (value == nullptr) return otherwise;
  if (!value->is_object()) return fields.integer(field);
  ConfigFields size = fields.object(field);
  square = !size.has("shortest_edge");
  if (!square) return size.integer("shortest_edge");
  size.expect("width", size.integer("height"));
  return size.integer("height");
}

void read_channels(ConfigFields& fields, std::string_view field, std::array<float, 3>& channels) {
  if (!fields.has(field)) return;
  const std::vector<double> values = fields.numbers(field);
  if (values.size() != channels.size()) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} values, expected 3 ({})",
         fields.path_of(field), values.size(), fields.file());
  }
  std::transform(values.begin(), values.end(), channels.begin(),
                 [](double v) { return static_cast<float>(v); });
}

Interpolation read_resample(ConfigFields& fields) {
  const int filter = fields.integer("resample", kBicubic);
  if (filter == kBilinear) return Interpolation::bilinear;
  if (filter == kBicubic) return Interpolation::bicubic;
  fail(ErrorCode::unsupported, "config: resample: got {}, diptych has 2 and 3 ({})", filter,
       fields.file());
}

void check_rescaling(ConfigFields& fields) {
  const double factor = fields.number("rescale_factor", kByteToUnit);
  if (std::abs(factor - kByteToUnit) < 1e-6 * kByteToUnit) return;
  fail(ErrorCode::unsupported, "config: rescale_factor: got {}, diptych has 1/255 ({})", factor,
       fields.file());
}

/// The fields that both towers have.
template <typename Config>
Json write_transformer(const Config& config, int embedding_width) {
  return {{"hidden_size", config.width},
          {"intermediate_size", config.mlp_width},
          {"num_hidden_layers", config.layers},
          {"num_attention_heads", config.heads},
          {"hidden_act", huggingface_activation(config.activation)},
          {"layer_norm_eps", config.norm_epsilon},
          {"projection_dim", embedding_width}};
}

/// Whether a config has only what CLIPModel's towers have.
bool is_clip_tower(const network::VisionTransformerConfig& config) {
  return config.pooling == network::ImagePooling::class_token && config.norm_pre &&
         !config.patch_bias && !config.layer_scale &&
         config.projection == network::Projection::matrix;
}
bool is_clip_tower(const network::TextTransformerConfig& config) {
  return config.causal && !config.sinusoids &&
         config.pooling == network::TextPooling::end_of_text && !config.layer_scale &&
         config.projection == network::Projection::matrix;
}

/// Whether both towers and the scores are what a SiglipModel has.
bool is_siglip(const network::ModelConfig& config) {
  const auto* image = std::get_if<network::VisionTransformerConfig>(&config.image);
  const auto* text = std::get_if<network::TextTransformerConfig>(&config.text);
  if (image == nullptr || text == nullptr || !config.logit_bias) return false;
  return image->pooling == network::ImagePooling::map && !image->class_token && !image->norm_pre &&
         image->patch_bias && !image->layer_scale && !image->convolution_stem &&
         image->projection == network::Projection::none && !text->causal && !text->sinusoids &&
         text->pooling == network::TextPooling::last && !text->layer_scale &&
         text->projection == network::Projection::linear;
}

/// The fields of a tower of SigLIP's.
template <typename Config>
Json write_siglip_tower(const Config& config, const char* type) {
  return {{"model_type", type},
          {"hidden_size", config.width},
          {"intermediate_size", config.mlp_width},
          {"num_hidden_layers", config.layers},
          {"num_attention_heads", config.heads},
          {"hidden_act", huggingface_activation(config.activation)},
          {"layer_norm_eps", config.norm_epsilon}};
}

Json write_siglip(const ModelFile& model) {
  const auto& image = std::get<network::VisionTransformerConfig>(model.config.image);
  const auto& text = std::get<network::TextTransformerConfig>(model.config.text);
  Json vision_config = write_siglip_tower(image, "siglip_vision_model");
  vision_config["image_size"] = image.image_size;
  vision_config["patch_size"] = image.patch_size;
  vision_config["num_channels"] = 3;
  vision_config["vision_use_head"] = true;
  Json text_config = write_siglip_tower(text, "siglip_text_model");
  text_config["max_position_embeddings"] = text.context_length;
  text_config["vocab_size"] = text.vocabulary_size;
  text_config["projection_size"] = model.config.embedding_width;
  const auto& special = model.tokenizer.special;
  if (special.end != text::SpecialIds::kNone) {
    text_config["eos_token_id"] = special.end;
    text_config["pad_token_id"] = special.pad;
  }
  return {{"architectures", {"SiglipModel"}},
          {"model_type", "siglip"},
          {"vision_config", std::move(vision_config)},
          {"text_config", std::move(text_config)}};
}

/// CLIPModel and MetaClip2Model differ in what they call their parts, and in which token is pooled.
Json write_vision(const network::ImageTowerConfig& tower, int embedding_width,
                  const std::string& type) {
  const auto* config = std::get_if<network::VisionTransformerConfig>(&tower);
  if (config == nullptr || !is_clip_tower(*config))
    fail(ErrorCode::unsupported,
         "Hugging Face's CLIPModel has no tower like this model's image tower");
  Json json = write_transformer(*config, embedding_width);
  json["model_type"] = type + "_vision_model";
  json["image_size"] = config->image_size;
  json["patch_size"] = config->patch_size;
  json["num_channels"] = 3;
  return json;
}

/// The ids around a text: CLIP's vocabulary ends with the start-of-text and the end-of-text token.
WordPieceIds ids_around_text(const TokenizerSpec& tokenizer, int vocabulary_size) {
  if (is_plain_wordpiece(tokenizer)) return wordpiece_ids(tokenizer);
  if (tokenizer.kind != TokenizerSpec::Kind::clip)
    return {.start = kXlmRobertaStart, .pad = kXlmRobertaPad};
  return {.start = vocabulary_size - 2, .pad = vocabulary_size - 1};
}

Json write_text(const network::TextTowerConfig& tower, int embedding_width, const std::string& type,
                const TokenizerSpec& tokenizer) {
  const auto* config = std::get_if<network::TextTransformerConfig>(&tower);
  const bool pools_largest = config != nullptr && config->end_of_text_id == network::kLargestId;
  if (config == nullptr || !is_clip_tower(*config) || (type == kMetaClip2 && pools_largest))
    fail(ErrorCode::unsupported,
         "Hugging Face's CLIPModel has no tower like this model's text tower");
  Json json = write_transformer(*config, embedding_width);
  json["model_type"] = type + "_text_model";
  json["max_position_embeddings"] = config->context_length;
  json["vocab_size"] = config->vocabulary_size;
  const WordPieceIds around = ids_around_text(tokenizer, config->vocabulary_size);
  json["bos_token_id"] = around.start;
  json["eos_token_id"] = pools_largest ? config->vocabulary_size - 1 : config->end_of_text_id;
  json["pad_token_id"] = type == kMetaClip2 ? Json(around.pad) : json["eos_token_id"];
  return json;
}

Preprocessing siglip_preprocessing(int size) {
  constexpr std::array<float, 3> kHalf = {0.5F, 0.5F, 0.5F};
  Preprocessing preprocessing{
      .size = size, .mode = ResizeMode::squash, .mean = kHalf, .std = kHalf};
  follow_transformers(preprocessing);
  return preprocessing;
}

bool is_one_tower(std::string_view type) {
  return type.ends_with("_vision_model") || type.ends_with("_text_model");
}

/// The config of a tower of CLIP's or MetaCLIP 2's alone, or of Chinese-CLIP's image tower, with
/// its projection.
ModelFile read_one_tower(ConfigFields fields, const std::string& type, UnknownFields& unknown) {
  const bool metaclip_2 = type.starts_with(kMetaClip2);
  const bool chinese = type == "chinese_clip_vision_model";
  if (!metaclip_2 && !chinese && !type.starts_with("clip_")) {
    fail(ErrorCode::unsupported,
         "config: model_type: got \"{}\", of towers alone diptych has clip's, metaclip_2's and "
         "siglip's, and Chinese-CLIP's with the config of the whole ({})",
         type, fields.file());
  }
  ModelFile model;
  model.config.embedding_width = fields.integer("projection_dim", 512);
  if (type.ends_with("_vision_model")) {
    model.config.image = read_vision(std::move(fields), unknown);
    model.config.text = network::AbsentTextTowerConfig();
    if (chinese) bind_chinese_clip(model);
    model.tokenizer.kind = TokenizerSpec::Kind::none;
  } else {
    model.config.image = network::AbsentImageTowerConfig();
    model.config.text = read_text(std::move(fields), metaclip_2, unknown);
    if (metaclip_2) model.tokenizer.kind = TokenizerSpec::Kind::none;
  }
  model.preprocessing.size = network::image_size(model.config.image);
  follow_transformers(model.preprocessing);
  return model;
}

ModelFile read_clip(ConfigFields fields, UnknownFields& unknown) {
  const std::string type = fields.text("model_type");
  const bool chinese = type == "chinese_clip";
  const bool metaclip_2 = type == kMetaClip2;
  if (is_one_tower(type)) return read_one_tower(std::move(fields), type, unknown);
  if (type != "clip" && !chinese && !metaclip_2) {
    fail(ErrorCode::unsupported,
         "config: model_type: got \"{}\", diptych has clip, chinese_clip and metaclip_2, and the "
         "towers of clip and metaclip_2 alone ({})",
         type, fields.file());
  }
  ModelFile model;
  model.config.embedding_width = fields.integer("projection_dim", 512);
  model.config.image = read_vision(tower_config(fields, "vision_config"), unknown);
  if (chinese) {
    model.config.text = read_chinese_text(tower_config(fields, "text_config"), unknown);
    bind_chinese_clip(model);
  } else {
    model.config.text = read_text(tower_config(fields, "text_config"), metaclip_2, unknown);
    model.preprocessing.size = network::image_size(model.config.image);
    if (metaclip_2) model.tokenizer.kind = TokenizerSpec::Kind::none;  // it lies beside the weights
  }
  follow_transformers(model.preprocessing);
  fields.ignore({"text_config", "vision_config"});  // which an older part may replace
  take_rest(fields, unknown);
  return model;
}

ModelFile read_siglip(ConfigFields fields, UnknownFields& unknown) {
  const std::string type = fields.text("model_type");
  ModelFile model;
  model.tokenizer.kind = TokenizerSpec::Kind::none;
  if (type == "siglip_text_model") {
    const int width = fields.integer("projection_size", fields.integer("hidden_size", 768));
    model.config = {.embedding_width = width,
                    .image = network::AbsentImageTowerConfig(),
                    .text = read_siglip_text(std::move(fields), width, unknown)};
    model.preprocessing.size = 0;
    return model;
  }
  if (type == "siglip_vision_model") {
    const auto image = read_siglip_vision(std::move(fields), unknown);
    model.config = {
        .embedding_width = image.width, .image = image, .text = network::AbsentTextTowerConfig()};
    model.preprocessing = siglip_preprocessing(image.image_size);
    return model;
  }
  fields.expect("model_type", "siglip");
  const network::VisionTransformerConfig image =
      read_siglip_vision(fields.object("vision_config"), unknown);
  model.config.embedding_width = image.width;
  model.config.image = image;
  model.config.text = read_siglip_text(fields.object("text_config"), image.width, unknown);
  model.config.logit_bias = true;
  model.preprocessing = siglip_preprocessing(image.image_size);
  take_rest(fields, unknown);
  return model;
}

/// Reads a config by `read`; what is unknown in it becomes an assumption.
template <typename Read>
ModelFile assuming_unknown(const Json& json, const std::string& file, const Read& read) {
  UnknownFields unknown;
  ModelFile model = read(ConfigFields(json, "", file), unknown);
  if (auto assumed = assumed_fields(file, unknown)) model.assumptions.push_back(*assumed);
  return model;
}

}  // namespace

Activation read_huggingface_activation(ConfigFields& fields, std::string_view field,
                                       std::string_view otherwise) {
  const std::string text = fields.text(field, otherwise);
  if (text == "quick_gelu") return Activation::quick_gelu;
  if (text == "gelu") return Activation::gelu;
  if (text == "gelu_new" || text == "gelu_pytorch_tanh") return Activation::gelu_tanh;
  fail(ErrorCode::unsupported,
       "config: {}: got \"{}\", diptych has quick_gelu, gelu and gelu_new ({})",
       fields.path_of(field), text, fields.file());
}

std::string_view huggingface_activation(Activation activation) {
  if (activation == Activation::quick_gelu) return "quick_gelu";
  if (activation == Activation::gelu) return "gelu";
  if (activation == Activation::gelu_tanh) return "gelu_pytorch_tanh";
  fail(ErrorCode::unsupported, "Hugging Face's form cannot say this model's activation");
}

ModelFile read_huggingface_config(const Json& json, const std::string& file) {
  return assuming_unknown(json, file, read_clip);
}

ModelFile read_huggingface_siglip_config(const Json& json, const std::string& file) {
  return assuming_unknown(json, file, read_siglip);
}

Preprocessing read_huggingface_preprocessing(const Json& json, int image_size,
                                             const std::string& file, ResizeMode bare_size) {
  ConfigFields fields(json, "", file);
  Preprocessing preprocessing;
  bool square = bare_size == ResizeMode::squash;
  const int resized = read_size(fields, "size", square, image_size);
  const bool crops = fields.boolean("do_center_crop", !square);
  bool ignored = true;
  const int cropped = crops ? read_size(fields, "crop_size", ignored, resized) : resized;
  if ((!crops && !square) || cropped != resized) {
    fail(ErrorCode::unsupported,
         "config: size: got pictures resized to {} and cropped to {}, diptych crops what it "
         "resized to the same size ({})",
         resized, cropped, file);
  }
  preprocessing.size = cropped;
  preprocessing.mode = square ? ResizeMode::squash : ResizeMode::shortest;
  preprocessing.interpolation = read_resample(fields);
  for (const std::string_view step : {"do_resize", "do_rescale", "do_normalize"})
    fields.expect(step, true);
  fields.expect("do_pad", false);
  check_rescaling(fields);
  read_channels(fields, "image_mean", preprocessing.mean);
  read_channels(fields, "image_std", preprocessing.std);
  follow_transformers(preprocessing);
  return preprocessing;
}

std::optional<std::string> assumed_processor(const Json& json) {
  // transformers' own, also by the names that older versions wrote; "clip" and the like are ours.
  constexpr auto kKnown = std::to_array<std::string_view>(
      {"CLIP", "ChineseCLIP", "Siglip", "Siglip2", "ViT", "Bit", "clip", "siglip", kMetaClip2});
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor", ""});
  std::string type;
  for (const char* field : {"image_processor_type", "feature_extractor_type"}) {
    if (json.is_object() && json.contains(field) && json[field].is_string())
      type = json[field].get<std::string>();
  }
  if (type.empty()) return std::nullopt;
  for (const std::string_view known : kKnown) {
    for (const std::string_view ending : kEndings)
      if (type == std::string(known).append(ending)) return std::nullopt;
  }
  return fmt::format(
      "preprocessor_config.json is of a {}, which diptych does not know: its fields were taken for "
      "those of a CLIPImageProcessor.",
      type);
}

void follow_transformers(Preprocessing& preprocessing) {
  preprocessing.background = kWhite;
  preprocessing.conversion = RgbConversion::first;
  if (preprocessing.mode == ResizeMode::shortest) preprocessing.crop_start = CropStart::down;
}

Json write_huggingface_config(const ModelFile& model) {
  const TokenizerSpec::Kind tokenizer = model.tokenizer.kind;
  const bool clips = tokenizer == TokenizerSpec::Kind::clip;
  const bool siglip = is_siglip(model.config);
  if (tokenizer == TokenizerSpec::Kind::chinese || (siglip && clips)) {
    fail(ErrorCode::unsupported, "Hugging Face's form cannot say this model's tokenizer: got {}",
         name(tokenizer));
  }
  const bool has_files = !model.tokenizer_files.files.empty();
  if (has_files || !is_plain_wordpiece(model.tokenizer))
    check_tokenizer_files(model, "Hugging Face's");
  if (siglip) return write_siglip(model);
  if (model.config.logit_bias)
    fail(ErrorCode::unsupported, "Hugging Face's CLIPModel has no bias like this model's scores");
  const int width = model.config.embedding_width;
  const std::string type = clips ? "clip" : kMetaClip2;
  return {{"architectures", {clips ? "CLIPModel" : "MetaClip2Model"}},
          {"model_type", type},
          {"projection_dim", width},
          {"vision_config", write_vision(model.config.image, width, type)},
          {"text_config", write_text(model.config.text, width, type, model.tokenizer)}};
}

Json write_huggingface_preprocessing(const Preprocessing& preprocessing, std::string_view type) {
  if (preprocessing.mode == ResizeMode::longest || preprocessing.background != kWhite) {
    fail(
        ErrorCode::unsupported,
        "Hugging Face's form cannot say this model's preprocessing: its resize mode or background");
  }
  const Json square = {{"height", preprocessing.size}, {"width", preprocessing.size}};
  const bool crops = preprocessing.mode == ResizeMode::shortest;
  return {
      {"image_processor_type", type},
      {"do_convert_rgb", true},
      {"do_resize", true},
      {"size", crops ? Json{{"shortest_edge", preprocessing.size}} : square},
      {"resample", preprocessing.interpolation == Interpolation::bicubic ? kBicubic : kBilinear},
      {"do_center_crop", crops},
      {"crop_size", square},
      {"do_rescale", true},
      {"rescale_factor", kByteToUnit},
      {"do_normalize", true},
      {"image_mean", preprocessing.mean},
      {"image_std", preprocessing.std}};
}

}  // namespace diptych::checkpoint
