// A SigLIP in big_vision's form, made from the fixture that open_clip wrote, has to load as that
// one does, to the bit.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/containers/zip_builder.h"
#include "checkpoint/load.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::data_path;
using test::expect_error;
using test::little_endian;

constexpr std::int64_t kWidth = 96;
constexpr std::int64_t kBigVisionHeads = 3;

/// Arrays in the making: float32, by name.
struct Array {
  Shape shape;
  std::vector<float> values;
};
using Arrays = std::map<std::string, Array>;

Array array_of(const TensorView& view, Shape shape) {
  return {std::move(shape), to_floats(view)};
}

/// W [rows, columns] as [columns, rows] under the shape that flax gives it.
Array transposed(const TensorView& view, Shape shape) {
  const auto rows = static_cast<std::size_t>(view.shape[0]);
  const std::vector<float> stored = to_floats(view);
  const std::size_t columns = stored.size() / rows;
  Array result{std::move(shape), std::vector<float>(stored.size())};
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column)
      result.values[column * rows + row] = stored[row * columns + column];
  }
  return result;
}

TensorView part(const TensorView& stacked, std::int64_t index) {
  TensorView view = stacked;
  const std::size_t row = stacked.bytes.size() / static_cast<std::size_t>(stacked.shape[0]);
  view.shape[0] = kWidth;
  view.bytes = stacked.bytes.subspan(static_cast<std::size_t>(index * kWidth) * row, kWidth * row);
  return view;
}

class FlaxWriter {
 public:
  explicit FlaxWriter(const TensorMap& source) : source_(source) {}

  void same(const std::string& to, const std::string& from) {
    const TensorView& view = source_.at(from);
    arrays[to] = array_of(view, view.shape);
  }
  void dense(const std::string& to, const std::string& from) {
    const TensorView& view = source_.at(from + ".weight");
    arrays[to + "/kernel"] = transposed(view, {view.shape[1], view.shape[0]});
    same(to + "/bias", from + ".bias");
  }
  void norm(const std::string& to, const std::string& from) {
    same(to + "/scale", from + ".weight");
    same(to + "/bias", from + ".bias");
  }
  /// Rows `index` of a stacked projection into the heads.
  void into_heads(const std::string& to, const std::string& weight, const std::string& bias,
                  std::int64_t index) {
    arrays[to + "/kernel"] = transposed(part(source_.at(weight), index),
                                        {kWidth, kBigVisionHeads, kWidth / kBigVisionHeads});
    arrays[to + "/bias"] =
        array_of(part(source_.at(bias), index), {kBigVisionHeads, kWidth / kBigVisionHeads});
  }
  void out_of_heads(const std::string& to, const std::string& from) {
    arrays[to + "/kernel"] = transposed(source_.at(from + ".weight"),
                                        {kBigVisionHeads, kWidth / kBigVisionHeads, kWidth});
    same(to + "/bias", from + ".bias");
  }
  void block(const std::string& to, const std::string& from, const std::string& attention,
             const std::array<std::string, 4>& layers) {
    const std::array<std::string, 3> parts = {"query", "key", "value"};
    for (std::int64_t i = 0; i < 3; ++i) {
      into_heads(to + "/MultiHeadDotProductAttention_0/" + parts[static_cast<std::size_t>(i)],
                 from + attention + "weight", from + attention + "bias", i);
    }
    norm(to + "/LayerNorm_0", from + layers[0]);
    norm(to + "/LayerNorm_1", from + layers[1]);
    dense(to + "/MlpBlock_0/Dense_0", from + layers[2]);
    dense(to + "/MlpBlock_0/Dense_1", from + layers[3]);
  }

  Arrays arrays;

 private:
  const TensorMap& source_;
};

/// [outputs, inputs, place] as [place, inputs, outputs].
Array patch_kernel(const TensorView& view) {
  const std::vector<float> stored = to_floats(view);
  Array result{{16, 16, 3, kWidth}, std::vector<float>(stored.size())};
  std::size_t from = 0;
  for (std::size_t output = 0; output < kWidth; ++output) {
    for (std::size_t input = 0; input < 3; ++input) {
      for (std::size_t place = 0; place < 256; ++place)
        result.values[(place * 3 + input) * kWidth + output] = stored[from++];
    }
  }
  return result;
}

Arrays big_vision_arrays(const TensorMap& source) {
  FlaxWriter out(source);
  const std::string trunk = "visual.trunk.";
  out.arrays["t"] = array_of(source.at("logit_scale"), {1});
  out.arrays["b"] = array_of(source.at("logit_bias"), {1});
  out.arrays["img/embedding/kernel"] = patch_kernel(source.at(trunk + "patch_embed.proj.weight"));
  out.same("img/embedding/bias", trunk + "patch_embed.proj.bias");
  out.same("img/pos_embedding", trunk + "pos_embed");
  for (int i = 0; i < 3; ++i) {
    const std::string to = fmt::format("img/Transformer/encoderblock_{}", i);
    const std::string from = fmt::format("{}blocks.{}.", trunk, i);
    out.block(to, from, "attn.qkv.", {"norm1", "norm2", "mlp.fc1", "mlp.fc2"});
    out.out_of_heads(to + "/MultiHeadDotProductAttention_0/out", from + "attn.proj");
  }
  out.norm("img/Transformer/encoder_norm", trunk + "norm");
  const std::string head = "img/MAPHead_0/";
  const std::string pool = trunk + "attn_pool.";
  const std::string attention = head + "MultiHeadDotProductAttention_0/";
  out.same(head + "probe", pool + "latent");
  out.into_heads(attention + "query", pool + "q.weight", pool + "q.bias", 0);
  out.into_heads(attention + "key", pool + "kv.weight", pool + "kv.bias", 0);
  out.into_heads(attention + "value", pool + "kv.weight", pool + "kv.bias", 1);
  out.out_of_heads(attention + "out", pool + "proj");
  out.norm(head + "LayerNorm_0", pool + "norm");
  out.dense(head + "MlpBlock_0/Dense_0", pool + "mlp.fc1");
  out.dense(head + "MlpBlock_0/Dense_1", pool + "mlp.fc2");
  out.same("txt/Embed_0/embedding", "text.token_embedding.weight");
  out.arrays["txt/pos_embedding"] = array_of(source.at("text.positional_embedding"), {1, 16, 96});
  for (int i = 0; i < 2; ++i) {
    const std::string to = fmt::format("txt/Encoder_0/encoderblock_{}", i);
    const std::string from = fmt::format("text.transformer.resblocks.{}.", i);
    out.block(to, from, "attn.in_proj_", {"ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"});
    out.out_of_heads(to + "/MultiHeadDotProductAttention_0/out", from + "attn.out_proj");
  }
  out.norm("txt/Encoder_0/encoder_norm", "text.ln_final");
  out.dense("txt/head", "text.text_projection");
  return out.arrays;
}

/// As nn.scan leaves a tower: one array of all its blocks.
void scan(Arrays& arrays, const std::string& tower, int layers) {
  const std::string first = tower + "/encoderblock_0/";
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays) {
    if (name.starts_with(first)) names.push_back(name.substr(first.size()));
  }
  for (const std::string& name : names) {
    Array& scanned = arrays[tower + "/encoderblock/" + name];
    for (int i = 0; i < layers; ++i) {
      const auto block = arrays.extract(fmt::format("{}/encoderblock_{}/{}", tower, i, name));
      scanned.shape = block.mapped().shape;
      scanned.values.insert(scanned.values.end(), block.mapped().values.begin(),
                            block.mapped().values.end());
    }
    scanned.shape.insert(scanned.shape.begin(), layers);
  }
}

std::string big_vision_npy(const Array& array) {
  const std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}\n",
                  fmt::join(array.shape, ", "));
  return "\x93NUMPY\x01" + std::string(1, '\0') +
         little_endian(static_cast<std::uint16_t>(header.size())) + header +
         std::string(reinterpret_cast<const char*>(array.values.data()),
                     array.values.size() * sizeof(float));
}

/// A folder with such a file.
class BigVision : public testing::Test {
 protected:
  BigVision()
      : source_(read_safetensors(data_path("open_clip_siglip/open_clip_model.safetensors"))),
        arrays_(big_vision_arrays(source_)) {}

  ModelFile load(const std::string& prefix = "") const {
    std::vector<test::ZipPart> parts;
    for (const auto& [name, array] : arrays_)
      parts.push_back({prefix + name + ".npy", big_vision_npy(array)});
    if (!prefix.empty()) parts.push_back({"opt/0.npy", big_vision_npy({{1}, {1.0F}})});
    write_file(folder_.path() / "siglip.npz", test::build_zip(parts));
    return load_model_file(folder_.path());
  }

  void expect_the_fixtures_weights(const ModelFile& model) const {
    const ModelFile expected = load_model_file(data_path("open_clip_siglip"));
    ASSERT_EQ(model.weights.tensors.size(), expected.weights.tensors.size());
    for (const auto& [name, view] : expected.weights.tensors)
      EXPECT_EQ(to_floats(model.weights.at(name)), to_floats(view)) << name;
  }

  test::TemporaryFolder folder_;
  TensorMap source_;
  Arrays arrays_;
};

TEST_F(BigVision, GivesTheSameModelWithOpenClipsConfig) {
  std::filesystem::copy(data_path("open_clip_siglip/open_clip_config.json"), folder_.path());
  const ModelFile model = load();
  EXPECT_EQ(model.config, load_model_file(data_path("open_clip_siglip")).config);
  EXPECT_EQ(model.provenance.family, "big_vision");
  EXPECT_EQ(model.provenance.container, "npz");
  expect_the_fixtures_weights(model);
}

TEST_F(BigVision, InfersItsConfigWithoutOne) {
  const ModelFile model = load();
  network::ModelConfig expected = load_model_file(data_path("open_clip_siglip")).config;
  std::get<VisionTransformerConfig>(expected.image).activation = network::Activation::gelu_tanh;
  std::get<TextTransformerConfig>(expected.text).activation = network::Activation::gelu_tanh;
  EXPECT_EQ(model.config, expected);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::squash);
  EXPECT_EQ(model.preprocessing.mean[1], 0.5F);
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::none);
  EXPECT_THAT(model.assumptions, testing::Contains(testing::HasSubstr("token ids")));
  expect_the_fixtures_weights(model);
}

TEST_F(BigVision, LoadsOneTower) {
  const ModelFile expected = load_model_file(data_path("open_clip_siglip"));
  const Arrays whole = arrays_;
  for (const std::string tower : {"img", "txt"}) {
    arrays_ = whole;
    std::erase_if(arrays_, [&](const auto& array) {
      return array.first.size() > 1 && !array.first.starts_with(tower);
    });
    for (const char* prefix : {"", "params/"}) {
      const ModelFile model = load(prefix);
      EXPECT_EQ(network::has_image_tower(model.config), tower == "img");
      EXPECT_EQ(network::has_text_tower(model.config), tower == "txt");
      EXPECT_EQ(model.config.embedding_width, expected.config.embedding_width);
      EXPECT_THAT(model.assumptions, testing::SizeIs(2));
      for (const auto& [name, view] : model.weights.tensors)
        EXPECT_EQ(to_floats(view), to_floats(expected.weights.at(name))) << name;
    }
  }
}

TEST_F(BigVision, LeavesOutWhatTrainingKeeps) {
  expect_the_fixtures_weights(load("params/"));
}

TEST_F(BigVision, TakesScannedTowersApart) {
  scan(arrays_, "img/Transformer", 3);
  scan(arrays_, "txt/Encoder_0", 2);
  expect_the_fixtures_weights(load());
}

TEST_F(BigVision, RefusesWhatDoesNotFit) {
  const Array query =
      arrays_["img/Transformer/encoderblock_1/MultiHeadDotProductAttention_0/query/kernel"];
  Array& changed =
      arrays_["img/Transformer/encoderblock_1/MultiHeadDotProductAttention_0/query/kernel"];
  changed.shape = {kWidth, kWidth};
  expect_error([&] { load(); }, ErrorCode::invalid_argument, "got [96, 96], expected [288, 96]");
  changed = query;
  arrays_["img/pos_embedding"].shape = {1, 8, 108};
  expect_error([&] { load(); }, ErrorCode::invalid_argument, "expected a square");
  arrays_.erase("img/pos_embedding");
  expect_error([&] { load(); }, ErrorCode::invalid_argument, "img/pos_embedding is missing");
}

}  // namespace
}  // namespace diptych::checkpoint
