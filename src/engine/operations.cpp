#include "engine/operations.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "kernels/attention.h"
#include "kernels/depthwise.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/im2col.h"
#include "kernels/nearest_rows.h"
#include "kernels/norm.h"
#include "kernels/pixels.h"
#include "kernels/pooling.h"
#include "kernels/rotation.h"
#include "kernels/row_blocks.h"

namespace diptych::engine {
namespace {

kernels::Activation kernel_activation(network::Activation activation) {
  switch (activation) {
    case network::Activation::none:
      return kernels::Activation::none;
    case network::Activation::relu:
      return kernels::Activation::relu;
    case network::Activation::quick_gelu:
      return kernels::Activation::quick_gelu;
    case network::Activation::gelu:
      return kernels::Activation::gelu;
    case network::Activation::gelu_tanh:
      return kernels::Activation::gelu_tanh;
    case network::Activation::silu:
      return kernels::Activation::silu;
    case network::Activation::sigmoid:
      return kernels::Activation::sigmoid;
  }
  fail(ErrorCode::internal, "unknown activation {}", static_cast<int>(activation));
}

kernels::MapShape shape_of(const network::Pixels& pixels) {
  return {pixels.batch, pixels.height, pixels.width};
}

kernels::MapShape shape_of(const Operations::Map& map) {
  return {map.batch, map.height, map.width};
}

/// Rows [first, first + count).
kernels::MatrixView row_range(kernels::MatrixView x, int first, int count) {
  return {x.row(first), count, x.width, x.stride};
}

double bytes_of(std::size_t rows, int width) {
  return sizeof(float) * static_cast<double>(rows) * width;
}

double bytes_of(const Tensor& x) {
  return bytes_of(static_cast<std::size_t>(x.rows()), x.width());
}

double bytes_of(const network::Pixels& pixels) {
  return bytes_of(static_cast<std::size_t>(pixels.batch) * 3 * pixels.height, pixels.width);
}

/// A product's of `rows` rows.
OperationWork work_of(const kernels::PackedLinear& layer, int rows) {
  const auto weights = static_cast<std::size_t>(layer.words());
  return {.flops = 2.0 * rows * layer.inputs() * layer.outputs(),
          .bytes = bytes_of(static_cast<std::size_t>(rows), layer.inputs() + layer.outputs()) +
                   bytes_of(weights, layer.outputs()),
          .inputs = layer.inputs(),
          .outputs = layer.outputs()};
}

/// Attention's over rows of this width. A causal mask's zeros count half.
OperationWork work_of(const network::AttentionPattern& pattern, int width) {
  double rows = 0.0;
  double pairs = 0.0;
  for (int i = 0; i < pattern.queries.count(); ++i) {
    rows += 2.0 * (pattern.queries.length(i) + pattern.keys.length(i));
    pairs += static_cast<double>(pattern.queries.length(i)) * pattern.keys.length(i);
  }
  const double seen = pattern.mask == network::Mask::causal ? 0.5 : 1.0;
  return {.flops = 4.0 * seen * pairs * width, .bytes = sizeof(float) * rows * width};
}

/// out = activation(x W^T + b + residual) of rows in float32 or bf16; `residual` may be null.
template <typename View>
void multiply_into(const View& x, const kernels::PackedLinear& layer,
                   kernels::Activation activation, const Tensor* residual, const Tensor& out,
                   ThreadPool& pool) {
  kernels::ConstMatrixView added;
  if (residual != nullptr) added = residual->matrix();
  kernels::gemm(x, layer, activation, residual == nullptr ? nullptr : &added, out.matrix(), pool);
}

/// Copies all rows of `from` to those of `to` from `first` on.
void copy_rows(const Tensor& from, const Tensor& to, int first) {
  for (int i = 0; i < from.rows(); ++i) std::copy_n(from.row(i), from.width(), to.row(first + i));
}

}  // namespace

Operations::Indices Operations::indices(std::span<const std::int32_t> numbers) {
  return std::make_shared<const std::vector<std::int32_t>>(numbers.begin(), numbers.end());
}

Operations::Pattern Operations::pattern(network::AttentionPattern pattern) {
  return std::make_shared<const network::AttentionPattern>(std::move(pattern));
}

Operations::Rotation Operations::rotation(const network::RotaryTable& table,
                                          std::span<const std::int32_t> positions) {
  return {.table = &table, .positions = indices(positions)};
}

Tensor Operations::patches(const network::Pixels& pixels, int size) {
  const OperationTimer timer(observers_.profile, "patches", {.bytes = bytes_of(pixels)});
  const auto places = [size](const network::PictureSize& picture) {
    return (picture.height / size) * (picture.width / size);
  };
  int count = 0;
  for (int i = 0; i < pixels.batch; ++i) count += places(pixels.size(i));
  Tensor out = arena_.allocate(count, 3 * size * size);
  if (pixels.sizes.empty()) {
    kernels::patches(pixels.data, shape_of(pixels), size, out.matrix(), pool_);
    return out;
  }
  for (int i = 0, row = 0; i < pixels.batch; ++i) {
    const network::Pixels one = pixels.one(i);
    const int rows = places(pixels.size(i));
    kernels::patches(one.data, shape_of(one), size, row_range(out.matrix(), row, rows), pool_);
    row += rows;
  }
  return out;
}

Tensor Operations::layer_input(const Tensor& x, const network::Linear& layer) {
  if (observers_.layers != nullptr)
    observers_.layers->multiplies(layer.weight, weights_.linear(layer), x.matrix());
  const float* factors = weights_.input_factors(layer);
  if (factors == nullptr) return x;
  Tensor scaled = arena_.allocate(x.rows(), x.width());
  kernels::scale_columns(x.matrix(), factors, scaled.matrix(), pool_);
  return scaled;
}

Tensor Operations::linear(const Tensor& x, const network::Linear& layer,
                          network::Activation activation, const Tensor* residual) {
  const kernels::PackedLinear& packed = weights_.linear(layer);
  const OperationTimer timer(observers_.profile, "linear", work_of(packed, x.rows()));
  const Tensor input = layer_input(x, layer);
  Tensor out = arena_.allocate(x.rows(), layer.outputs);
  multiply_into(kernels::ConstMatrixView(input.matrix()), packed, kernel_activation(activation),
                residual, out, pool_);
  return out;
}

bool Operations::keeps_bf16_between(const network::Linear& in, const network::Linear& out) const {
  return kernels::multiplies_bf16(weights_.linear(in)) &&
         kernels::multiplies_bf16(weights_.linear(out)) && weights_.input_factors(out) == nullptr &&
         observers_.layers == nullptr;
}

Tensor Operations::mlp(const Tensor& x, const network::Linear& in, network::Activation activation,
                       const network::Linear& out, const Tensor* residual) {
  if (!keeps_bf16_between(in, out))
    return ComposedOperations::mlp(x, in, activation, out, residual);
  const kernels::PackedLinear& first = weights_.linear(in);
  const kernels::PackedLinear& second = weights_.linear(out);
  // Half as many floats hold the numbers; the padding of rows halves as well.
  const Tensor memory =
      arena_.allocate(x.rows(), kernels::words_for(in.outputs, kernels::Element::bf16));
  const kernels::Bf16MatrixView hidden{reinterpret_cast<std::uint16_t*>(memory.row(0)), x.rows(),
                                       in.outputs, 2 * memory.matrix().stride};
  {
    const OperationTimer timer(observers_.profile, "linear", work_of(first, x.rows()));
    kernels::gemm(layer_input(x, in).matrix(), first, kernel_activation(activation), hidden, pool_);
  }
  const OperationTimer timer(observers_.profile, "linear", work_of(second, x.rows()));
  Tensor result = arena_.allocate(x.rows(), out.outputs);
  multiply_into(kernels::ConstBf16MatrixView(hidden), second, kernels::Activation::none, residual,
                result, pool_);
  return result;
}

Tensor Operations::norm(const Tensor& x, const network::Norm& norm) {
  const OperationTimer timer(observers_.profile, "norm", {.bytes = 2 * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width());
  const float* weight = weights_.vector(norm.weight);
  if (norm.kind == network::NormKind::rms) {
    kernels::rms_norm(x.matrix(), weight, norm.epsilon, out.matrix(), pool_);
  } else {
    kernels::layer_norm(x.matrix(), weight, weights_.vector(norm.bias), norm.epsilon, out.matrix(),
                        pool_);
  }
  return out;
}

Tensor Operations::attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                             const Pattern& pattern) {
  const OperationTimer timer(
      observers_.profile, "attention",
      observers_.profile == nullptr ? OperationWork() : work_of(*pattern, query.width()));
  Tensor out = arena_.allocate(query.rows(), query.width());
  kernels::attention(query.matrix(), key.matrix(), value.matrix(), heads,
                     {.queries = pattern->queries.offsets,
                      .keys = pattern->keys.offsets,
                      .key_rows = pattern->key_rows,
                      .causal = pattern->mask == network::Mask::causal,
                      .key_bias = pattern->key_bias},
                     out.matrix(), pool_);
  return out;
}

Tensor Operations::rotate(const Tensor& x, const Rotation& rotation) {
  const OperationTimer timer(observers_.profile, "rotate", {.bytes = 2 * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width());
  const network::RotaryTable& table = *rotation.table;
  kernels::rotate_pairs(x.matrix(), table.cosines.data(), table.sines.data(), table.pairs,
                        *rotation.positions, out.matrix(), pool_);
  return out;
}

Tensor Operations::rows(const Tensor& x, const Indices& indices) {
  const OperationTimer timer(observers_.profile, "rows",
                             {.bytes = 2 * bytes_of(indices->size(), x.width())});
  Tensor out = arena_.allocate(static_cast<int>(indices->size()), x.width());
  for (int i = 0; i < out.rows(); ++i)
    std::copy_n(x.row((*indices)[static_cast<std::size_t>(i)]), x.width(), out.row(i));
  return out;
}

Tensor Operations::embed(network::ParameterId parameter, const Indices& indices) {
  const auto width =
      static_cast<std::size_t>(weights_.model().parameters.spec(parameter).shape.back());
  const OperationTimer timer(observers_.profile, "embed",
                             {.bytes = 2 * bytes_of(indices->size(), static_cast<int>(width))});
  Tensor out = arena_.allocate(static_cast<int>(indices->size()), static_cast<int>(width));
  for (int i = 0; i < out.rows(); ++i)
    weights_.read_row(parameter, (*indices)[static_cast<std::size_t>(i)], {out.row(i), width});
  return out;
}

Tensor Operations::concatenate(const Tensor& a, const Tensor& b) {
  const OperationTimer timer(observers_.profile, "concatenate",
                             {.bytes = 2 * (bytes_of(a) + bytes_of(b))});
  Tensor out = arena_.allocate(a.rows() + b.rows(), a.width());
  copy_rows(a, out, 0);
  copy_rows(b, out, a.rows());
  return out;
}

Tensor Operations::append_rows(const Tensor& cache, const Tensor& x) {
  const OperationTimer timer(observers_.profile, "append rows", {.bytes = 2 * bytes_of(x)});
  const int rows = cache.rows() + x.rows();
  Tensor out = cache.with_rows(rows);
  if (out.rows() < rows) {
    // Twice as much, so that a row is copied no more often than the memory has doubled.
    out = arena_.allocate_with_room(rows, cache.width(), 2 * rows);
    copy_rows(cache, out, 0);
  }
  copy_rows(x, out, cache.rows());
  return out;
}

Tensor Operations::mean_rows(const Tensor& x, const network::Sequences& sequences) {
  const OperationTimer timer(observers_.profile, "mean of rows", {.bytes = bytes_of(x)});
  Tensor out = arena_.allocate(sequences.count(), x.width());
  kernels::mean_rows(x.matrix(), sequences.offsets, out.matrix(), pool_);
  return out;
}

Tensor Operations::mix_rows(const Tensor& x, const network::RowMixture& mixture) {
  const OperationTimer timer(observers_.profile, "mix rows",
                             {.bytes = bytes_of(mixture.rows.size(), x.width())});
  Tensor out = arena_.allocate(mixture.count(), x.width());
  kernels::for_each_row(out.rows(), x.width(), pool_, [&](int row) {
    float* to = out.row(row);
    std::fill_n(to, x.width(), 0.0F);
    const auto place = static_cast<std::size_t>(row);
    for (auto k = static_cast<std::size_t>(mixture.offsets[place]);
         k < static_cast<std::size_t>(mixture.offsets[place + 1]); ++k) {
      const float* from = x.row(mixture.rows[k]);
      for (int i = 0; i < x.width(); ++i) to[i] += mixture.weights[k] * from[i];
    }
  });
  return out;
}

std::vector<network::NearestRow> Operations::nearest_rows(const Tensor& x, int heads,
                                                          const network::Sequences& sequences) {
  const OperationTimer timer(observers_.profile, "nearest rows", {.bytes = bytes_of(x)});
  std::size_t evens = 0;
  for (int i = 0; i < sequences.count(); ++i)
    evens += static_cast<std::size_t>((sequences.length(i) + 1) / 2);
  std::vector<std::int32_t> rows(evens);
  std::vector<float> cosines(evens);
  kernels::nearest_rows(x.matrix(), heads, sequences.offsets, {.rows = rows, .cosines = cosines},
                        pool_);
  std::vector<network::NearestRow> nearest(evens);
  for (std::size_t i = 0; i < evens; ++i) nearest[i] = {.row = rows[i], .cosine = cosines[i]};
  return nearest;
}

Tensor Operations::add(const Tensor& a, const Tensor& b) {
  const OperationTimer timer(observers_.profile, "add", {.bytes = 3 * bytes_of(a)});
  Tensor out = arena_.allocate(a.rows(), a.width());
  kernels::add(a.matrix(), b.matrix(), out.matrix(), pool_);
  return out;
}

Tensor Operations::add_constants(const Tensor& x, float factor, std::span<const float> constants) {
  const OperationTimer timer(observers_.profile, "add constants", {.bytes = 3 * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width());
  kernels::for_each_row(x.rows(), x.width(), pool_, [&](int row) {
    const float* from = x.row(row);
    const float* added = constants.data() + static_cast<std::ptrdiff_t>(row) * x.width();
    float* to = out.row(row);
    for (int i = 0; i < x.width(); ++i) to[i] = factor * from[i] + added[i];
  });
  return out;
}

Tensor Operations::multiply(const Tensor& a, const Tensor& b) {
  const OperationTimer timer(observers_.profile, "multiply", {.bytes = 3 * bytes_of(a)});
  Tensor out = arena_.allocate(a.rows(), a.width());
  kernels::multiply(a.matrix(), b.matrix(), out.matrix(), pool_);
  return out;
}

Tensor Operations::scale(const Tensor& x, network::ParameterId parameter) {
  const OperationTimer timer(observers_.profile, "scale", {.bytes = 2 * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width());
  kernels::scale_columns(x.matrix(), weights_.vector(parameter), out.matrix(), pool_);
  return out;
}

Tensor Operations::activate(const Tensor& x, network::Activation activation) {
  const OperationTimer timer(observers_.profile, "activate", {.bytes = 2 * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width());
  kernels::for_each_row(x.rows(), x.width(), pool_, [&](int row) {
    std::copy_n(x.row(row), x.width(), out.row(row));
    kernels::activate(kernel_activation(activation), row_range(out.matrix(), row, 1));
  });
  return out;
}

Operations::Map Operations::feature_map(const network::Pixels& pixels) {
  const OperationTimer timer(observers_.profile, "channels last", {.bytes = 2 * bytes_of(pixels)});
  const kernels::MapShape shape = shape_of(pixels);
  Map out{arena_.allocate(shape.rows(), 3), shape.batch, shape.height, shape.width};
  kernels::channels_last(pixels.data, shape, out.rows.matrix(), pool_);
  return out;
}

Operations::Map Operations::convolution(const Map& x, const network::Convolution& layer,
                                        network::Activation activation, const Map* residual) {
  // Neighbourhoods are laid out for this many floats of places at a time: they stay in cache until
  // the product has read them.
  constexpr int kSlabFloats = 1 << 20;
  const kernels::SlidingWindow window{layer.kernel, layer.stride};
  const kernels::MapShape shape = window.output(shape_of(x));
  const kernels::PackedLinear& packed = weights_.convolution(layer);
  const OperationTimer timer(observers_.profile, "convolution", work_of(packed, shape.rows()));
  Map out{arena_.allocate(shape.rows(), layer.outputs), shape.batch, shape.height, shape.width};
  const bool pointwise = layer.kernel == 1 && layer.stride == 1;
  const int slab_rows =
      pointwise ? shape.rows() : std::clamp(kSlabFloats / packed.inputs(), 1, shape.rows());
  const Tensor slab = pointwise ? x.rows : arena_.allocate(slab_rows, packed.inputs());
  for (int first = 0; first < shape.rows(); first += slab_rows) {
    const int count = std::min(slab_rows, shape.rows() - first);
    const kernels::MatrixView places = row_range(slab.matrix(), 0, count);
    if (!pointwise) kernels::im2col(x.rows.matrix(), shape_of(x), window, first, places, pool_);
    if (observers_.layers != nullptr) observers_.layers->multiplies(layer.weight, packed, places);
    kernels::ConstMatrixView added;
    if (residual != nullptr) added = row_range(residual->rows.matrix(), first, count);
    kernels::gemm(places, packed, kernel_activation(activation),
                  residual == nullptr ? nullptr : &added,
                  row_range(out.rows.matrix(), first, count), pool_);
  }
  return out;
}

Operations::Map Operations::average_pool(const Map& x, int size, int stride) {
  const OperationTimer timer(observers_.profile, "average pool", {.bytes = bytes_of(x.rows)});
  const kernels::SlidingWindow window{size, stride};
  const kernels::MapShape shape = window.output(shape_of(x));
  Map out{arena_.allocate(shape.rows(), x.rows.width()), shape.batch, shape.height, shape.width};
  kernels::average_pool(x.rows.matrix(), shape_of(x), window, out.rows.matrix(), pool_);
  return out;
}

Operations::Map Operations::depthwise_convolution(const Map& x,
                                                  const network::DepthwiseConvolution& layer) {
  const kernels::SlidingWindow window{layer.kernel, layer.stride};
  const kernels::MapShape shape = window.output(shape_of(x));
  const OperationTimer timer(
      observers_.profile, "depthwise convolution",
      {.flops = 2.0 * shape.rows() * x.rows.width() * layer.kernel * layer.kernel,
       .bytes = bytes_of(x.rows) + bytes_of(shape.rows(), x.rows.width())});
  Map out{arena_.allocate(shape.rows(), x.rows.width()), shape.batch, shape.height, shape.width};
  kernels::depthwise_convolution(x.rows.matrix(), shape_of(x), window, weights_.windows(layer),
                                 weights_.vector(layer.bias), out.rows.matrix(), pool_);
  return out;
}

Operations::Map Operations::merge_places(const Map& x, int size) {
  const OperationTimer timer(observers_.profile, "merge places", {.bytes = 2 * bytes_of(x.rows)});
  const kernels::MapShape shape{x.batch, x.height / size, x.width / size};
  Map out{arena_.allocate(shape.rows(), x.rows.width() * size * size), shape.batch, shape.height,
          shape.width};
  kernels::merge_places(x.rows.matrix(), shape_of(x), size, out.rows.matrix(), pool_);
  return out;
}

Tensor Operations::repeat_columns(const Tensor& x, int times) {
  const OperationTimer timer(observers_.profile, "repeat columns",
                             {.bytes = (1.0 + times) * bytes_of(x)});
  Tensor out = arena_.allocate(x.rows(), x.width() * times);
  kernels::for_each_row(x.rows(), out.width(), pool_, [&](int row) {
    float* to = out.row(row);
    for (int i = 0; i < x.width(); ++i) to = std::fill_n(to, times, x.row(row)[i]);
  });
  return out;
}

}  // namespace diptych::engine
