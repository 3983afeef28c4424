#include "checkpoint/source/sharded.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "checkpoint/load.h"
#include "json/json.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kFirst = "model-00001-of-00002.safetensors";
constexpr const char* kSecond = "model-00002-of-00002.safetensors";

/// The Hugging Face fixture cut in two: text tower and the rest.
struct ShardedModel {
  test::TemporaryFolder folder;
  Json index = {{"metadata", {{"total_size", 1}}}, {"weight_map", Json::object()}};

  ShardedModel() {
    const TensorMap whole = read_safetensors(data_path("hf_clip/model.safetensors"));
    TensorMap first;
    TensorMap second;
    for (const auto& [name, view] : whole.tensors) {
      const bool is_text = name.starts_with("text_");
      (is_text ? first : second).tensors.emplace(name, view);
      index["weight_map"][name] = is_text ? kFirst : kSecond;
    }
    write_safetensors(folder.path() / kFirst, first);
    write_safetensors(folder.path() / kSecond, second);
    std::filesystem::copy(data_path("hf_clip/config.json"), folder.path());
  }

  ModelFile load() const {
    write_file(folder.path() / kIndex, index.dump());
    return load_model_file(folder.path());
  }
};

TEST(Sharded, LoadsAsTheWhole) {
  const ShardedModel sharded;
  const ModelFile got = sharded.load();
  const ModelFile expected = load_model_file(data_path("hf_clip"));
  EXPECT_EQ(got.config, expected.config);
  for (const auto& [name, view] : expected.weights.tensors)
    EXPECT_EQ(to_floats(got.weights.at(name)), to_floats(view)) << name;
}

TEST(Sharded, RefusesFilesThatContradictTheIndex) {
  ShardedModel sharded;
  sharded.index["weight_map"]["absent"] = kFirst;
  expect_error([&] { sharded.load(); }, ErrorCode::corrupt_data, "got 94 tensors, expected 95");
  sharded.index["weight_map"].erase("absent");
  sharded.index["weight_map"]["logit_scale"] = kFirst;
  expect_error([&] { sharded.load(); }, ErrorCode::corrupt_data, "logit_scale");
  sharded.index["weight_map"]["logit_scale"] = "model-3.safetensors";
  expect_error([&] { sharded.load(); }, ErrorCode::corrupt_data, "logit_scale");
}

TEST(Sharded, RefusesNamesThatLeaveTheFolder) {
  ShardedModel sharded;
  sharded.index["weight_map"]["logit_scale"] = "../model.safetensors";
  expect_error([&] { sharded.load(); }, ErrorCode::corrupt_data, "logit_scale");
}

TEST(Sharded, RefusesAnIndexOfAnotherForm) {
  ShardedModel sharded;
  for (const Json& index : {Json(), Json::array(), Json::object(), Json{{"weight_map", 1}}}) {
    sharded.index = index;
    expect_error([&] { sharded.load(); }, ErrorCode::corrupt_data, "weight_map");
  }
}

}  // namespace
}  // namespace diptych::checkpoint
