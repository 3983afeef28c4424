#include "checkpoint/export_model.h"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
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
#include "checkpoint/tokenizers/wordpiece_files.h"
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

constexpr const char* kTransformersWordPiece =
    "transformers reads some texts otherwise than this model: it lower-cases a final sigma as any "
    "other, drops private-use characters, and takes the spelling of a special token for it.";

/// transformers refuses safetensors that do not say which framework wrote them.
const Metadata kPyTorchLayout = {{"format", "pt"}};

/// Writes a form into a folder, which is there. Made by what checks that the form can say the
/// model, so that nothing is left behind where it cannot; refers to that model.
using Writer = std::function<void(const std::filesystem::path& folder)>;

void write_json(const std::filesystem::path& path, const Json& json) {
  write_file(path, json.dump(2) + "\n");
}

/// The names that open_clip gives such a model's weights, where they are a table.
const Family& open_clip_names(const network::ModelConfig& config) {
  if (std::holds_alternative<network::ConvNextConfig>(config.image))
    return open_clip_timm_convnext_family();
  if (std::holds_alternative<network::ViTaminConfig>(config.image))
    return open_clip_timm_vitamin_family();
  if (std::holds_alternative<network::NaflexTransformerConfig>(config.image))
    return open_clip_timm_naflex_family();
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

Writer open_clip_writer(const ModelFile& model, DType dtype) {
  return [&model, dtype, config = write_open_clip_config(model)](const auto& folder) {
    const TensorMap weights = to_open_clip_names(model.config, model.weights);
    write_safetensors(folder / weights_file(ExportFormat::open_clip), weights, kPyTorchLayout,
                      dtype);
    if (model.tokenizer != TokenizerSpec{}) copy_tokenizer_files(folder, model);
    write_json(folder / "open_clip_config.json", config);
  };
}

Writer eva_writer(const ModelFile& model, DType dtype) {
  return [&model, dtype, config = write_eva_config(model)](const auto& folder) {
    const auto& tower = std::get<network::EvaTransformerConfig>(model.config.image);
    write_torch_archive(folder / weights_file(ExportFormat::eva),
                        to_eva_names(tower, model.weights), dtype);
    write_json(folder / "model_config.json", config);
  };
}

/// Whether the tokenizer's files are made, as none lay beside the weights.
bool has_made_wordpiece_files(const ModelFile& model) {
  return model.tokenizer_files.files.empty() && is_plain_wordpiece(model.tokenizer);
}

Writer huggingface_writer(const ModelFile& model, DType dtype) {
  const Json config = write_huggingface_config(model);
  const bool siglip = config.at("model_type") == "siglip";
  const Json preprocessing = write_huggingface_preprocessing(
      model.preprocessing, siglip ? "SiglipImageProcessor" : "CLIPImageProcessor");
  return [&model, dtype, config, preprocessing, siglip](const auto& folder) {
    const TensorMap weights = siglip
                                  ? to_huggingface_siglip_names(model.weights)
                                  : to_family_names(model.weights, huggingface_clip_family().rules);
    if (has_made_wordpiece_files(model)) {
      write_wordpiece_files(folder, model.tokenizer, network::context_length(model.config.text));
    } else {
      copy_tokenizer_files(folder, model);
    }
    write_safetensors(folder / weights_file(ExportFormat::huggingface), weights, kPyTorchLayout,
                      dtype);
    write_json(folder / "preprocessor_config.json", preprocessing);
    write_json(folder / "config.json", config);
  };
}

TensorBuffer whole_number(std::int64_t value) {
  TensorBuffer buffer(DType::int64, {});
  std::memcpy(buffer.bytes().data(), &value, sizeof value);
  return buffer;
}

/// The model that OpenAI's loader, and ours, would take weights for; none when they would take
/// them for no model at all.
std::optional<ModelFile> inferred_by_openai(const TensorMap& weights, const std::string& name) {
  try {
    return describe_openai(weights, name);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// OpenAI's loader takes TorchScript only: its attempt at a state dict starts reading where that at
/// TorchScript left the file, at its end. The files have no config: the loader infers everything
/// from shapes, and so does ours. What it would infer otherwise cannot be written.
Writer openai_writer(const ModelFile& model, DType dtype) {
  TensorMap weights = model.weights;
  weights.add("input_resolution", whole_number(network::image_size(model.config.image)));
  weights.add("context_length", whole_number(network::context_length(model.config.text)));
  weights.add("vocab_size", whole_number(network::vocabulary_size(model.config.text)));
  const auto inferred = inferred_by_openai(weights, model.provenance.name);
  if (!inferred || inferred->config != model.config ||
      inferred->preprocessing != model.preprocessing || inferred->tokenizer != model.tokenizer) {
    fail(ErrorCode::unsupported,
         "OpenAI's form cannot say this model's config: it means QuickGELU, heads of width 64, "
         "CLIP's preprocessing and tokenizer");
  }
  return [weights, dtype](const auto& folder) {
    write_torch_script(folder / weights_file(ExportFormat::openai), weights, dtype);
  };
}

/// What Chinese-CLIP's config leaves unsaid has one value: what reads back otherwise cannot be
/// written.
Writer chinese_clip_writer(const ModelFile& model, DType dtype) {
  const Json config = write_chinese_clip_config(model.config);
  const ModelFile read = read_chinese_clip_config(config, model.provenance.name);
  if (read.config != model.config || read.preprocessing != model.preprocessing ||
      read.tokenizer != model.tokenizer) {
    fail(
        ErrorCode::unsupported,
        "Chinese-CLIP's form cannot say this model's config: it means QuickGELU in the image "
        "tower, the first token's state as a text's feature, a linear projection, pictures resized "
        "on both sides, and Chinese-CLIP's tokenizer");
  }
  return [&model, dtype, config](const auto& folder) {
    write_torch_archive(folder / weights_file(ExportFormat::chinese_clip),
                        to_family_names(model.weights, chinese_clip_family().rules), dtype,
                        "state_dict");
    write_json(folder / "model_config.json", config);
  };
}

/// Other programs than diptych clean a text for CLIP's own tokenizer in their own way, whatever the
/// model's former program did.
ModelFile for_format(ModelFile model, ExportFormat format) {
  const bool is_clip =
      model.tokenizer.kind == TokenizerSpec::Kind::clip && model.tokenizer.vocabulary.empty();
  if (!is_clip || format == ExportFormat::diptych) return model;
  model.tokenizer = {};
  if (format == ExportFormat::openai) model.tokenizer.special_tokens = ClipSpecialTokens::openai;
  return model;
}

/// Throws Error(unsupported) when the form cannot say something that the model needs.
Writer writer_of(const ModelFile& model, ExportFormat format, DType dtype) {
  const bool is_whole =
      network::has_image_tower(model.config) && network::has_text_tower(model.config);
  if (!is_whole && format != ExportFormat::diptych)
    fail(ErrorCode::unsupported, "this form has two towers, the model is one alone");
  switch (format) {
    case ExportFormat::diptych:
      return [&model, dtype](const auto& folder) { save_model_folder(folder, model, dtype); };
    case ExportFormat::open_clip:
      return open_clip_writer(model, dtype);
    case ExportFormat::openai:
      return openai_writer(model, dtype);
    case ExportFormat::chinese_clip:
      return chinese_clip_writer(model, dtype);
    case ExportFormat::eva:
      return eva_writer(model, dtype);
    case ExportFormat::huggingface:
      return huggingface_writer(model, dtype);
  }
  return {};
}

ModelFile as_the_form_has_it(const ModelFile& given, ExportFormat format) {
  ModelFile model = for_format(given, format);
  model.preprocessing = as_the_form_treats_pictures(given.preprocessing, format);
  return model;
}

bool can_say(const ModelFile& given, ExportFormat format) {
  try {
    const ModelFile model = as_the_form_has_it(given, format);
    writer_of(model, format, DType::float32);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The same as `writer_of`; the message that the form cannot say `given` names those that can.
Writer writer_or_forms(const ModelFile& given, const ModelFile& model, ExportFormat format,
                       DType dtype) {
  try {
    return writer_of(model, format, dtype);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    std::string names;
    for (const auto& [name, other] : kFormats) {
      if (can_say(given, other)) names += (names.empty() ? "" : ", ") + std::string(name);
    }
    fail(error.code(), "{}; forms that can: {}", error.what(), names);
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

std::string_view weights_file(ExportFormat format) {
  switch (format) {
    case ExportFormat::open_clip:
      return "open_clip_model.safetensors";
    case ExportFormat::openai:
      return "model.pt";
    case ExportFormat::chinese_clip:
      return "clip_cn.pt";
    case ExportFormat::eva:
      return "EVA_CLIP.pt";
    case ExportFormat::diptych:
    case ExportFormat::huggingface:
      break;
  }
  return kWeightsFile;
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
  const ModelFile model = as_the_form_has_it(given, format);
  const network::Model description = network::make_model(model.config);
  check_weights(model.weights, diptych_family().rules, {}, description.parameters, folder.string());
  const Writer write = writer_or_forms(given, model, format, weights_dtype);
  const bool made = make_folders(folder);
  try {
    write(folder);
  } catch (...) {
    // A folder of an earlier result, or with what was written, stays.
    std::error_code not_empty;
    if (made) std::filesystem::remove(folder, not_empty);
    throw;
  }
  std::vector<std::string> notes;
  const bool is_for_transformers = format == ExportFormat::huggingface;
  if (model.preprocessing != given.preprocessing)
    notes.emplace_back(is_for_transformers ? kTransformersConventions : kOtherConventions);
  if (is_for_transformers && has_made_wordpiece_files(model))
    notes.emplace_back(kTransformersWordPiece);
  return notes;
}

}  // namespace diptych::checkpoint
