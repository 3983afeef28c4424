#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "network/model.h"

namespace diptych::test {

/// network::Operations that compute nothing: they check that shapes fit each other and note how
/// many rows every matrix product is asked for.
class CountingOperations : public network::ComposedOperations<CountingOperations> {
 public:
  struct Tensor {
    int rows = 0;
    int width = 0;
  };
  using Map = network::FeatureMap<Tensor>;
  using Indices = std::vector<std::int32_t>;
  using Pattern = network::AttentionPattern;
  struct Rotation {
    const network::RotaryTable* table;
    Indices positions;
  };

  explicit CountingOperations(const network::Model& model) : parameters_(model.parameters) {}

  /// Rows of each linear layer's input, in the order of the calls.
  const std::vector<int>& linear_rows() const { return linear_rows_; }
  /// For each attention: queries, keys.
  const std::vector<std::pair<int, int>>& attention_rows() const { return attention_rows_; }
  /// For each convolution: height of its output.
  const std::vector<int>& convolution_heights() const { return convolution_heights_; }
  /// How many blocks have been computed.
  int blocks() const { return blocks_; }

  Indices indices(std::span<const std::int32_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  Pattern pattern(const network::AttentionPattern& pattern) { return pattern; }
  Rotation rotation(const network::RotaryTable& table, std::span<const std::int32_t> positions) {
    return {&table, indices(positions)};
  }

  template <typename Body, typename... Inputs>
  auto block(std::string_view name, const Body& body, const Inputs&... inputs) {
    ++blocks_;
    block_ = name;
    const auto result = body(*this, inputs...);
    block_ = {};
    return result;
  }

  Tensor patches(const network::Pixels& pixels, int size) {
    int places = 0;
    for (int i = 0; i < pixels.batch; ++i)
      places += (pixels.size(i).height / size) * (pixels.size(i).width / size);
    return {places, 3 * size * size};
  }

  Tensor linear(const Tensor& x, const network::Linear& layer, network::Activation,
                const Tensor* residual) {
    EXPECT_EQ(x.width, layer.inputs);
    if (!block_.empty()) {
      const std::string prefix = std::string(block_) + ".";
      EXPECT_TRUE(parameters_.spec(layer.weight).name.starts_with(prefix)) << prefix;
    }
    if (residual != nullptr) {
      EXPECT_EQ(residual->rows, x.rows);
      EXPECT_EQ(residual->width, layer.outputs);
    }
    linear_rows_.push_back(x.rows);
    return {x.rows, layer.outputs};
  }

  Tensor norm(const Tensor& x, const network::Norm& norm) {
    EXPECT_EQ(x.width, norm.width);
    return x;
  }

  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const Pattern& pattern) {
    EXPECT_EQ(query.rows, pattern.queries.tokens());
    EXPECT_EQ(pattern.queries.count(), pattern.keys.count());
    EXPECT_EQ(value.rows, key.rows);
    if (pattern.key_rows.empty()) {
      EXPECT_EQ(key.rows, pattern.keys.tokens());
    } else {
      EXPECT_EQ(pattern.key_rows.size(), static_cast<std::size_t>(pattern.keys.tokens()));
    }
    for (const std::int32_t row : pattern.key_rows) EXPECT_LT(row, key.rows);
    EXPECT_EQ(query.width % heads, 0);
    EXPECT_EQ(query.width, key.width);
    attention_rows_.emplace_back(query.rows, pattern.keys.tokens());
    return {query.rows, value.width};
  }

  Tensor rotate(const Tensor& x, const Rotation& rotation) {
    EXPECT_EQ(x.width % (2 * rotation.table->pairs), 0);
    EXPECT_EQ(rotation.positions.size(), static_cast<std::size_t>(x.rows));
    for (const std::int32_t position : rotation.positions)
      EXPECT_LT(position, rotation.table->rows);
    return x;
  }

  Tensor columns(const Tensor& x, int first, int count) {
    EXPECT_LE(first + count, x.width);
    return {x.rows, count};
  }

  Tensor repeat_columns(const Tensor& x, int times) { return {x.rows, x.width * times}; }

  Tensor rows(const Tensor& x, const Indices& indices) {
    for (const std::int32_t index : indices) EXPECT_LT(index, x.rows);
    return {static_cast<int>(indices.size()), x.width};
  }

  Tensor embed(network::ParameterId parameter, const Indices& indices) {
    const Shape& shape = parameters_.spec(parameter).shape;
    const auto height = shape.size() == 1 ? 1 : shape.front();
    for (const std::int32_t index : indices) EXPECT_LT(index, height);
    return {static_cast<int>(indices.size()), static_cast<int>(shape.back())};
  }

  Tensor concatenate(const Tensor& a, const Tensor& b) {
    EXPECT_EQ(a.width, b.width);
    return {a.rows + b.rows, a.width};
  }

  Tensor prepend(const Tensor& first, const Tensor& x, const network::Sequences& sequences) {
    EXPECT_EQ(first.rows, sequences.count());
    EXPECT_EQ(x.rows, sequences.tokens());
    return ComposedOperations::prepend(first, x, sequences);
  }

  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences) {
    EXPECT_EQ(x.rows, sequences.tokens());
    return {sequences.count(), x.width};
  }

  Tensor mix_rows(const Tensor& x, const network::RowMixture& mixture) {
    for (const std::int32_t row : mixture.rows) EXPECT_LT(row, x.rows);
    EXPECT_EQ(mixture.rows.size(), static_cast<std::size_t>(mixture.offsets.back()));
    EXPECT_EQ(mixture.rows.size(), mixture.weights.size());
    return {mixture.count(), x.width};
  }

  std::vector<network::NearestRow> nearest_rows(const Tensor& x, int heads,
                                                const network::Sequences& sequences) {
    EXPECT_EQ(x.rows, sequences.tokens());
    EXPECT_EQ(x.width % heads, 0);
    std::vector<network::NearestRow> nearest;
    for (int i = 0; i < sequences.count(); ++i)
      nearest.resize(nearest.size() + static_cast<std::size_t>((sequences.length(i) + 1) / 2),
                     {.row = sequences.length(i) > 1 ? 1 : 0, .cosine = 0.0F});
    return nearest;
  }

  Tensor add_constants(const Tensor& x, float, std::span<const float> constants) {
    EXPECT_EQ(constants.size(),
              static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(x.width));
    return x;
  }

  Tensor add(const Tensor& a, const Tensor& b) {
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.width, b.width);
    return a;
  }

  Tensor multiply(const Tensor& a, const Tensor& b) { return add(a, b); }

  Tensor scale(const Tensor& x, network::ParameterId parameter) {
    EXPECT_EQ(parameters_.spec(parameter).shape, Shape({x.width}));
    return x;
  }

  Tensor activate(const Tensor& x, network::Activation) { return x; }

  Map feature_map(const network::Pixels& pixels) {
    return map_of(pixels.batch, pixels.height, pixels.width, 3);
  }

  Map convolution(const Map& x, const network::Convolution& layer, network::Activation,
                  const Map* residual) {
    EXPECT_EQ(x.rows.width, layer.inputs);
    const Map out = map_of(x.batch, (x.height + layer.stride - 1) / layer.stride,
                           (x.width + layer.stride - 1) / layer.stride, layer.outputs);
    if (residual != nullptr) {
      EXPECT_EQ(residual->rows.rows, out.rows.rows);
      EXPECT_EQ(residual->rows.width, out.rows.width);
    }
    convolution_heights_.push_back(out.height);
    return out;
  }

  Map depthwise_convolution(const Map& x, const network::DepthwiseConvolution& layer) {
    EXPECT_EQ(x.rows.width, layer.channels);
    EXPECT_EQ(x.rows.rows, x.batch * x.height * x.width);
    return map_of(x.batch, (x.height + layer.stride - 1) / layer.stride,
                  (x.width + layer.stride - 1) / layer.stride, layer.channels);
  }

  Map merge_places(const Map& x, int size) {
    return map_of(x.batch, x.height / size, x.width / size, x.rows.width * size * size);
  }

  Map average_pool(const Map& x, int size, int stride) {
    const auto places = [=](int side) { return (side + 2 * ((size - 1) / 2) - size) / stride + 1; };
    return map_of(x.batch, places(x.height), places(x.width), x.rows.width);
  }

 private:
  static Map map_of(int batch, int height, int width, int channels) {
    return {{batch * height * width, channels}, batch, height, width};
  }

  const network::ParameterTable& parameters_;
  std::vector<int> linear_rows_;
  std::vector<std::pair<int, int>> attention_rows_;
  std::vector<int> convolution_heights_;
  int blocks_ = 0;
  std::string_view block_;  ///< that is under way
};

}  // namespace diptych::test
