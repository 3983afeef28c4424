#include "checkpoint/configs/diptych_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "base/error.h"
#include "json/base64.h"
#include "json/config_fields.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::BertConfig;
using network::BertPooling;
using network::ConvNextConfig;
using network::EvaTransformerConfig;
using network::FastVitConfig;
using network::ImagePooling;
using network::ModifiedResNetConfig;
using network::NormKind;
using network::Projection;
using network::TextPooling;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using network::ViTaminConfig;

constexpr int kVersion = 1;
constexpr std::string_view kVisionTransformer = "vision_transformer";
constexpr std::string_view kEvaTransformer = "eva_transformer";
constexpr std::string_view kModifiedResNet = "modified_resnet";
constexpr std::string_view kConvNext = "convnext";
constexpr std::string_view kViTamin = "vitamin";
constexpr std::string_view kFastVit = "fastvit";
constexpr std::string_view kTextTransformer = "text_transformer";
constexpr std::string_view kBert = "bert";

/// What a value is called in diptych.json.
template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

constexpr auto kActivations =
    std::to_array<Word<Activation>>({{"relu", Activation::relu},
                                     {"quick_gelu", Activation::quick_gelu},
                                     {"gelu", Activation::gelu},
                                     {"gelu_tanh", Activation::gelu_tanh},
                                     {"silu", Activation::silu}});
constexpr auto kImagePoolings =
    std::to_array<Word<ImagePooling>>({{"class_token", ImagePooling::class_token},
                                       {"mean", ImagePooling::mean},
                                       {"map", ImagePooling::map},
                                       {"queries", ImagePooling::queries}});
constexpr auto kTextPoolings =
    std::to_array<Word<TextPooling>>({{"end_of_text", TextPooling::end_of_text},
                                      {"last", TextPooling::last},
                                      {"first", TextPooling::first},
                                      {"class_token", TextPooling::class_token}});
constexpr auto kNormKinds =
    std::to_array<Word<NormKind>>({{"layer", NormKind::layer}, {"rms", NormKind::rms}});
constexpr auto kProjections = std::to_array<Word<Projection>>(
    {{"matrix", Projection::matrix}, {"linear", Projection::linear}, {"none", Projection::none}});
constexpr auto kResizeModes = std::to_array<Word<ResizeMode>>({{"shortest", ResizeMode::shortest},
                                                               {"squash", ResizeMode::squash},
                                                               {"longest", ResizeMode::longest}});
constexpr auto kCropStarts = std::to_array<Word<CropStart>>(
    {{"half_even", CropStart::half_even}, {"down", CropStart::down}});
constexpr auto kConversions = std::to_array<Word<RgbConversion>>(
    {{"last", RgbConversion::last}, {"first", RgbConversion::first}});
constexpr auto kInterpolations = std::to_array<Word<Interpolation>>(
    {{"bicubic", Interpolation::bicubic}, {"bilinear", Interpolation::bilinear}});
constexpr auto kTokenizers = std::to_array<Word<TokenizerSpec::Kind>>(
    {{"clip", TokenizerSpec::Kind::clip},
     {"chinese", TokenizerSpec::Kind::chinese},
     {"wordpiece", TokenizerSpec::Kind::wordpiece},
     {"sentencepiece", TokenizerSpec::Kind::sentencepiece},
     {"xlm_roberta", TokenizerSpec::Kind::xlm_roberta},
     {"byte_level_bpe", TokenizerSpec::Kind::byte_level_bpe},
     {"none", TokenizerSpec::Kind::none}});
constexpr auto kCleanings = std::to_array<Word<text::Cleaning>>(
    {{"whitespace", text::Cleaning::whitespace},
     {"lower", text::Cleaning::lower},
     {"canonicalize", text::Cleaning::canonicalize},
     {"only_lower", text::Cleaning::only_lower},
     {"remove_punctuation", text::Cleaning::remove_punctuation}});
constexpr auto kBertPoolings = std::to_array<Word<BertPooling>>(
    {{"class_token", BertPooling::class_token}, {"mean", BertPooling::mean}});

template <typename Value, std::size_t count>
std::string_view word_for(Value value, const std::array<Word<Value>, count>& words) {
  for (const auto& known : words) {
    if (known.value == value) return known.word;
  }
  fail(ErrorCode::internal, "a value has no word in diptych.json");
}

template <typename Value, std::size_t count>
Value read_word(ConfigFields& fields, std::string_view field,
                const std::array<Word<Value>, count>& words,
                std::optional<Value> otherwise = std::nullopt) {
  if (otherwise && !fields.has(field)) return *otherwise;
  const std::string text = fields.text(field);
  for (const auto& known : words) {
    if (text == known.word) return known.value;
  }
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", which diptych does not know ({})",
       fields.path_of(field), text, fields.file());
}

// towers

Json write_decoder(const network::MultimodalDecoderConfig& config) {
  return {{"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"mlp_width", config.mlp_width},
          {"activation", word_for(config.activation, kActivations)},
          {"norm_epsilon", config.norm_epsilon}};
}

Json write_tower(const VisionTransformerConfig& config) {
  Json json = {{"architecture", kVisionTransformer},
               {"image_size", config.image_size},
               {"patch_size", config.patch_size},
               {"patch_bias", config.patch_bias},
               {"class_token", config.class_token},
               {"norm_pre", config.norm_pre},
               {"width", config.width},
               {"layers", config.layers},
               {"heads", config.heads},
               {"mlp_width", config.mlp_width},
               {"activation", word_for(config.activation, kActivations)},
               {"norm_epsilon", config.norm_epsilon},
               {"pooling", word_for(config.pooling, kImagePoolings)},
               {"projection", word_for(config.projection, kProjections)}};
  if (config.layer_scale) json["layer_scale"] = true;
  if (config.convolution_stem) json["convolution_stem"] = true;
  if (!config.class_position) json["class_position"] = false;
  if (config.pooling == ImagePooling::queries) {
    json["pool_queries"] = config.pool_queries;
    json["pool_heads"] = config.pool_heads;
  }
  return json;
}

Json write_tower(const EvaTransformerConfig& config) {
  Json json = {{"architecture", kEvaTransformer},
               {"image_size", config.image_size},
               {"patch_size", config.patch_size},
               {"width", config.width},
               {"layers", config.layers},
               {"heads", config.heads},
               {"mlp_width", config.mlp_width},
               {"activation", word_for(config.activation, kActivations)},
               {"gated_mlp", config.gated_mlp},
               {"norm", word_for(config.norm, kNormKinds)},
               {"norm_epsilon", config.norm_epsilon},
               {"post_norm", config.post_norm},
               {"inner_norms", config.inner_norms},
               {"query_value_bias", config.query_value_bias},
               {"layer_scale", config.layer_scale},
               {"rotary_grid", config.rotary_grid},
               {"rotary_origin", config.rotary_origin},
               {"rotary_columns_first", config.rotary_columns_first},
               {"key_bias", config.key_bias},
               {"class_token", config.class_token},
               {"norm_pre", config.norm_pre},
               {"pooling", word_for(config.pooling, kImagePoolings)},
               {"projection", word_for(config.projection, kProjections)}};
  if (config.pooling == ImagePooling::map) json["pool_heads"] = config.pool_heads;
  return json;
}

Json write_tower(const ModifiedResNetConfig& config) {
  return {{"architecture", kModifiedResNet}, {"image_size", config.image_size},
          {"width", config.width},           {"layers", config.layers},
          {"heads", config.heads},           {"pooling", "attention"}};
}

Json write_tower(const ConvNextConfig& config) {
  return {{"architecture", kConvNext},
          {"image_size", config.image_size},
          {"layers", config.layers},
          {"widths", config.widths},
          {"norm_epsilon", config.norm_epsilon},
          {"pooling", "mean"},
          {"projection", config.mlp_projection ? "mlp" : "matrix"}};
}

Json write_tower(const ViTaminConfig& config) {
  return {{"architecture", kViTamin},
          {"image_size", config.image_size},
          {"convolution_layers", config.convolution_layers},
          {"convolution_widths", config.convolution_widths},
          {"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"mlp_width", config.mlp_width},
          {"positions", config.positions},
          {"pooling", "mean"}};
}

Json write_tower(const FastVitConfig& config) {
  return {{"architecture", kFastVit},
          {"image_size", config.image_size},
          {"layers", config.layers},
          {"widths", config.widths},
          {"mlp_ratio", config.mlp_ratio},
          {"attention_stages", config.attention_stages},
          {"attention_norm", config.attention_norm},
          {"excited_stages", config.excited_stages},
          {"pooling", "mean"}};
}

bool leaves_padding_out(TextPooling pooling) {
  return pooling == TextPooling::class_token || pooling == TextPooling::first;
}

Json write_tower(const TextTransformerConfig& config) {
  Json json = {{"architecture", kTextTransformer},
               {"context_length", config.context_length},
               {"vocabulary_size", config.vocabulary_size},
               {"width", config.width},
               {"layers", config.layers},
               {"heads", config.heads},
               {"mlp_width", config.mlp_width},
               {"activation", word_for(config.activation, kActivations)},
               {"norm_epsilon", config.norm_epsilon},
               {"causal", config.causal},
               {"pooling", word_for(config.pooling, kTextPoolings)},
               {"projection", word_for(config.projection, kProjections)}};
  if (config.layer_scale) json["layer_scale"] = true;
  if (config.end_of_text_id != network::kLargestId) json["end_of_text_id"] = config.end_of_text_id;
  if (leaves_padding_out(config.pooling)) json["pad_id"] = config.pad_id;
  if (config.sinusoids) json["sinusoids"] = true;
  return json;
}

Json write_tower(const BertConfig& config) {
  Json json = {{"architecture", kBert},
               {"context_length", config.context_length},
               {"vocabulary_size", config.vocabulary_size},
               {"width", config.width},
               {"layers", config.layers},
               {"heads", config.heads},
               {"mlp_width", config.mlp_width},
               {"activation", word_for(config.activation, kActivations)},
               {"norm_epsilon", config.norm_epsilon},
               {"positions", config.positions},
               {"first_position", config.first_position},
               {"token_types", config.token_types},
               {"pad_id", config.pad_id},
               {"pooling", word_for(config.pooling, kBertPoolings)}};
  if (config.projection_width != 0) json["projection_width"] = config.projection_width;
  return json;
}

/// The fields that the transformers of all kinds have.
template <typename Config>
void read_transformer(ConfigFields& fields, Config& config) {
  config.width = fields.integer("width");
  config.layers = fields.integer("layers");
  config.heads = fields.integer("heads");
  config.mlp_width = fields.integer("mlp_width");
  config.activation = read_word(fields, "activation", kActivations);
  config.norm_epsilon = static_cast<float>(fields.number("norm_epsilon", config.norm_epsilon));
}

network::MultimodalDecoderConfig read_decoder(ConfigFields fields) {
  network::MultimodalDecoderConfig config;
  read_transformer(fields, config);
  fields.refuse_rest();
  return config;
}

VisionTransformerConfig read_vision_transformer(ConfigFields& fields) {
  VisionTransformerConfig config;
  config.image_size = fields.integer("image_size");
  config.patch_size = fields.integer("patch_size");
  read_transformer(fields, config);
  config.layer_scale = fields.boolean("layer_scale", config.layer_scale);
  config.patch_bias = fields.boolean("patch_bias", config.patch_bias);
  config.convolution_stem = fields.boolean("convolution_stem", config.convolution_stem);
  config.class_position = fields.boolean("class_position", config.class_position);
  config.class_token = fields.boolean("class_token", config.class_token);
  config.norm_pre = fields.boolean("norm_pre", config.norm_pre);
  config.pooling = read_word(fields, "pooling", kImagePoolings, std::optional(config.pooling));
  if (config.pooling == ImagePooling::queries) {
    config.pool_queries = fields.integer("pool_queries");
    config.pool_heads = fields.integer("pool_heads");
  }
  config.projection =
      read_word(fields, "projection", kProjections, std::optional(config.projection));
  return config;
}

EvaTransformerConfig read_eva_transformer(ConfigFields& fields) {
  EvaTransformerConfig config;
  config.image_size = fields.integer("image_size");
  config.patch_size = fields.integer("patch_size");
  read_transformer(fields, config);
  config.gated_mlp = fields.boolean("gated_mlp", config.gated_mlp);
  config.norm = read_word(fields, "norm", kNormKinds);
  config.post_norm = fields.boolean("post_norm", config.post_norm);
  config.inner_norms = fields.boolean("inner_norms", config.inner_norms);
  config.query_value_bias = fields.boolean("query_value_bias", config.query_value_bias);
  config.layer_scale = fields.boolean("layer_scale", config.layer_scale);
  config.rotary_grid = fields.integer("rotary_grid", config.rotary_grid);
  config.rotary_origin = fields.integer("rotary_origin", config.rotary_origin);
  config.rotary_columns_first = fields.boolean("rotary_columns_first", config.rotary_columns_first);
  config.key_bias = fields.boolean("key_bias", config.key_bias);
  config.class_token = fields.boolean("class_token", config.class_token);
  config.norm_pre = fields.boolean("norm_pre", config.norm_pre);
  config.pooling = read_word(fields, "pooling", kImagePoolings);
  config.pool_heads = fields.integer("pool_heads", config.pool_heads);
  config.projection = read_word(fields, "projection", kProjections);
  return config;
}

ModifiedResNetConfig read_modified_resnet(ConfigFields& fields) {
  ModifiedResNetConfig config;
  config.image_size = fields.integer("image_size");
  config.width = fields.integer("width");
  config.heads = fields.integer("heads");
  config.layers = fields.four("layers");
  fields.expect("pooling", "attention");
  return config;
}

ConvNextConfig read_convnext(ConfigFields& fields) {
  ConvNextConfig config;
  config.image_size = fields.integer("image_size");
  config.layers = fields.four("layers");
  config.widths = fields.four("widths");
  config.norm_epsilon = static_cast<float>(fields.number("norm_epsilon", config.norm_epsilon));
  config.mlp_projection = fields.text("projection", "matrix") == "mlp";
  if (!config.mlp_projection) fields.expect("projection", "matrix");
  fields.expect("pooling", "mean");
  return config;
}

ViTaminConfig read_vitamin(ConfigFields& fields) {
  ViTaminConfig config;
  config.image_size = fields.integer("image_size");
  config.convolution_layers = fields.two("convolution_layers");
  config.convolution_widths = fields.two("convolution_widths");
  config.width = fields.integer("width");
  config.layers = fields.integer("layers");
  config.heads = fields.integer("heads");
  config.mlp_width = fields.integer("mlp_width");
  config.positions = fields.boolean("positions", config.positions);
  fields.expect("pooling", "mean");
  return config;
}

FastVitConfig read_fastvit(ConfigFields& fields) {
  FastVitConfig config;
  config.image_size = fields.integer("image_size");
  config.layers = fields.integers("layers");
  config.widths = fields.integers("widths");
  config.mlp_ratio = fields.integer("mlp_ratio");
  config.attention_stages = fields.integer("attention_stages");
  config.attention_norm = fields.boolean("attention_norm", config.attention_norm);
  config.excited_stages = fields.integer("excited_stages");
  fields.expect("pooling", "mean");
  return config;
}

network::ImageTowerConfig read_image_tower(ConfigFields fields) {
  const std::string architecture = fields.text("architecture");
  network::ImageTowerConfig config;
  if (architecture == kVisionTransformer) {
    config = read_vision_transformer(fields);
  } else if (architecture == kEvaTransformer) {
    config = read_eva_transformer(fields);
  } else if (architecture == kModifiedResNet) {
    config = read_modified_resnet(fields);
  } else if (architecture == kConvNext) {
    config = read_convnext(fields);
  } else if (architecture == kViTamin) {
    config = read_vitamin(fields);
  } else if (architecture == kFastVit) {
    config = read_fastvit(fields);
  } else {
    fail(ErrorCode::unsupported, "config: {}: got \"{}\", which diptych does not know ({})",
         fields.path_of("architecture"), architecture, fields.file());
  }
  fields.refuse_rest();
  return config;
}

TextTransformerConfig read_text_transformer(ConfigFields& fields) {
  TextTransformerConfig config;
  config.context_length = fields.integer("context_length");
  config.vocabulary_size = fields.integer("vocabulary_size");
  read_transformer(fields, config);
  config.layer_scale = fields.boolean("layer_scale", config.layer_scale);
  config.end_of_text_id = fields.integer("end_of_text_id", network::kLargestId);
  config.causal = fields.boolean("causal", config.causal);
  config.pooling = read_word(fields, "pooling", kTextPoolings, std::optional(config.pooling));
  if (leaves_padding_out(config.pooling)) config.pad_id = fields.integer("pad_id");
  config.sinusoids = fields.boolean("sinusoids", config.sinusoids);
  config.projection =
      read_word(fields, "projection", kProjections, std::optional(config.projection));
  return config;
}

BertConfig read_bert(ConfigFields& fields) {
  BertConfig config;
  config.context_length = fields.integer("context_length");
  config.vocabulary_size = fields.integer("vocabulary_size");
  read_transformer(fields, config);
  config.positions = fields.integer("positions");
  config.first_position = fields.integer("first_position");
  config.token_types = fields.integer("token_types");
  config.pad_id = fields.integer("pad_id");
  config.pooling = read_word(fields, "pooling", kBertPoolings);
  config.projection_width = fields.integer("projection_width", 0);
  return config;
}

network::TextTowerConfig read_text_tower(ConfigFields fields) {
  const std::string architecture = fields.text("architecture");
  network::TextTowerConfig config;
  if (architecture == kTextTransformer) {
    config = read_text_transformer(fields);
  } else if (architecture == kBert) {
    config = read_bert(fields);
  } else {
    fail(ErrorCode::unsupported, "config: {}: got \"{}\", which diptych does not know ({})",
         fields.path_of("architecture"), architecture, fields.file());
  }
  fields.refuse_rest();
  return config;
}

// preprocessing

Json write_preprocessing(const Preprocessing& preprocessing) {
  Json json = {{"size", preprocessing.size},
               {"resize", word_for(preprocessing.mode, kResizeModes)},
               {"interpolation", word_for(preprocessing.interpolation, kInterpolations)},
               {"mean", preprocessing.mean},
               {"std", preprocessing.std},
               {"fill", preprocessing.fill}};
  if (preprocessing.background) json["background"] = *preprocessing.background;
  if (preprocessing.crop_start != CropStart::half_even)
    json["crop_start"] = word_for(preprocessing.crop_start, kCropStarts);
  if (preprocessing.conversion != RgbConversion::last)
    json["conversion"] = word_for(preprocessing.conversion, kConversions);
  return json;
}

template <typename Value>
std::array<Value, 3> read_channels(ConfigFields& fields, std::string_view field) {
  const std::vector<double> values = fields.numbers(field);
  if (values.size() != 3) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} values, expected 3 ({})",
         fields.path_of(field), values.size(), fields.file());
  }
  std::array<Value, 3> channels{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (std::is_integral_v<Value> && !(values[i] >= 0 && values[i] <= 255)) {
      fail(ErrorCode::corrupt_data, "config: {}: got {}, expected 0 to 255 ({})",
           fields.path_of(field), values[i], fields.file());
    }
    channels[i] = static_cast<Value>(values[i]);
  }
  return channels;
}

Preprocessing read_preprocessing(ConfigFields fields) {
  Preprocessing preprocessing;
  preprocessing.size = fields.integer("size");
  preprocessing.mode = read_word(fields, "resize", kResizeModes);
  preprocessing.interpolation = read_word(fields, "interpolation", kInterpolations);
  preprocessing.mean = read_channels<float>(fields, "mean");
  preprocessing.std = read_channels<float>(fields, "std");
  preprocessing.fill = fields.integer("fill", 0);
  if (fields.has("background"))
    preprocessing.background = read_channels<std::uint8_t>(fields, "background");
  if (fields.has("crop_start"))
    preprocessing.crop_start = read_word(fields, "crop_start", kCropStarts);
  if (fields.has("conversion"))
    preprocessing.conversion = read_word(fields, "conversion", kConversions);
  fields.refuse_rest();
  return preprocessing;
}

// what comes along

Json write_provenance(const Provenance& provenance) {
  return {{"family", provenance.family},
          {"container", provenance.container},
          {"dtype", provenance.dtype},
          {"source", provenance.source}};
}

Provenance read_provenance(ConfigFields fields) {
  Provenance provenance;
  provenance.family = fields.text("family", "");
  provenance.container = fields.text("container", "");
  provenance.dtype = fields.text("dtype", "");
  provenance.source = fields.text("source", "");
  fields.refuse_rest();
  return provenance;
}

Json write_references(const ReferenceEmbeddings& references) {
  Json texts = Json::array();
  for (const auto& [text, embedding] : references.texts)
    texts.push_back({{"text", text}, {"embedding", embedding}});
  return {{"texts", texts},
          {"picture",
           {{"width", references.picture.width},
            {"height", references.picture.height},
            {"rgb", to_base64(references.picture.rgb)},
            {"embedding", references.picture_embedding}}}};
}

std::vector<float> read_embedding(ConfigFields& fields) {
  const std::vector<double> values = fields.numbers("embedding");
  return {values.begin(), values.end()};
}

Image read_picture(ConfigFields& fields) {
  Image picture{.width = fields.integer("width"), .height = fields.integer("height")};
  auto rgb = from_base64(fields.text("rgb"));
  const bool fits = rgb && picture.width > 0 && picture.height > 0 &&
                    rgb->size() / 3 / static_cast<std::size_t>(picture.width) ==
                        static_cast<std::size_t>(picture.height) &&
                    rgb->size() % (3 * static_cast<std::size_t>(picture.width)) == 0;
  if (!fits) {
    fail(ErrorCode::corrupt_data, "config: {}: expected base64 of {} x {} x 3 bytes ({})",
         fields.path_of("rgb"), picture.width, picture.height, fields.file());
  }
  picture.rgb = std::move(*rgb);
  return picture;
}

ReferenceEmbeddings read_references(ConfigFields fields) {
  ReferenceEmbeddings references;
  for (ConfigFields& text : fields.objects("texts")) {
    references.texts.push_back({text.text("text"), read_embedding(text)});
    text.refuse_rest();
  }
  ConfigFields picture = fields.object("picture");
  references.picture = read_picture(picture);
  references.picture_embedding = read_embedding(picture);
  picture.refuse_rest();
  fields.refuse_rest();
  return references;
}

bool has_special_ids(TokenizerSpec::Kind kind) {
  return kind == TokenizerSpec::Kind::sentencepiece || kind == TokenizerSpec::Kind::byte_level_bpe;
}

Json write_tokenizer(const TokenizerSpec& spec) {
  Json json = {{"kind", word_for(spec.kind, kTokenizers)}};
  if (!spec.vocabulary.empty()) json["vocabulary"] = vocabulary_file(spec.kind);
  if (spec.as_transformers) json["as_transformers"] = true;
  if (spec.cleaning != text::Cleaning::none) json["cleaning"] = word_for(spec.cleaning, kCleanings);
  if (has_special_ids(spec.kind)) {
    json["start_id"] = spec.special.start;
    json["end_id"] = spec.special.end;
    json["pad_id"] = spec.special.pad;
  }
  if (spec.kind == TokenizerSpec::Kind::wordpiece) {
    json["separator"] = spec.wordpiece.ends_with_separator;
    json["longest_word"] = spec.wordpiece.longest_word;
  }
  return json;
}

TokenizerSpec read_tokenizer(ConfigFields fields) {
  TokenizerSpec spec{.kind = read_word(fields, "kind", kTokenizers)};
  if (const char* vocabulary = vocabulary_file(spec.kind)) fields.expect("vocabulary", vocabulary);
  spec.as_transformers = fields.boolean("as_transformers", false);
  if (fields.has("cleaning")) spec.cleaning = read_word(fields, "cleaning", kCleanings);
  if (has_special_ids(spec.kind)) {
    spec.special = {.start = fields.integer("start_id"),
                    .end = fields.integer("end_id"),
                    .pad = fields.integer("pad_id")};
  }
  if (spec.kind == TokenizerSpec::Kind::wordpiece) {
    spec.wordpiece.ends_with_separator = fields.boolean("separator", true);
    spec.wordpiece.longest_word = fields.integer("longest_word", spec.wordpiece.longest_word);
  }
  fields.refuse_rest();
  return spec;
}

}  // namespace

const char* vocabulary_file(TokenizerSpec::Kind kind) {
  switch (kind) {
    case TokenizerSpec::Kind::clip:
      return "merges.txt";
    case TokenizerSpec::Kind::wordpiece:
      return "vocabulary.txt";
    case TokenizerSpec::Kind::sentencepiece:
      return "sentencepiece.model";
    case TokenizerSpec::Kind::xlm_roberta:
      return "sentencepiece.bpe.model";
    case TokenizerSpec::Kind::byte_level_bpe:
      return "byte_level_bpe.txt";
    case TokenizerSpec::Kind::chinese:
    case TokenizerSpec::Kind::none:
      break;
  }
  return nullptr;
}

Json write_diptych_json(const ModelFile& model) {
  const auto write = [](const auto& tower) { return write_tower(tower); };
  Json json = {{"diptych", kVersion},
               {"name", model.provenance.name},
               {"licence", model.provenance.licence},
               {"embedding_width", model.config.embedding_width},
               {"image_tower", std::visit(write, model.config.image)},
               {"text_tower", std::visit(write, model.config.text)},
               {"logit_bias", model.config.logit_bias},
               {"preprocessing", write_preprocessing(model.preprocessing)},
               {"tokenizer", write_tokenizer(model.tokenizer)},
               {"provenance", write_provenance(model.provenance)},
               {"assumptions", model.assumptions}};
  if (model.config.decoder) json["decoder"] = write_decoder(*model.config.decoder);
  if (model.references) json["references"] = write_references(*model.references);
  return json;
}

ModelFile read_diptych_json(const Json& json, const std::string& file) {
  ConfigFields fields(json, "", file);
  fields.expect("diptych", kVersion);
  fields.integer("diptych");
  ModelFile model;
  model.config.embedding_width = fields.integer("embedding_width");
  model.config.image = read_image_tower(fields.object("image_tower"));
  model.config.text = read_text_tower(fields.object("text_tower"));
  model.config.logit_bias = fields.boolean("logit_bias", false);
  if (fields.has("decoder")) model.config.decoder = read_decoder(fields.object("decoder"));
  model.preprocessing = read_preprocessing(fields.object("preprocessing"));
  model.tokenizer = read_tokenizer(fields.object("tokenizer"));
  model.provenance = read_provenance(fields.object("provenance"));
  model.provenance.name = fields.text("name", "");
  model.provenance.licence = fields.text("licence", "");
  if (fields.has("assumptions")) model.assumptions = fields.texts("assumptions");
  if (fields.has("references")) model.references = read_references(fields.object("references"));
  fields.ignore({"logit_scale"});
  fields.refuse_rest();
  return model;
}

}  // namespace diptych::checkpoint
