#include "api/fixtures.h"

#include <cmath>
#include <utility>

#include "base/atomic_file.h"
#include "base/random.h"
#include "checkpoint/model_folder.h"
#include "diptych/encoder.h"
#include "network/model.h"

namespace diptych::test {
namespace {

constexpr int kWidth = 16;
constexpr std::string_view kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nphoto\nof\nred\ngreen\nblue\nlight\ndark\n猫\n";
constexpr int kSeparator = 3;
constexpr int kWords = 13;

checkpoint::ModelFile tiny_model() {
  checkpoint::ModelFile file;
  file.config.embedding_width = kWidth;
  file.config.image = network::VisionTransformerConfig{.image_size = 8,
                                                       .patch_size = 4,
                                                       .width = kWidth,
                                                       .layers = 2,
                                                       .heads = 2,
                                                       .mlp_width = 2 * kWidth};
  file.config.text = network::TextTransformerConfig{.context_length = 8,
                                                    .vocabulary_size = kWords,
                                                    .width = kWidth,
                                                    .heads = 2,
                                                    .layers = 2,
                                                    .mlp_width = 2 * kWidth,
                                                    .end_of_text_id = kSeparator};
  file.preprocessing.size = 8;
  file.tokenizer = {checkpoint::TokenizerSpec::Kind::wordpiece, std::string(kVocabulary)};
  file.provenance.name = "tiny";
  return file;
}

checkpoint::ModelFile tiny_clip_model() {
  constexpr int kHead = 64;  // OpenAI's form knows no other
  checkpoint::ModelFile file;
  file.config.embedding_width = kHead;
  file.config.image =
      network::VisionTransformerConfig{.image_size = 16,
                                       .patch_size = 8,
                                       .width = kHead,
                                       .layers = 1,
                                       .heads = 1,
                                       .mlp_width = 4 * kHead,
                                       .activation = network::Activation::quick_gelu};
  file.config.text = network::TextTransformerConfig{.width = kHead,
                                                    .heads = 1,
                                                    .layers = 1,
                                                    .mlp_width = 4 * kHead,
                                                    .activation = network::Activation::quick_gelu};
  file.preprocessing.size = 16;
  file.provenance.name = "tiny";
  return file;
}

void fill_weights(checkpoint::ModelFile& file) {
  Random random(20);
  const network::Model model = network::make_model(file.config);
  for (const network::ParameterSpec& spec : model.parameters.specs()) {
    std::vector<float> values(static_cast<std::size_t>(element_count(spec.shape)));
    for (float& value : values) value = static_cast<float>(0.3 * random.normal());
    if (spec.name == "logit_scale") values = {std::log(20.0F)};
    if (spec.name == "logit_bias") values = {-10.0F};
    file.weights.add(spec.name, TensorBuffer(spec.shape, values));
  }
}

/// What the model itself gives, as a trainer would note it.
checkpoint::ReferenceEmbeddings embed_references(const std::filesystem::path& folder) {
  checkpoint::ReferenceEmbeddings references;
  references.picture = {2, 1, {255, 0, 0, 0, 0, 255}};
  const Encoder encoder(Model::load(folder.string()));
  references.picture_embedding =
      encoder.encode_images(std::span(&references.picture, 1)).rows.values;
  const std::vector<std::string> texts = {"a photo of red", "猫"};
  const Matrix embeddings = encoder.encode_texts(texts).all();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto row = embeddings.row(i);
    references.texts.push_back({texts[i], {row.begin(), row.end()}});
  }
  return references;
}

void write_model(checkpoint::ModelFile file, const std::filesystem::path& folder) {
  fill_weights(file);
  checkpoint::save_model_folder(folder, file, DType::float32);
  file.references = embed_references(folder);
  checkpoint::save_model_folder(folder, file, DType::float32);
}

void append_little_endian(std::string& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

void write_tiny_model(const std::filesystem::path& folder) {
  write_model(tiny_model(), folder);
}

void write_tiny_clip_model(const std::filesystem::path& folder) {
  write_model(tiny_clip_model(), folder);
}

void write_tiny_biased_model(const std::filesystem::path& folder) {
  checkpoint::ModelFile file = tiny_model();
  file.config.logit_bias = true;
  write_model(std::move(file), folder);
}

void write_picture(const std::filesystem::path& path, int red, int green, int blue) {
  constexpr int kSide = 4;
  constexpr std::uint32_t kHeader = 54;
  constexpr std::uint32_t kPixels = kSide * kSide * 3;
  std::string bytes = "BM";
  for (const std::uint32_t field : {kHeader + kPixels, 0U, kHeader, 40U}) {
    append_little_endian(bytes, field, 4);
  }
  append_little_endian(bytes, kSide, 4);
  append_little_endian(bytes, kSide, 4);
  append_little_endian(bytes, 1, 2);
  append_little_endian(bytes, 24, 2);
  for (const std::uint32_t field : {0U, kPixels, 0U, 0U, 0U, 0U}) {
    append_little_endian(bytes, field, 4);
  }
  for (int i = 0; i < kSide * kSide; ++i) {
    for (const int level : {blue, green, red}) bytes += static_cast<char>(level);
  }
  write_file(path, bytes);
}

}  // namespace diptych::test
