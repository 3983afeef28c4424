#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych::test {

/// network::Operations by the definitions, in double precision, one loop a formula: the oracle for
/// whole towers.
class NaiveOperations : public network::ComposedOperations<NaiveOperations> {
 public:
  struct Tensor {
    int rows = 0;
    int width = 0;
    std::vector<double> values;

    Tensor() = default;
    Tensor(int rows, int width)
        : rows(rows), width(width), values(static_cast<std::size_t>(rows) * width) {}
    double& at(int row, int column) {
      return values[static_cast<std::size_t>(row) * width + column];
    }
    double at(int row, int column) const {
      return values[static_cast<std::size_t>(row) * width + column];
    }
  };
  using Map = network::FeatureMap<Tensor>;
  using Indices = std::vector<std::int32_t>;
  using Pattern = network::AttentionPattern;
  struct Rotation {
    network::RotaryTable table;
    Indices positions;
  };
  using Activation = network::Activation;

  NaiveOperations(const network::Model& model, const TensorMap& weights) {
    for (const network::ParameterSpec& spec : model.parameters.specs()) {
      const std::vector<float> floats = to_floats(weights.at(spec.name));
      Tensor parameter(1, static_cast<int>(floats.size()));
      if (spec.shape.size() >= 2)
        parameter = Tensor(static_cast<int>(spec.shape[0]),
                           static_cast<int>(floats.size()) / static_cast<int>(spec.shape[0]));
      parameter.values.assign(floats.begin(), floats.end());
      parameters_.push_back(parameter);
    }
  }

  Indices indices(std::span<const std::int32_t> numbers) {
    return {numbers.begin(), numbers.end()};
  }
  Pattern pattern(const network::AttentionPattern& pattern) { return pattern; }
  Rotation rotation(const network::RotaryTable& table, std::span<const std::int32_t> positions) {
    return {table, indices(positions)};
  }

  Tensor linear(const Tensor& x, const network::Linear& layer, Activation activation,
                const Tensor* residual) {
    Tensor out(x.rows, layer.outputs);
    const Tensor& weight = parameter(layer.weight);
    for (int row = 0; row < out.rows; ++row) {
      for (int output = 0; output < out.width; ++output) {
        const int o = layer.first_output + output;
        double sum = layer.bias == network::kAbsent
                         ? 0.0
                         : parameter(layer.bias).at(0, layer.first_bias + output);
        for (int i = 0; i < x.width; ++i)
          sum += x.at(row, i) * (layer.transposed ? weight.at(i, o) : weight.at(o, i));
        if (residual != nullptr) sum += residual->at(row, output);
        out.at(row, output) = activate(activation, sum);
      }
    }
    return out;
  }

  Tensor norm(const Tensor& x, const network::Norm& norm) {
    Tensor out(x.rows, x.width);
    for (int row = 0; row < x.rows; ++row) {
      double mean = 0.0;
      double variance = 0.0;
      if (norm.kind == network::NormKind::layer)
        for (int i = 0; i < x.width; ++i) mean += x.at(row, i) / x.width;
      for (int i = 0; i < x.width; ++i)
        variance += (x.at(row, i) - mean) * (x.at(row, i) - mean) / x.width;
      for (int i = 0; i < x.width; ++i)
        out.at(row, i) = (x.at(row, i) - mean) / std::sqrt(variance + norm.epsilon) *
                             parameter(norm.weight).at(0, i) +
                         (norm.bias == network::kAbsent ? 0.0 : parameter(norm.bias).at(0, i));
    }
    return out;
  }

  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const Pattern& pattern) {
    Tensor out(query.rows, query.width);
    for (int sequence = 0; sequence < pattern.queries.count(); ++sequence) {
      const int queries = pattern.queries.length(sequence);
      const int keys = pattern.keys.length(sequence);
      for (int place = 0; place < queries; ++place) {
        const int last = place + std::max(keys - queries, 0);
        Indices seen;
        for (int k = 0; k < keys && (pattern.mask == network::Mask::full || k <= last); ++k)
          seen.push_back(key_row(pattern, sequence, k));
        for (int head = 0; head < heads; ++head)
          attend(query, key, value, pattern.queries.begin(sequence) + place, seen,
                 bias_of(pattern, sequence), head, query.width / heads, out);
      }
    }
    return out;
  }

  Tensor rotate(const Tensor& x, const Rotation& rotation) {
    const network::RotaryTable& table = rotation.table;
    const Indices& positions = rotation.positions;
    Tensor out(x.rows, x.width);
    for (int row = 0; row < x.rows; ++row) {
      for (int i = 0; i < x.width; ++i) {
        const auto angle = static_cast<std::size_t>(
            positions[static_cast<std::size_t>(row)] * table.pairs + i / 2 % table.pairs);
        const double partner = i % 2 == 0 ? -x.at(row, i + 1) : x.at(row, i - 1);
        out.at(row, i) = x.at(row, i) * table.cosines[angle] + partner * table.sines[angle];
      }
    }
    return out;
  }

  Tensor columns(const Tensor& x, int first, int count) {
    Tensor out(x.rows, count);
    for (int row = 0; row < x.rows; ++row) {
      for (int i = 0; i < count; ++i) out.at(row, i) = x.at(row, first + i);
    }
    return out;
  }

  Tensor repeat_columns(const Tensor& x, int times) {
    Tensor out(x.rows, x.width * times);
    for (int row = 0; row < x.rows; ++row) {
      for (int i = 0; i < out.width; ++i) out.at(row, i) = x.at(row, i / times);
    }
    return out;
  }

  Tensor rows(const Tensor& x, const Indices& indices) {
    Tensor out(static_cast<int>(indices.size()), x.width);
    for (int row = 0; row < out.rows; ++row) {
      for (int i = 0; i < x.width; ++i)
        out.at(row, i) = x.at(indices[static_cast<std::size_t>(row)], i);
    }
    return out;
  }

  Tensor embed(network::ParameterId id, const Indices& indices) {
    return rows(parameter(id), indices);
  }

  Tensor concatenate(const Tensor& a, const Tensor& b) {
    Tensor out(a.rows + b.rows, a.width);
    std::copy(b.values.begin(), b.values.end(),
              std::copy(a.values.begin(), a.values.end(), out.values.begin()));
    return out;
  }

  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences) {
    Tensor out(sequences.count(), x.width);
    for (int sequence = 0; sequence < out.rows; ++sequence) {
      const int length = sequences.length(sequence);
      for (int i = 0; i < length; ++i) {
        for (int c = 0; c < x.width; ++c)
          out.at(sequence, c) += x.at(sequences.begin(sequence) + i, c) / length;
      }
    }
    return out;
  }

  Tensor mix_rows(const Tensor& x, const network::RowMixture& mixture) {
    Tensor out(mixture.count(), x.width);
    for (int row = 0; row < out.rows; ++row) {
      const auto place = static_cast<std::size_t>(row);
      for (auto k = static_cast<std::size_t>(mixture.offsets[place]);
           k < static_cast<std::size_t>(mixture.offsets[place + 1]); ++k) {
        for (int c = 0; c < x.width; ++c)
          out.at(row, c) += static_cast<double>(mixture.weights[k]) * x.at(mixture.rows[k], c);
      }
    }
    return out;
  }

  std::vector<network::NearestRow> nearest_rows(const Tensor& x, int heads,
                                                const network::Sequences& sequences) {
    std::vector<network::NearestRow> nearest;
    for (int sequence = 0; sequence < sequences.count(); ++sequence) {
      for (int even = 0; even < sequences.length(sequence); even += 2) {
        network::NearestRow best{.row = 0, .cosine = -2.0F};
        for (int odd = 1; odd < sequences.length(sequence); odd += 2) {
          const int begin = sequences.begin(sequence);
          const auto cosine = static_cast<float>(head_cosine(x, begin + even, begin + odd, heads));
          if (cosine > best.cosine) best = {.row = odd, .cosine = cosine};
        }
        nearest.push_back(best);
      }
    }
    return nearest;
  }

  Tensor add_constants(const Tensor& x, float factor, std::span<const float> constants) {
    Tensor out(x.rows, x.width);
    for (int row = 0; row < x.rows; ++row) {
      for (int i = 0; i < x.width; ++i)
        out.at(row, i) =
            factor * x.at(row, i) + constants[static_cast<std::size_t>(row * x.width + i)];
    }
    return out;
  }

  Tensor add(const Tensor& a, const Tensor& b) {
    Tensor out = a;
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += b.values[i];
    return out;
  }

  Tensor multiply(const Tensor& a, const Tensor& b) {
    Tensor out = a;
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= b.values[i];
    return out;
  }

  Tensor scale(const Tensor& x, network::ParameterId id) {
    Tensor out = x;
    for (int row = 0; row < x.rows; ++row) {
      for (int i = 0; i < x.width; ++i) out.at(row, i) *= parameter(id).at(0, i);
    }
    return out;
  }

  Map feature_map(const network::Pixels& pixels) {
    Map out{Tensor(pixels.batch * pixels.height * pixels.width, 3), pixels.batch, pixels.height,
            pixels.width};
    for (int row = 0; row < out.rows.rows; ++row) {
      const int place = row % (pixels.height * pixels.width);
      for (int channel = 0; channel < 3; ++channel)
        out.rows.at(row, channel) = pixel(pixels, row / (pixels.height * pixels.width), channel,
                                          place / pixels.width, place % pixels.width);
    }
    return out;
  }

  Map convolution(const Map& x, const network::Convolution& layer, Activation activation,
                  const Map* residual) {
    const int padding = (layer.kernel - 1) / 2;
    const int height = (x.height + 2 * padding - layer.kernel) / layer.stride + 1;
    const int width = (x.width + 2 * padding - layer.kernel) / layer.stride + 1;
    Map out{Tensor(x.batch * height * width, layer.outputs), x.batch, height, width};
    for (int row = 0; row < out.rows.rows; ++row) {
      for (int o = 0; o < layer.outputs; ++o) {
        const int top = row / width % height * layer.stride - padding;
        const int left = row % width * layer.stride - padding;
        double sum = window_sum(x, row / (height * width), top, left, layer, o);
        sum = layer.norm ? batch_norm(*layer.norm, o, sum) : sum + parameter(layer.bias).at(0, o);
        if (residual != nullptr) sum += residual->rows.at(row, o);
        out.rows.at(row, o) = activate(activation, sum);
      }
    }
    return out;
  }

  Map average_pool(const Map& x, int size, int stride) {
    Map out = places_of(x, size, stride, x.rows.width);
    std::vector<int> counts(static_cast<std::size_t>(out.rows.rows));
    for_each_seen(x, out, size, stride, [&](int row, int, int seen) {
      ++counts[static_cast<std::size_t>(row)];
      for (int c = 0; c < x.rows.width; ++c) out.rows.at(row, c) += x.rows.at(seen, c);
    });
    for (int row = 0; row < out.rows.rows; ++row) {
      for (int c = 0; c < x.rows.width; ++c)
        out.rows.at(row, c) /= counts[static_cast<std::size_t>(row)];
    }
    return out;
  }

  Map depthwise_convolution(const Map& x, const network::DepthwiseConvolution& layer) {
    Map out = places_of(x, layer.kernel, layer.stride, layer.channels);
    for (int row = 0; row < out.rows.rows; ++row) {
      for (int c = 0; c < layer.channels; ++c) out.rows.at(row, c) = parameter(layer.bias).at(0, c);
    }
    for_each_seen(x, out, layer.kernel, layer.stride, [&](int row, int i, int seen) {
      for (int c = 0; c < layer.channels; ++c)
        out.rows.at(row, c) += x.rows.at(seen, c) * parameter(layer.weight).at(c, i);
    });
    return out;
  }

  Tensor activate(const Tensor& x, Activation activation) {
    Tensor out = x;
    for (double& value : out.values) value = activate(activation, value);
    return out;
  }

  Map merge_places(const Map& x, int size) {
    const int height = x.height / size;
    const int width = x.width / size;
    Map out{Tensor(x.batch * height * width, x.rows.width * size * size), x.batch, height, width};
    for (int row = 0; row < out.rows.rows; ++row) {
      for (int i = 0; i < out.rows.width; ++i) {
        const int y = row / width % height * size + i / size % size;
        const int column = row % width * size + i % size;
        const int picture = row / (height * width);
        out.rows.at(row, i) =
            x.rows.at((picture * x.height + y) * x.width + column, i / (size * size));
      }
    }
    return out;
  }

  static double activate(Activation activation, double x) {
    switch (activation) {
      case Activation::none:
        return x;
      case Activation::relu:
        return x > 0.0 ? x : 0.0;
      case Activation::quick_gelu:
        return x / (1.0 + std::exp(-1.702 * x));
      case Activation::gelu:
        return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
      case Activation::gelu_tanh:
        return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
      case Activation::silu:
        return x / (1.0 + std::exp(-x));
      case Activation::sigmoid:
        return 1.0 / (1.0 + std::exp(-x));
    }
    return NAN;
  }

 private:
  const Tensor& parameter(network::ParameterId id) const {
    return parameters_.at(static_cast<std::size_t>(id));
  }

  static double pixel(const network::Pixels& pixels, int picture, int channel, int y, int x) {
    return pixels.data[((picture * 3 + channel) * pixels.height + y) * pixels.width + x];
  }

  static std::int32_t key_row(const Pattern& pattern, int sequence, int k) {
    const int place = pattern.keys.begin(sequence) + k;
    return pattern.key_rows.empty() ? place : pattern.key_rows.at(static_cast<std::size_t>(place));
  }

  /// Of a sequence's keys; zeros where a pattern has none.
  static std::vector<double> bias_of(const Pattern& pattern, int sequence) {
    std::vector<double> bias(static_cast<std::size_t>(pattern.keys.length(sequence)), 0.0);
    for (std::size_t i = 0; i < bias.size() && !pattern.key_bias.empty(); ++i)
      bias[i] = pattern.key_bias.at(static_cast<std::size_t>(pattern.keys.begin(sequence)) + i);
    return bias;
  }

  /// The cosine of the means of two rows over heads.
  static double head_cosine(const Tensor& x, int a, int b, int heads) {
    double product = 0.0;
    double square_a = 0.0;
    double square_b = 0.0;
    for (int i = 0; i < x.width / heads; ++i) {
      double sum_a = 0.0;
      double sum_b = 0.0;
      for (int c = i; c < x.width; c += x.width / heads) {
        sum_a += x.at(a, c);
        sum_b += x.at(b, c);
      }
      product += sum_a * sum_b;
      square_a += sum_a * sum_a;
      square_b += sum_b * sum_b;
    }
    return product / std::sqrt(square_a * square_b);
  }

  static void attend(const Tensor& query, const Tensor& key, const Tensor& value, int row,
                     const Indices& seen, const std::vector<double>& bias, int head, int width,
                     Tensor& out) {
    std::vector<double> weights;
    double sum = 0.0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      double score = 0.0;
      for (int c = head * width; c < (head + 1) * width; ++c)
        score += query.at(row, c) * key.at(seen[i], c);
      weights.push_back(std::exp(score / std::sqrt(width) + bias[i]));
      sum += weights.back();
    }
    for (int c = head * width; c < (head + 1) * width; ++c) {
      for (std::size_t i = 0; i < seen.size(); ++i)
        out.at(row, c) += weights[i] / sum * value.at(seen[i], c);
    }
  }

  /// A map of zeros, as a window of that size and stride leaves it.
  static Map places_of(const Map& x, int size, int stride, int channels) {
    const auto places = [=](int side) { return (side + 2 * ((size - 1) / 2) - size) / stride + 1; };
    const int height = places(x.height);
    const int width = places(x.width);
    return {Tensor(x.batch * height * width, channels), x.batch, height, width};
  }

  /// Calls visit(row of `out`, place in its window, row of `x` that is seen there) for what lies
  /// inside the picture.
  template <typename Visit>
  static void for_each_seen(const Map& x, const Map& out, int size, int stride,
                            const Visit& visit) {
    for (int row = 0; row < out.rows.rows; ++row) {
      const int picture = row / (out.height * out.width);
      for (int i = 0; i < size * size; ++i) {
        const int y = row / out.width % out.height * stride + i / size - (size - 1) / 2;
        const int column = row % out.width * stride + i % size - (size - 1) / 2;
        if (y < 0 || y >= x.height || column < 0 || column >= x.width) continue;
        visit(row, i, (picture * x.height + y) * x.width + column);
      }
    }
  }

  double window_sum(const Map& x, int picture, int top, int left, const network::Convolution& layer,
                    int output) const {
    double sum = 0.0;
    for (int ky = 0; ky < layer.kernel; ++ky) {
      for (int kx = 0; kx < layer.kernel; ++kx) {
        const int y = top + ky;
        const int column = left + kx;
        if (y < 0 || y >= x.height || column < 0 || column >= x.width) continue;
        for (int c = 0; c < layer.inputs; ++c)
          sum += x.rows.at((picture * x.height + y) * x.width + column, c) *
                 parameter(layer.weight).at(output, (c * layer.kernel + ky) * layer.kernel + kx);
      }
    }
    return sum;
  }

  double batch_norm(const network::BatchNorm& norm, int channel, double x) const {
    const double deviation =
        std::sqrt(parameter(norm.running_variance).at(0, channel) + norm.epsilon);
    return (x - parameter(norm.running_mean).at(0, channel)) / deviation *
               parameter(norm.weight).at(0, channel) +
           parameter(norm.bias).at(0, channel);
  }

  std::vector<Tensor> parameters_;
};
static_assert(network::Operations<NaiveOperations>);

}  // namespace diptych::test
