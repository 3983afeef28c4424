#include "checkpoint/configs/diptych_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "base/error.h"
#include "checkpoint/configs/tower_json.h"
#include "json/base64.h"
#include "json/config_fields.h"

namespace diptych::checkpoint {
namespace {

constexpr int kVersion = 1;
/// What a value is called in diptych.json.
template <typename Value>
struct JsonWord {
  std::string_view word;
  Value value;
};

constexpr auto kResizeModes =
    std::to_array<JsonWord<ResizeMode>>({{"shortest", ResizeMode::shortest},
                                         {"squash", ResizeMode::squash},
                                         {"longest", ResizeMode::longest},
                                         {"patches", ResizeMode::patches}});
constexpr auto kCropStarts = std::to_array<JsonWord<CropStart>>(
    {{"half_even", CropStart::half_even}, {"down", CropStart::down}});
constexpr auto kConversions = std::to_array<JsonWord<RgbConversion>>(
    {{"last", RgbConversion::last}, {"first", RgbConversion::first}});
constexpr auto kInterpolations = std::to_array<JsonWord<Interpolation>>(
    {{"bicubic", Interpolation::bicubic}, {"bilinear", Interpolation::bilinear}});
constexpr auto kTokenizers = std::to_array<JsonWord<TokenizerSpec::Kind>>(
    {{"clip", TokenizerSpec::Kind::clip},
     {"chinese", TokenizerSpec::Kind::chinese},
     {"wordpiece", TokenizerSpec::Kind::wordpiece},
     {"sentencepiece", TokenizerSpec::Kind::sentencepiece},
     {"xlm_roberta", TokenizerSpec::Kind::xlm_roberta},
     {"byte_level_bpe", TokenizerSpec::Kind::byte_level_bpe},
     {"none", TokenizerSpec::Kind::none}});
constexpr auto kSpecialTokens = std::to_array<JsonWord<ClipSpecialTokens>>(
    {{"open_clip", ClipSpecialTokens::open_clip}, {"openai", ClipSpecialTokens::openai}});
constexpr auto kCleanings = std::to_array<JsonWord<text::Cleaning>>(
    {{"whitespace", text::Cleaning::whitespace},
     {"lower", text::Cleaning::lower},
     {"canonicalize", text::Cleaning::canonicalize},
     {"only_lower", text::Cleaning::only_lower},
     {"remove_punctuation", text::Cleaning::remove_punctuation}});

template <typename Value, std::size_t count>
std::string_view word_for(Value value, const std::array<JsonWord<Value>, count>& words) {
  for (const auto& known : words) {
    if (known.value == value) return known.word;
  }
  fail(ErrorCode::internal, "a value has no word in diptych.json");
}

template <typename Value, std::size_t count>
Value read_word(ConfigFields& fields, std::string_view field,
                const std::array<JsonWord<Value>, count>& words,
                std::optional<Value> otherwise = std::nullopt) {
  if (otherwise && !fields.has(field)) return *otherwise;
  const std::string text = fields.text(field);
  for (const auto& known : words) {
    if (text == known.word) return known.value;
  }
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", which diptych does not know ({})",
       fields.path_of(field), text, fields.file());
}

// preprocessing

Json write_preprocessing(const Preprocessing& preprocessing) {
  Json json = {{"size", preprocessing.size},
               {"resize", word_for(preprocessing.mode, kResizeModes)},
               {"interpolation", word_for(preprocessing.interpolation, kInterpolations)},
               {"mean", preprocessing.mean},
               {"std", preprocessing.std},
               {"fill", preprocessing.fill}};
  if (preprocessing.mode == ResizeMode::patches) json["patch_size"] = preprocessing.patch_size;
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
  if (preprocessing.mode == ResizeMode::patches)
    preprocessing.patch_size = fields.integer("patch_size");
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

Json write_loss(const QuantisationLoss& loss) {
  return {{"image_cosine", loss.image_cosine},
          {"text_cosine", loss.text_cosine},
          {"agreement", loss.agreement},
          {"pictures", loss.pictures},
          {"texts", loss.texts}};
}

QuantisationLoss read_loss(ConfigFields fields) {
  QuantisationLoss loss;
  loss.image_cosine = fields.number("image_cosine", 1.0);
  loss.text_cosine = fields.number("text_cosine", 1.0);
  loss.agreement = fields.number("agreement", 1.0);
  loss.pictures = fields.integer("pictures");
  loss.texts = fields.integer("texts");
  fields.refuse_rest();
  return loss;
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
  if (spec.special_tokens != ClipSpecialTokens::open_clip)
    json["special_tokens"] = word_for(spec.special_tokens, kSpecialTokens);
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
  if (fields.has("special_tokens"))
    spec.special_tokens = read_word(fields, "special_tokens", kSpecialTokens);
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

float read_fits_from(double cosine, const std::string& file) {
  if (cosine > -1.0 && cosine < 1.0) return static_cast<float>(cosine);
  fail(ErrorCode::corrupt_data, "fits_from: got {}, expected a cosine between -1 and 1 ({})",
       cosine, file);
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
  Json json = {{"diptych", kVersion},
               {"name", model.provenance.name},
               {"licence", model.provenance.licence},
               {"embedding_width", model.config.embedding_width},
               {"image_tower", write_tower(model.config.image)},
               {"text_tower", write_tower(model.config.text)},
               {"logit_bias", model.config.logit_bias},
               {"tokenizer", write_tokenizer(model.tokenizer)},
               {"provenance", write_provenance(model.provenance)},
               {"assumptions", all_assumptions(model)}};
  if (network::has_image_tower(model.config))
    json["preprocessing"] = write_preprocessing(model.preprocessing);
  if (model.config.decoder) json["decoder"] = write_decoder(*model.config.decoder);
  if (model.quantisation_loss) json["int8"] = write_loss(*model.quantisation_loss);
  if (model.references) json["references"] = write_references(*model.references);
  if (model.fits_from) json["fits_from"] = *model.fits_from;
  return json;
}

ModelFile read_diptych_json(const Json& json, const std::string& file) {
  ConfigFields fields(json, "", file);
  fields.expect("diptych", kVersion);
  fields.integer("diptych");
  ModelFile model;
  model.config.embedding_width = fields.integer("embedding_width");
  model.config.image = read_tower<network::ImageTowerConfig>(fields.object("image_tower"));
  model.config.text = read_tower<network::TextTowerConfig>(fields.object("text_tower"));
  model.config.logit_bias = fields.boolean("logit_bias", false);
  if (fields.has("decoder")) model.config.decoder = read_decoder(fields.object("decoder"));
  model.preprocessing = network::has_image_tower(model.config)
                            ? read_preprocessing(fields.object("preprocessing"))
                            : Preprocessing{.size = 0};
  model.tokenizer = read_tokenizer(fields.object("tokenizer"));
  model.provenance = read_provenance(fields.object("provenance"));
  model.provenance.name = fields.text("name", "");
  model.provenance.licence = fields.text("licence", "");
  if (fields.has("assumptions")) model.assumptions = fields.texts("assumptions");
  if (fields.has("int8")) model.quantisation_loss = read_loss(fields.object("int8"));
  if (fields.has("references")) model.references = read_references(fields.object("references"));
  if (fields.has("fits_from"))
    model.fits_from = read_fits_from(fields.number("fits_from", 0.0), file);
  fields.ignore({"logit_scale"});
  fields.refuse_rest();
  return model;
}

}  // namespace diptych::checkpoint
