// Hugging Face transformers, SiglipModel: SigLIP (arXiv 2303.15343) and SigLIP 2 (arXiv
// 2502.14786).
#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/containers/container.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"
#include "checkpoint/families/huggingface.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "text/sentencepiece/sentencepiece_model.h"

namespace diptych::checkpoint {
namespace huggingface_siglip {

using Pattern = std::string_view;

constexpr const char* kConfig = "config.json";

constexpr auto kHeadRules = std::to_array<KeyRule>({
    {"logit_bias", Transform::reshape, {"logit_bias"}},
    {"visual.conv1.bias", Transform::same, {"vision_model.embeddings.patch_embedding.bias"}},
    {"visual.attn_pool.latent", Transform::batched, {"vision_model.head.probe"}},
    {"visual.attn_pool.q.*", Transform::same, {"vision_model.head.attention.q_proj.*"}},
    {"visual.attn_pool.kv.*", Transform::same, {"vision_model.head.attention.kv_proj.*"}},
    {"visual.attn_pool.proj.*", Transform::same, {"vision_model.head.attention.out_proj.*"}},
    {"visual.attn_pool.norm.*", Transform::same, {"vision_model.head.layernorm.*"}},
    {"visual.attn_pool.mlp.*", Transform::same, {"vision_model.head.mlp.*"}},
    {"text_projection.*", Transform::same, {"text_model.head.*"}},
});

constexpr auto kRules = concatenate(kHeadRules, kHuggingFaceImageRules, kHuggingFaceTextRules);
constexpr auto kIgnored = std::to_array<Pattern>({"*.position_ids"});
constexpr auto kSignature =
    std::to_array<Pattern>({"vision_model.head.probe", "text_model.head.weight"});

constexpr const char* kAttention = "vision_model.head.attention.";

/// PyTorch's attention keeps the query's, key's and value's matrices in one, of which ours has the
/// first apart.
void part_query(TensorMap& map, const std::string& kind) {
  const std::string attention = kAttention;
  const auto found = map.tensors.find(attention + "in_proj_" + kind);
  if (found == map.tensors.end()) return;
  const TensorView whole = found->second;
  if (whole.shape.empty() || whole.shape.front() % 3 != 0 || whole.compute) return;
  TensorView query = whole;
  TensorView key_and_value = whole;
  query.shape.front() = whole.shape.front() / 3;
  key_and_value.shape.front() = whole.shape.front() - query.shape.front();
  query.bytes = whole.bytes.first(query.size_bytes());
  key_and_value.bytes = whole.bytes.subspan(query.size_bytes());
  map.tensors.erase(found);
  map.tensors[attention + "q_proj." + kind] = query;
  map.tensors[attention + "kv_proj." + kind] = key_and_value;
}

/// The reverse.
void join_query(TensorMap& map, const std::string& kind) {
  const std::string attention = kAttention;
  const TensorView query = map.at(attention + "q_proj." + kind);
  const TensorView rest = map.at(attention + "kv_proj." + kind);
  const DType dtype = query.dtype == rest.dtype ? query.dtype : DType::float32;
  Shape shape = query.shape;
  shape.front() += rest.shape.front();
  map.tensors.erase(attention + "q_proj." + kind);
  map.tensors.erase(attention + "kv_proj." + kind);
  map.tensors[attention + "in_proj_" + kind] =
      computed_tensor(dtype, shape, [query, rest, dtype](std::span<std::byte> out) {
        const TensorBuffer first = convert(query, dtype);
        const TensorBuffer second = convert(rest, dtype);
        const auto after = std::ranges::copy(first.bytes(), out.begin()).out;
        std::ranges::copy(second.bytes(), after);
      });
}

void prepare(Container& container) {
  part_query(container.tensors, "weight");
  part_query(container.tensors, "bias");
}

/// transformers has two tokenizers for such models, which do different things to a text: of T5's
/// model (SigLIP), which is a unigram one, and of Gemma's (SigLIP 2).
bool has_gemmas_model(const TokenizerSpec& tokenizer) {
  if (tokenizer.kind != TokenizerSpec::Kind::sentencepiece) return false;
  const auto model = text::parse_sentencepiece_model(tokenizer.vocabulary, "tokenizer");
  return model.algorithm == text::SentencePieceModel::Algorithm::bpe;
}

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  if (!files.contains(kConfig)) {
    fail(ErrorCode::invalid_argument,
         "{}: got weights of transformers' SiglipModel alone, expected config.json beside them",
         parsed.weights_name);
  }
  ModelFile model =
      read_huggingface_siglip_config(read_json(files, kConfig), files.path_of(kConfig));
  bind_preprocessing(files, ResizeMode::squash,
                     "There is no preprocessor_config.json beside the weights: SigLIP's "
                     "preprocessing was assumed (both sides resized bicubically, mean and standard "
                     "deviation 0.5).",
                     model);
  if (!network::has_text_tower(model.config)) return model;
  bind_tokenizer_files(files, {.cleaning = text::Cleaning::remove_punctuation}, model);
  if (has_gemmas_model(model.tokenizer)) model.tokenizer.cleaning = text::Cleaning::only_lower;
  return model;
}

constexpr Family kFamily = {"huggingface_siglip", kSignature, kRules, kIgnored, parse,
                            GridResize::plain,    prepare};

constexpr auto kImageSignature = std::to_array<Pattern>({"vision_model.head.probe"});
constexpr auto kTextSignature = std::to_array<Pattern>(
    {"text_model.encoder.layers.0.self_attn.q_proj.weight", "text_model.head.weight"});
/// As transformers writes the towers since its fifth release.
constexpr auto kBareImageSignature =
    std::to_array<Pattern>({"embeddings.patch_embedding.weight", "head.probe"});
constexpr auto kBareTextSignature =
    std::to_array<Pattern>({"embeddings.token_embedding.weight",
                            "encoder.layers.0.self_attn.q_proj.weight", "head.weight"});

void prepare_bare_image(Container& container) {
  put_before_names("vision_model.", container.tensors);
  prepare(container);
}

void prepare_bare_text(Container& container) {
  put_before_names("text_model.", container.tensors);
}

constexpr Family bare_tower(std::span<const Pattern> signature, void (*prepared)(Container&)) {
  Family family = one_tower(kFamily, signature);
  family.prepare = prepared;
  return family;
}

constexpr Family kImageFamily = one_tower(kFamily, kImageSignature);
constexpr Family kTextFamily = one_tower(kFamily, kTextSignature);
constexpr Family kBareImageFamily = bare_tower(kBareImageSignature, prepare_bare_image);
constexpr Family kBareTextFamily = bare_tower(kBareTextSignature, prepare_bare_text);

}  // namespace huggingface_siglip

const Family& huggingface_siglip_family() {
  return huggingface_siglip::kFamily;
}
const Family& huggingface_siglip_image_family() {
  return huggingface_siglip::kImageFamily;
}
const Family& huggingface_siglip_text_family() {
  return huggingface_siglip::kTextFamily;
}
const Family& bare_siglip_image_family() {
  return huggingface_siglip::kBareImageFamily;
}
const Family& bare_siglip_text_family() {
  return huggingface_siglip::kBareTextFamily;
}

TensorMap to_huggingface_siglip_names(const TensorMap& weights) {
  using namespace huggingface_siglip;
  TensorMap named = to_family_names(weights, kRules);
  join_query(named, "weight");
  join_query(named, "bias");
  // A SiglipModel's are rows of one, which it does not take as scalars.
  for (const char* scalar : {"logit_scale", "logit_bias"}) named.tensors.at(scalar).shape = {1};
  return named;
}

}  // namespace diptych::checkpoint
