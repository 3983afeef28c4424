#include "checkpoint/export_model.h"

#include <array>
#include <string>
#include <utility>
#include <variant>

#include "base/atomic_file.h"
#include "base/error.h"
#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/configs/eva_config.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/configs/timm_towers.h"
#include "checkpoint/containers/torch_writer.h"
#include "checkpoint/families/eva_clip.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/huggingface.h"
#include "checkpoint/families/open_clip.h"
#include "checkpoint/families/openai.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/source/model_files.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "network/model.h"

namespace diptych::checkpoint {
namespace {

constexpr std::array<std::pair<std::string_view, ExportFormat>, 6> kFormats = {
    {{"diptych", ExportFormat::diptych},
     {"open_clip", ExportFormat::open_clip},
     {"openai", ExportFormat::openai},
     {"chinese_clip", ExportFormat::chinese_clip},
     {"eva", ExportFormat::eva},
     {"huggingface", ExportFormat::huggingface}}};

constexpr const char* kTransformersConventions =
    "transformers treats some pictures otherwise than this model: it lays transparent ones on "
    "white, "
    "converts to RGB before the resize, and starts an odd centre crop one pixel earlier.";
constexpr const char* kOtherConventions =
    "the program of this form treats some pictures otherwise than this model, which follows "
    "transformers: it drops transparency, converts to RGB after the resize, and rounds the start "
    "of an "
    "odd centre crop to even.";

/// transformers refuses safetensors that do not say which framework wrote them.
const Metadata kPyTorchLayout = {{"format", "pt"}};

void write_json(const std::filesystem::path& path, const Json& json) {
  write_file(path, json.dump(2) + "\n");
}

/// The names that open_clip gives such a model's weights, where they are a table.
const Family& open_clip_names(const network::ModelConfig& config) {
  if (std::holds_alternative<network::ConvNextConfig>(config.image))
    return open_clip_timm_convnext_family();
  if (std::holds_alternative<network::ViTaminConfig>(config.image))
    return open_clip_timm_vitamin_family();
  const auto* text = std::get_if<network::TextTransformerConfig>(&config.text);
  if (text != nullptr && text->pooling == network::TextPooling::class_token)
    return open_clip_coca_family();
  const auto* vit = std::get_if<network::VisionTransformerConfig>(&config.image);
  return vit != nullptr && is_timm_tower(*vit) ? open_clip_timm_vit_family() : open_clip_family();
}

/// A model's weights as open_clip names them.
TensorMap to_open_clip_names(const network::ModelConfig& config, const TensorMap& weights) {
  if (const auto* eva = std::get_if<network::EvaTransformerConfig>(&config.image))
    return to_timm_eva_names(*eva, weights);
  return to_family_names(weights, open_clip_names(config).rules);
}

void export_open_clip(const std::filesystem::path& folder, const ModelFile& model, DType dtype) {
  const Json config = write_open_clip_config(model);
  const TensorMap weights = to_open_clip_names(model.config, model.weights);
  write_safetensors(folder / "open_clip_model.safetensors", weights, kPyTorchLayout, dtype);
  if (model.tokenizer != TokenizerSpec{}) copy_tokenizer_files(folder, model);
  write_json(folder / "open_clip_config.json", config);
}

void export_eva(const std::filesystem::path& folder, const ModelFile& model, DType dtype) {
  const Json config = write_eva_config(model);
  write_torch_archive(
      folder / "EVA_CLIP.pt",
      to_eva_names(std::get<network::EvaTransformerConfig>(model.config.image), model.weights),
      dtype);
  write_json(folder / "model_config.json", config);
}

void export_huggingface(const std::filesystem::path& folder, const ModelFile& model, DType dtype) {
  const Json config = write_huggingface_config(model);
  const bool siglip = config.at("model_type") == "siglip";
  const Json preprocessing = write_huggingface_preprocessing(
      model.preprocessing, siglip ? "SiglipImageProcessor" : "CLIPImageProcessor");
  const TensorMap weights = siglip
                                ? to_huggingface_siglip_names(model.weights)
                                : to_family_names(model.weights, huggingface_clip_family().rules);
  copy_tokenizer_files(folder, model);
  write_safetensors(folder / "model.safetensors", weights, kPyTorchLayout, dtype);
  write_json(folder / "preprocessor_config.json", preprocessing);
  write_json(folder / "config.json", config);
}

TensorBuffer whole_number(std::int64_t value) {
  TensorBuffer buffer(DType::int64, {});
  std::memcpy(buffer.bytes().data(), &value, sizeof value);
  return buffer;
}

/// OpenAI's loader takes TorchScript only: its attempt at a state dict starts reading where that at
/// TorchScript left the file, at its end. The files have no config: the loader infers everything
/// from shapes, and so does ours. What it would infer otherwise cannot be written.
void export_openai(const std::filesystem::path& folder, const ModelFile& model, DType dtype) {
  TensorMap weights = model.weights;
  weights.add("input_resolution", whole_number(network::image_size(model.config.image)));
  weights.add("context_length", whole_number(network::context_length(model.config.text)));
  weights.add("vocab_size", whole_number(network::vocabulary_size(model.config.text)));
  const ModelFile inferred = describe_openai(weights, folder.string());
  if (inferred.config != model.config || inferred.preprocessing != model.preprocessing ||
      inferred.tokenizer != model.tokenizer) {
    fail(ErrorCode::unsupported,
         "OpenAI's form cannot say this model's config: it means QuickGELU, heads of width 64, "
         "CLIP's preprocessing and tokenizer ({})",
         folder.string());
  }
  write_torch_script(folder / "model.pt", weights, dtype);
}

/// What Chinese-CLIP's config leaves unsaid has one value: what reads back otherwise cannot be
/// written.
void export_chinese_clip(const std::filesystem::path& folder, const ModelFile& model, DType dtype) {
  const Json config = write_chinese_clip_config(model.config);
  const ModelFile read = read_chinese_clip_config(config, folder.string());
  if (read.config != model.config || read.preprocessing != model.preprocessing ||
      read.tokenizer != model.tokenizer) {
    fail(
        ErrorCode::unsupported,
        "Chinese-CLIP's form cannot say this model's config: it means QuickGELU in the image "
        "tower, the first token's state as a text's feature, a linear projection, pictures resized "
        "on both sides, and Chinese-CLIP's tokenizer ({})",
        folder.string());
  }
  write_torch_archive(folder / "clip_cn.pt",
                      to_family_names(model.weights, chinese_clip_family().rules), dtype,
                      "state_dict");
  write_json(folder / "model_config.json", config);
}

/// Other programs than diptych clean a text for CLIP's own tokenizer in their own way, whatever the
/// model's former program did.
ModelFile for_format(ModelFile model, ExportFormat format) {
  const bool is_clip =
      model.tokenizer.kind == TokenizerSpec::Kind::clip && model.tokenizer.vocabulary.empty();
  if (is_clip && format != ExportFormat::diptych) model.tokenizer = {};
  return model;
}

void write_form(const std::filesystem::path& folder, const ModelFile& model, ExportFormat format,
                DType weights_dtype) {
  switch (format) {
    case ExportFormat::diptych:
      return save_model_folder(folder, model, weights_dtype);
    case ExportFormat::open_clip:
      return export_open_clip(folder, model, weights_dtype);
    case ExportFormat::openai:
      return export_openai(folder, model, weights_dtype);
    case ExportFormat::chinese_clip:
      return export_chinese_clip(folder, model, weights_dtype);
    case ExportFormat::eva:
      return export_eva(folder, model, weights_dtype);
    case ExportFormat::huggingface:
      return export_huggingface(folder, model, weights_dtype);
  }
}

}  // namespace

ExportFormat export_format(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
  }
  fail(ErrorCode::invalid_argument,
       "format: got \"{}\", expected diptych, open_clip, openai, chinese_clip, eva or huggingface",
       name);
}

Preprocessing as_the_form_treats_pictures(Preprocessing preprocessing, ExportFormat format) {
  if (format == ExportFormat::diptych) return preprocessing;
  if (format == ExportFormat::huggingface) {
    const auto background = preprocessing.background;
    follow_transformers(preprocessing);
    if (background) preprocessing.background = background;
  } else if (preprocessing.conversion == RgbConversion::first) {
    preprocessing.conversion = RgbConversion::last;
    preprocessing.crop_start = CropStart::half_even;
    preprocessing.background.reset();
  }
  return preprocessing;
}

std::vector<std::string> export_model(const std::filesystem::path& folder, const ModelFile& given,
                                      ExportFormat format, DType weights_dtype) {
  ModelFile model = for_format(given, format);
  model.preprocessing = as_the_form_treats_pictures(given.preprocessing, format);
  const network::Model description = network::make_model(model.config);
  check_weights(model.weights, diptych_family().rules, {}, description.parameters, folder.string());
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::io, "cannot make the folder {}: {}", folder.string(), error.message());
  try {
    write_form(folder, model, format, weights_dtype);
  } catch (...) {
    // A folder of an earlier result, or with what was written, stays.
    if (made) std::filesystem::remove(folder, error);
    throw;
  }
  if (model.preprocessing == given.preprocessing) return {};
  return {format == ExportFormat::huggingface ? kTransformersConventions : kOtherConventions};
}

}  // namespace diptych::checkpoint
