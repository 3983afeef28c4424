#include "checkpoint/keys/key_table.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Initialiser;
using network::ParameterTable;
using test::expect_error;

constexpr auto kRules = std::to_array<KeyRule>({
    {"scale", Transform::reshape, {"scale"}},
    {"matrix", Transform::transpose, {"stored.matrix"}},
    {"table", Transform::batched, {"stored.table"}},
    {"blocks.#.fused_*", Transform::stack, {"layer#.q_*", "layer#.k_*", "layer#.v_*"}},
    {"plain.*", Transform::same, {"first.*"}},
    {"plain.*", Transform::same, {"second.*"}},
});
constexpr auto kIgnored = std::to_array<std::string_view>({"*.counter"});

TensorMap make_source() {
  TensorMap source;
  source.add("scale", TensorBuffer({1}, std::vector<float>{7}));
  source.add("stored.matrix", TensorBuffer({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  source.add("stored.table", TensorBuffer({1, 1, 2}, std::vector<float>{5, 6}));
  source.add("layer10.q_w", TensorBuffer({1, 2}, std::vector<float>{1, 2}));
  source.add("layer10.k_w", TensorBuffer({1, 2}, std::vector<float>{3, 4}));
  source.add("layer10.v_w", TensorBuffer({1, 2}, std::vector<float>{5, 6}));
  source.add("second.x", TensorBuffer({2}, std::vector<float>{8, 9}));
  source.add("second.counter", TensorBuffer({1}, std::vector<std::int32_t>{3}));
  return source;
}

ParameterTable make_parameters() {
  ParameterTable parameters;
  parameters.declare("scale", {}, Initialiser::constant(0));
  parameters.declare("matrix", {3, 2}, Initialiser::constant(0));
  parameters.declare("table", {1, 2}, Initialiser::constant(0));
  parameters.declare("blocks.10.fused_w", {3, 2}, Initialiser::constant(0));
  parameters.declare("plain.x", {2}, Initialiser::constant(0));
  return parameters;
}

TensorMap place(const TensorMap& source) {
  return place_weights(source, kRules, kIgnored, make_parameters(), "test");
}

TEST(KeyTable, MatchesPatterns) {
  EXPECT_TRUE(matches("a.#.b", "a.12.b"));
  EXPECT_FALSE(matches("a.#.b", "a..b"));
  EXPECT_FALSE(matches("a.#.b", "a.1x.b"));
  EXPECT_TRUE(matches("*.b", "a.1.b"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_FALSE(matches("*.b", "a.bc"));
  EXPECT_FALSE(matches("", "a"));
}

TEST(KeyTable, PlacesEveryParameter) {
  const TensorMap source = make_source();
  const TensorMap weights = place(source);
  EXPECT_EQ(weights.tensors.size(), 5U);
  EXPECT_EQ(weights.at("scale").shape, Shape{});
  EXPECT_EQ(to_floats(weights.at("matrix")), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(weights.at("table").shape, Shape({1, 2}));
  EXPECT_EQ(to_floats(weights.at("blocks.10.fused_w")), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(weights.at("plain.x").bytes.data(), source.at("second.x").bytes.data());
}

TEST(KeyTable, GivesBackAFamilysNamesAndShapes) {
  const TensorMap weights = place(make_source());
  const TensorMap names = to_family_names(weights, kRules);
  EXPECT_EQ(names.tensors.size(), 7U);
  EXPECT_EQ(names.at("stored.table").shape, Shape({1, 1, 2}));
  EXPECT_EQ(to_floats(names.at("stored.matrix")), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(to_floats(names.at("layer10.k_w")), (std::vector<float>{3, 4}));
  // The first of several names is the one that is written.
  EXPECT_EQ(to_floats(names.at("first.x")), (std::vector<float>{8, 9}));
}

TEST(KeyTable, TellsShapesByCanonicalName) {
  const TensorMap source = make_source();
  EXPECT_EQ(canonical_shape(source, kRules, "matrix"), Shape({3, 2}));
  EXPECT_EQ(canonical_shape(source, kRules, "blocks.10.fused_w"), Shape({3, 2}));
  EXPECT_EQ(canonical_shape(source, kRules, "blocks.11.fused_w"), std::nullopt);
  EXPECT_EQ(canonical_shape(source, kRules, "absent"), std::nullopt);
}

TEST(KeyTable, NamesWhatTheFileShouldHaveHeld) {
  TensorMap source = make_source();
  source.tensors.erase("layer10.k_w");
  const std::string missing = "missing: layer10.q_w + layer10.k_w + layer10.v_w";
  expect_error([&] { place(source); }, ErrorCode::invalid_argument, missing);
}

TEST(KeyTable, RefusesPartsThatDoNotFitTogether) {
  TensorMap source = make_source();
  source.add("layer10.v_w", TensorBuffer({1, 3}, std::vector<float>(3)));
  expect_error([&] { place(source); }, ErrorCode::invalid_argument, "layer10.v_w: got [1, 3]");
  source.add("layer10.v_w", TensorBuffer({}, std::vector<float>(1)));
  expect_error([&] { place(source); }, ErrorCode::invalid_argument, "layer10.v_w: got []");
  source.add("layer10.v_w", TensorBuffer(DType::int64, {1, 2}));
  expect_error([&] { place(source); }, ErrorCode::invalid_argument, "layer10.v_w: got int64");
}

TEST(KeyTable, JoinsPartsOfDifferentTypesAsFloat32) {
  TensorMap source = make_source();
  for (const std::string part : {"q_w", "k_w"}) {
    const std::string name = "layer10." + part;
    source.add(name, convert(source.at(name), DType::float16));
  }
  const TensorMap weights = place(source);
  const TensorView& joined = weights.at("blocks.10.fused_w");
  EXPECT_EQ(joined.dtype, DType::float32);
  EXPECT_EQ(to_floats(joined), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(KeyTable, ListsAFewOfMany) {
  TensorMap source = make_source();
  for (int i = 0; i < 100; ++i)
    source.add(fmt::format("extra{}", i), TensorBuffer({1}, std::vector<float>(1)));
  expect_error([&] { place(source); }, ErrorCode::invalid_argument,
               "not in the model: extra0, extra1, extra10, extra11 and 96 more");
}

}  // namespace
}  // namespace diptych::checkpoint
