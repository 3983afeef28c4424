// A CLIPModel in clip.cpp's form, made from the fixture that transformers wrote, has to load as
// that one does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "checkpoint/containers/ggml_blocks.h"
#include "checkpoint/containers/gguf_builder.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;
using test::gguf_pair;
using test::gguf_text;
using test::little_endian;

/// The replacements of its converter, in their order.
std::string clip_cpp_name(std::string name) {
  if (name.find("projection") != std::string::npos) return name;
  const std::pair<std::string, std::string> replacements[] = {
      {"text_model", "t"},   {"vision_model", "v"}, {"encoder.layers", "blk"},
      {"embeddings.", ""},   {"_proj", ""},         {"self_attn.", "attn_"},
      {"layer_norm", "ln"},  {"layernorm", "ln"},   {"mlp.fc1", "ffn_down"},
      {"mlp.fc2", "ffn_up"}, {"embedding", "embd"}, {"final", "post"},
      {"layrnorm", "ln"}};
  for (const auto& [from, to] : replacements) {
    for (std::size_t at = name.find(from); at != std::string::npos; at = name.find(from))
      name.replace(at, from.size(), to);
  }
  return name;
}

std::string floats(const std::vector<float>& values) {
  std::string bytes = little_endian<std::uint32_t>(6) + little_endian<std::uint64_t>(values.size());
  for (const float value : values) bytes += little_endian(value);
  return bytes;
}

struct Settings {
  bool text_encoder = true;
  bool image_encoder = true;
  bool has_mean = true;
};

std::vector<std::string> pairs(const Settings& settings) {
  constexpr std::uint32_t kCount = 4;
  constexpr std::uint32_t kReal = 6;
  constexpr std::uint32_t kFlag = 7;
  constexpr std::uint32_t kText = 8;
  constexpr std::uint32_t kArray = 9;
  std::vector<std::string> result = {
      gguf_pair("general.name", kText, gguf_text("tiny")),
      gguf_pair("clip.has_text_encoder", kFlag, std::string(1, settings.text_encoder ? 1 : 0)),
      gguf_pair("clip.has_vision_encoder", kFlag, std::string(1, settings.image_encoder ? 1 : 0)),
      gguf_pair("clip.use_gelu", kFlag, std::string(1, '\0')),
      gguf_pair("clip.vision.image_std", kArray, floats({0.25F, 0.5F, 1.0F}))};
  if (settings.has_mean)
    result.push_back(gguf_pair("clip.vision.image_mean", kArray, floats({0.1F, 0.2F, 0.3F})));
  const std::pair<const char*, std::uint32_t> counts[] = {
      {"clip.text.context_length", 16},       {"clip.text.embedding_length", 64},
      {"clip.text.feed_forward_length", 256}, {"clip.text.projection_dim", 48},
      {"clip.text.attention.head_count", 2},  {"clip.text.block_count", 2},
      {"clip.vision.image_size", 48},         {"clip.vision.patch_size", 16},
      {"clip.vision.embedding_length", 96},   {"clip.vision.feed_forward_length", 384},
      {"clip.vision.projection_dim", 48},     {"clip.vision.attention.head_count", 3},
      {"clip.vision.block_count", 3}};
  for (const auto& [key, value] : counts)
    result.push_back(gguf_pair(key, kCount, little_endian(value)));
  for (const std::string tower : {"text", "vision"}) {
    result.push_back(
        gguf_pair("clip." + tower + ".attention.layer_norm_epsilon", kReal, little_endian(1e-5F)));
  }
  return result;
}

/// How a tensor is stored: a type's number and its bytes.
struct Stored {
  std::uint32_t type;
  std::string bytes;
};

Stored as_float32(const std::string& /*name*/, const TensorView& view) {
  const std::vector<float> values = to_floats(view);
  return {0, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
}

template <typename Store>
std::string clip_cpp_file(const Store& store, const Settings& settings = {}) {
  const TensorMap source = read_safetensors(data_path("hf_clip/model.safetensors"));
  std::vector<std::string> entries;
  std::string data;
  for (const auto& [name, view] : source.tensors) {
    if (name == "logit_scale") continue;
    if (!settings.text_encoder && name.starts_with("text_")) continue;
    if (!settings.image_encoder && name.starts_with("vi")) continue;
    const std::string renamed = clip_cpp_name(name);
    const auto [type, bytes] = store(renamed, view);
    entries.push_back(
        test::gguf_entry(renamed, {view.shape.rbegin(), view.shape.rend()}, type, data.size()));
    data += bytes;
    data.resize((data.size() + 31) / 32 * 32);
  }
  return test::gguf_file(pairs(settings), entries, data);
}

ModelFile load_clip_cpp(const std::string& bytes) {
  const std::vector<FileBytes> files = {{"model.gguf", std::as_bytes(std::span(bytes)), nullptr}};
  return load_model_folder(files);
}

TEST(ClipCpp, GivesTheSameModel) {
  const std::string bytes = clip_cpp_file(as_float32);
  const ModelFile model = load_clip_cpp(bytes);
  const ModelFile expected = load_model_file(data_path("hf_clip"));
  network::ModelConfig config = expected.config;
  // Its texts end at the largest id, which is what the end-of-text token of CLIP's vocabulary has.
  std::get<network::TextTransformerConfig>(config.text).end_of_text_id = network::kLargestId;
  EXPECT_EQ(model.config, config);
  EXPECT_EQ(model.provenance.family, "clip_cpp");
  EXPECT_EQ(model.provenance.name, "tiny");
  EXPECT_EQ(model.preprocessing.mean, (std::array<float, 3>{0.1F, 0.2F, 0.3F}));
  EXPECT_EQ(model.preprocessing.std, (std::array<float, 3>{0.25F, 0.5F, 1.0F}));
  for (const auto& [name, view] : expected.weights.tensors) {
    if (name == "logit_scale") continue;
    EXPECT_EQ(to_floats(model.weights.at(name)), to_floats(view)) << name;
  }
  EXPECT_EQ(to_floats(model.weights.at("logit_scale")), std::vector<float>{std::log(100.0F)});
  EXPECT_THAT(model.assumptions, testing::Contains(testing::HasSubstr("logit scale")));
}

/// Its converter's --vision-only and --text-only.
TEST(ClipCpp, LoadsOneTower) {
  const ModelFile expected = load_model_file(data_path("hf_clip"));
  for (const bool is_image : {true, false}) {
    const std::string bytes =
        clip_cpp_file(as_float32, {.text_encoder = !is_image, .image_encoder = is_image});
    const ModelFile model = load_clip_cpp(bytes);
    EXPECT_EQ(network::has_image_tower(model.config), is_image);
    EXPECT_EQ(network::has_text_tower(model.config), !is_image);
    EXPECT_EQ(model.config.embedding_width, 48);
    EXPECT_FALSE(model.weights.tensors.contains("logit_scale"));
    const char* projection = is_image ? "visual.proj" : "text_projection";
    EXPECT_EQ(to_floats(model.weights.at(projection)), to_floats(expected.weights.at(projection)));
  }
  expect_error(
      [&] {
        load_clip_cpp(clip_cpp_file(as_float32, {.text_encoder = false, .image_encoder = false}));
      },
      ErrorCode::unsupported, "");
}

/// Quantised by the simplest rule: 8 bits, the largest magnitude at 127.
Stored as_q8_0(const std::string& name, const TensorView& view) {
  if (view.shape.size() != 2 || !name.ends_with(".weight")) return as_float32(name, view);
  const std::vector<float> values = to_floats(view);
  std::string bytes;
  for (std::size_t block = 0; block < values.size(); block += 32) {
    float largest = 0.0F;
    for (std::size_t i = block; i < block + 32; ++i)
      largest = std::max(largest, std::abs(values[i]));
    const std::uint16_t scale = float_to_half(largest / 127.0F);
    bytes += little_endian(scale);
    for (std::size_t i = block; i < block + 32; ++i)
      bytes += static_cast<char>(std::lround(values[i] / half_to_float(scale)));
  }
  return {8, bytes};
}

/// What the file holds, dequantised here, is what the stacked and transposed weights hold.
TEST(ClipCpp, PlacesQuantisedWeights) {
  std::map<std::string, std::vector<float>> stored;
  const std::string bytes = clip_cpp_file([&](const std::string& name, const TensorView& view) {
    Stored result = as_q8_0(name, view);
    if (result.type == 8) {
      std::vector<float>& values = stored[name];
      values.resize(static_cast<std::size_t>(view.count()));
      dequantise(*find_ggml_type(8), std::as_bytes(std::span(result.bytes)),
                 std::as_writable_bytes(std::span(values)));
    }
    return result;
  });
  const ModelFile model = load_clip_cpp(bytes);
  EXPECT_EQ(to_floats(model.weights.at("token_embedding.weight")), stored["t.token_embd.weight"]);
  std::vector<float> stacked;
  for (const std::string part : {"q", "k", "v"}) {
    const auto& values = stored["v.blk.2.attn_" + part + ".weight"];
    stacked.insert(stacked.end(), values.begin(), values.end());
  }
  EXPECT_EQ(to_floats(model.weights.at("visual.transformer.resblocks.2.attn.in_proj_weight")),
            stacked);
  const auto& projection = stored["visual_projection.weight"];
  const auto placed = to_floats(model.weights.at("visual.proj"));
  for (std::size_t row = 0; row < 96; ++row) {
    for (std::size_t column = 0; column < 48; ++column)
      ASSERT_EQ(placed[row * 48 + column], projection[column * 96 + row]);
  }
}

/// Half precision.
Stored as_float16(const TensorView& view) {
  std::string bytes;
  for (const float value : to_floats(view)) bytes += little_endian(float_to_half(value));
  return {1, bytes};
}

TEST(ClipCpp, JoinsQueryKeyAndValueOfDifferentTypes) {
  const std::string bytes = clip_cpp_file([](const std::string& name, const TensorView& view) {
    return name == "t.blk.1.attn_k.weight" ? as_float16(view) : as_float32(name, view);
  });
  const ModelFile model = load_clip_cpp(bytes);
  const std::string joined = "transformer.resblocks.1.attn.in_proj_weight";
  const std::vector<float> got = to_floats(model.weights.at(joined));
  std::vector<float> expected = to_floats(load_model_file(data_path("hf_clip")).weights.at(joined));
  const std::size_t third = expected.size() / 3;
  std::transform(expected.begin() + static_cast<std::ptrdiff_t>(third),
                 expected.begin() + static_cast<std::ptrdiff_t>(2 * third),
                 expected.begin() + static_cast<std::ptrdiff_t>(third),
                 [](float value) { return half_to_float(float_to_half(value)); });
  EXPECT_EQ(got, expected);
}

TEST(ClipCpp, RefusesMissingSettings) {
  const std::string no_mean = clip_cpp_file(as_float32, {.has_mean = false});
  expect_error([&] { load_clip_cpp(no_mean); }, ErrorCode::corrupt_data, "image_mean is missing");
}

}  // namespace
}  // namespace diptych::checkpoint
