#include "libtorch/operations.h"

#include "base/error.h"

namespace diptych::libtorch {

struct Operations::AttentionRuns {
  /// A run of neighbouring sequences of one length: attention over it needs no padding.
  struct Run {
    int first;
    int count;
    int query_length;
    int key_length;
    /// Which keys the queries see, [query length, key length], or what is added to their scores,
    /// [count, 1, 1, key length]; undefined: all and nothing, or those that SDPA's own causal mask
    /// shows.
    Tensor mask;
  };

  network::Sequences queries;
  network::Sequences keys;
  std::vector<Run> runs;
  Tensor key_rows;  ///< undefined: they lie one after the other
  bool causal = false;
};

namespace {

using Run = Operations::AttentionRuns::Run;
using network::Activation;
using network::Mask;
using network::Sequences;
using torch::Tensor;

/// The momentum of PyTorch's running statistics, which the reference trains with.
constexpr double kBatchNormMomentum = 0.1;

Tensor activated(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return torch::relu(x);
    case Activation::quick_gelu:
      return x * torch::sigmoid(1.702 * x);
    case Activation::gelu:
      return torch::gelu(x);
    case Activation::gelu_tanh:
      return torch::gelu(x, "tanh");
    case Activation::silu:
      return torch::silu(x);
    case Activation::sigmoid:
      return torch::sigmoid(x);
  }
  fail(ErrorCode::internal, "unknown activation {}", static_cast<int>(activation));
}

/// In inference weights may be in half precision, and pictures and constants then become so.
Tensor in_type_of(const Tensor& weight, const Tensor& x) {
  return weight.scalar_type() == torch::kFloat32 ? x : x.to(weight.scalar_type());
}

Tensor add_residual(const Tensor& x, const Tensor* residual) {
  return residual == nullptr ? x : x + *residual;
}

/// Channels-last pictures as libtorch wants them, [batch, channels, height, width]: a view, nothing
/// moves.
Tensor as_pictures(const network::FeatureMap<Tensor>& map) {
  return map.rows.view({map.batch, map.height, map.width, map.rows.size(1)}).permute({0, 3, 1, 2});
}

network::FeatureMap<Tensor> as_feature_map(const Tensor& pictures) {
  const Tensor channels_last = pictures.permute({0, 2, 3, 1}).contiguous();
  return {.rows = channels_last.view({-1, channels_last.size(3)}),
          .batch = static_cast<int>(pictures.size(0)),
          .height = static_cast<int>(pictures.size(2)),
          .width = static_cast<int>(pictures.size(3))};
}

std::vector<Run> equal_length_runs(const Sequences& queries, const Sequences& keys) {
  std::vector<Run> runs;
  for (int i = 0; i < queries.count(); ++i) {
    const int query_length = queries.length(i);
    const int key_length = keys.length(i);
    if (!runs.empty() && runs.back().query_length == query_length &&
        runs.back().key_length == key_length) {
      ++runs.back().count;
    } else {
      runs.push_back({.first = i,
                      .count = 1,
                      .query_length = query_length,
                      .key_length = key_length,
                      .mask = {}});
    }
  }
  return runs;
}

/// Rows of `count` sequences of `length`, from row `begin` on, as [count, heads, length, head
/// width].
Tensor split_heads(const Tensor& x, int begin, int count, int length, int heads) {
  const std::int64_t head_width = x.size(1) / heads;
  return x.narrow(0, begin, count * length)
      .view({count, length, heads, head_width})
      .transpose(1, 2);
}

/// What is added to the scores of a run's keys, [count, 1, 1, key length].
Tensor key_bias(const network::AttentionPattern& pattern, const Run& run, torch::Device device) {
  const float* first = pattern.key_bias.data() + pattern.keys.begin(run.first);
  const Tensor host = torch::from_blob(const_cast<float*>(first), {run.count, 1, 1, run.key_length},
                                       torch::kFloat32);
  return host.to(device, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
}

/// A mask in the type that SDPA wants: what is added to scores is of the queries' type.
Tensor mask_for(const Tensor& mask, const Tensor& query) {
  return mask.scalar_type() == torch::kBool ? mask : mask.to(query.scalar_type());
}

/// A host's numbers as a tensor that shares their memory.
Tensor view_of(std::span<const std::int32_t> numbers) {
  return torch::from_blob(const_cast<std::int32_t*>(numbers.data()),
                          {static_cast<std::int64_t>(numbers.size())}, torch::kInt32);
}

/// Whether memory that only `cache` uses holds so many rows.
bool has_room(const Tensor& cache, std::int64_t rows) {
  const auto bytes = static_cast<std::size_t>(rows * cache.size(1)) * cache.element_size();
  return cache.is_contiguous() && cache.storage_offset() == 0 && cache.storage().nbytes() >= bytes;
}

}  // namespace

Operations::Indices Operations::indices(std::span<const std::int32_t> numbers) const {
  return view_of(numbers).to(device(), torch::kInt64);
}

Operations::Pattern Operations::pattern(const network::AttentionPattern& pattern) const {
  auto made = std::make_shared<AttentionRuns>();
  made->queries = pattern.queries;
  made->keys = pattern.keys;
  made->runs = equal_length_runs(pattern.queries, pattern.keys);
  made->causal = pattern.mask == Mask::causal;
  if (!pattern.key_rows.empty()) made->key_rows = indices(pattern.key_rows);
  for (Run& run : made->runs) {
    // SDPA's own mask has the first query see the first key alone.
    const int before = run.key_length - run.query_length;
    if (made->causal && before > 0)
      run.mask = torch::ones({run.query_length, run.key_length},
                             torch::TensorOptions(torch::kBool).device(device()))
                     .tril(before);
    if (!pattern.key_bias.empty()) run.mask = key_bias(pattern, run, device());
  }
  return made;
}

Operations::Rotation Operations::rotation(const network::RotaryTable& table,
                                          std::span<const std::int32_t> positions) const {
  const Tensor at = indices(positions);
  const auto angles = [&](const std::vector<float>& values) {
    const Tensor host = torch::from_blob(const_cast<float*>(values.data()),
                                         {table.rows, table.pairs}, torch::kFloat32);
    return host.to(device()).index_select(0, at).unsqueeze(1);
  };
  return {.cosine = angles(table.cosines), .sine = angles(table.sines)};
}

std::vector<Tensor> Operations::parameters_of(const std::set<network::ParameterId>& ids) const {
  std::vector<Tensor> result;
  for (const network::ParameterId id : ids)
    result.push_back(parameters_[static_cast<std::size_t>(id)]);
  return result;
}

Tensor Operations::whole_of(network::ParameterId id, const Tensor& parameter) const {
  const Sharding& sharding = (*options_.shardings)[static_cast<std::size_t>(id)];
  if (wholes_ == nullptr || !sharding) return sharding.whole_of(parameter);
  Tensor& whole = (*wholes_)[id];
  if (!whole.defined()) whole = sharding.whole_of(parameter);
  return whole;
}

Tensor Operations::on_device(const network::Pixels& pixels) const {
  const Tensor host =
      torch::from_blob(const_cast<float*>(pixels.data),
                       {pixels.batch, 3, pixels.height, pixels.width}, torch::kFloat32);
  return host.to(device(), torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
}

Tensor Operations::patches(const network::Pixels& pixels, int size) {
  if (!pixels.sizes.empty()) {
    std::vector<Tensor> pictures;
    for (int i = 0; i < pixels.batch; ++i) pictures.push_back(patches(pixels.one(i), size));
    return torch::cat(pictures);
  }
  const std::int64_t rows = pixels.height / size;
  const std::int64_t columns = pixels.width / size;
  return on_device(pixels)
      .narrow(2, 0, rows * size)
      .narrow(3, 0, columns * size)
      .reshape({pixels.batch, 3, rows, size, columns, size})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({pixels.batch * rows * columns, 3 * size * size});
}

Tensor Operations::linear(const Tensor& x, const network::Linear& layer, Activation activation,
                          const Tensor* residual) {
  const Tensor weight = parameter(layer.weight);
  Tensor y;
  if (layer.transposed) {
    y = in_type_of(weight, x).matmul(weight);
  } else {
    const Tensor matrix =
        weight.view({weight.size(0), -1}).narrow(0, layer.first_output, layer.outputs);
    const Tensor bias = layer.bias == network::kAbsent
                            ? Tensor()
                            : parameter(layer.bias).narrow(0, layer.first_bias, layer.outputs);
    y = torch::nn::functional::linear(in_type_of(weight, x), matrix, bias);
  }
  return activated(add_residual(y, residual), activation);
}

Tensor Operations::norm(const Tensor& x, const network::Norm& norm) {
  if (norm.kind == network::NormKind::rms) {
    // Squares of half-precision values overflow: in float32, whatever autocast says, as the
    // reference.
    const Tensor wide = x.to(torch::kFloat32);
    const Tensor mean_square = wide.square().mean(-1, /*keepdim=*/true);
    const Tensor weight = parameter(norm.weight);
    return in_type_of(weight, wide * torch::rsqrt(mean_square + norm.epsilon) * weight);
  }
  return torch::layer_norm(x, {norm.width}, parameter(norm.weight), parameter(norm.bias),
                           norm.epsilon);
}

Tensor Operations::attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                             const Pattern& pattern) {
  const bool in_order = !pattern->key_rows.defined();
  const Tensor keys = in_order ? key : rows(key, pattern->key_rows);
  const Tensor values = in_order ? value : rows(value, pattern->key_rows);
  std::vector<Tensor> outputs;
  for (const Run& run : pattern->runs) {
    const int query_begin = pattern->queries.begin(run.first);
    const int key_begin = pattern->keys.begin(run.first);
    const Tensor attended = torch::scaled_dot_product_attention(
        split_heads(query, query_begin, run.count, run.query_length, heads),
        split_heads(keys, key_begin, run.count, run.key_length, heads),
        split_heads(values, key_begin, run.count, run.key_length, heads),
        run.mask.defined() ? std::optional(mask_for(run.mask, query)) : std::nullopt,
        /*dropout_p=*/0.0, /*is_causal=*/pattern->causal && !run.mask.defined());
    outputs.push_back(
        attended.transpose(1, 2).reshape({run.count * run.query_length, query.size(1)}));
  }
  return outputs.size() == 1 ? outputs.front() : torch::cat(outputs);
}

Tensor Operations::rotate(const Tensor& x, const Rotation& rotation) {
  const Tensor pairs = x.reshape({x.size(0), -1, rotation.cosine.size(2), 2});
  const Tensor a = pairs.select(-1, 0);
  const Tensor b = pairs.select(-1, 1);
  return torch::stack(
             {a * rotation.cosine - b * rotation.sine, b * rotation.cosine + a * rotation.sine}, -1)
      .reshape(x.sizes())
      .to(x.dtype());
}

Tensor Operations::add_constants(const Tensor& x, float factor, std::span<const float> constants) {
  const Tensor host =
      torch::from_blob(const_cast<float*>(constants.data()), x.sizes(), torch::kFloat32);
  return (factor * x + host.to(device())).to(x.dtype());
}

Tensor Operations::embed(network::ParameterId id, const Indices& indices) {
  const Tensor table = parameter(id);
  return torch::embedding(table.dim() == 1 ? table.unsqueeze(0) : table, indices);
}

Tensor Operations::append_rows(const Tensor& cache, const Tensor& x) {
  const std::int64_t before = cache.size(0);
  const std::int64_t rows = before + x.size(0);
  Tensor out;
  if (has_room(cache, rows)) {
    out = cache.as_strided({rows, cache.size(1)}, cache.strides());
  } else {
    // Twice as much, so that a row is copied no more often than the memory has doubled.
    out = torch::empty({2 * rows, cache.size(1)}, cache.options()).narrow(0, 0, rows);
    out.narrow(0, 0, before).copy_(cache);
  }
  out.narrow(0, before, x.size(0)).copy_(x);
  return out;
}

Tensor Operations::mean_rows(const Tensor& x, const Sequences& sequences) {
  std::vector<Tensor> means;
  for (const Run& run : equal_length_runs(sequences, sequences)) {
    means.push_back(x.narrow(0, sequences.begin(run.first), run.count * run.key_length)
                        .view({run.count, run.key_length, x.size(1)})
                        .mean(1));
  }
  return torch::cat(means);
}

Tensor Operations::mix_rows(const Tensor& x, const network::RowMixture& mixture) {
  // PyTorch's offsets are of the bags' beginnings.
  const auto beginnings = std::span(mixture.offsets).first(mixture.offsets.size() - 1);
  const Tensor weights = torch::from_blob(const_cast<float*>(mixture.weights.data()),
                                          {std::ssize(mixture.weights)}, torch::kFloat32)
                             .to(device(), x.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  constexpr std::int64_t kSum = 0;
  return std::get<0>(torch::embedding_bag(x, indices(mixture.rows), indices(beginnings),
                                          /*scale_grad_by_freq=*/false, kSum, /*sparse=*/false,
                                          weights));
}

std::vector<network::NearestRow> Operations::nearest_rows(const Tensor& x, int heads,
                                                          const Sequences& sequences) {
  // Even and odd places alternate.
  constexpr int kStep = 2;
  std::vector<network::NearestRow> nearest;
  for (const Run& run : equal_length_runs(sequences, sequences)) {
    const Tensor means = x.narrow(0, sequences.begin(run.first), run.count * run.key_length)
                             .view({run.count, run.key_length, heads, x.size(1) / heads})
                             .to(torch::kFloat32)
                             .mean(2);
    const std::int64_t evens = (run.key_length + 1) / kStep;
    if (run.key_length < kStep) {
      nearest.resize(nearest.size() + static_cast<std::size_t>(run.count * evens));
      continue;
    }
    const Tensor unit = means / means.norm(2, -1, /*keepdim=*/true);
    const Tensor cosines = unit.slice(1, 0, run.key_length, kStep)
                               .matmul(unit.slice(1, 1, run.key_length, kStep).transpose(1, 2));
    constexpr double kNothingNear = -2.0;
    const auto [closest, places] = torch::nan_to_num(cosines, kNothingNear).max(-1);
    const Tensor values = closest.to(torch::kCPU).contiguous();
    const Tensor numbers = places.to(torch::kCPU).contiguous();
    for (std::int64_t i = 0; i < run.count * evens; ++i) {
      const float cosine = values.const_data_ptr<float>()[i];
      const auto odd = static_cast<std::int32_t>(numbers.const_data_ptr<std::int64_t>()[i]);
      const bool none = cosine == static_cast<float>(kNothingNear);
      nearest.push_back({.row = none ? 0 : kStep * odd + 1, .cosine = cosine});
    }
  }
  return nearest;
}

Tensor Operations::activate(const Tensor& x, Activation activation) {
  return activated(x, activation);
}

Operations::FeatureMap Operations::feature_map(const network::Pixels& pixels) {
  return as_feature_map(on_device(pixels));
}

Operations::FeatureMap Operations::convolution(const FeatureMap& x,
                                               const network::Convolution& layer,
                                               Activation activation, const FeatureMap* residual) {
  const Tensor bias = layer.bias == network::kAbsent ? Tensor() : parameter(layer.bias);
  const Tensor weight = parameter(layer.weight);
  const Tensor convolved = torch::conv2d(in_type_of(weight, as_pictures(x)), weight, bias,
                                         layer.stride, (layer.kernel - 1) / 2);
  FeatureMap result = as_feature_map(convolved);
  if (layer.norm) result.rows = normalised(result.rows, *layer.norm);
  result.rows = activated(
      add_residual(result.rows, residual == nullptr ? nullptr : &residual->rows), activation);
  return result;
}

Tensor Operations::normalised(const Tensor& rows, const network::BatchNorm& norm) {
  const Tensor weight = parameter(norm.weight);
  const Tensor bias = parameter(norm.bias);
  const bool uses_running = !options_.training || updates_statistics_;
  const RunningStatistics running = {
      .mean = uses_running ? parameter(norm.running_mean) : Tensor(),
      .variance = uses_running ? parameter(norm.running_variance) : Tensor(),
      .momentum = kBatchNormMomentum};
  if (options_.training && takes_batch_norm(rows, weight))
    return batch_norm(rows, weight, bias, norm.epsilon, running, options_.statistics);
  ensure(!options_.training || options_.statistics.group == nullptr,
         "batch statistics that processes share: on the CPU");
  return torch::batch_norm(rows, weight, bias, running.mean, running.variance, options_.training,
                           kBatchNormMomentum, norm.epsilon, /*cudnn_enabled=*/true);
}

Operations::FeatureMap Operations::average_pool(const FeatureMap& x, int size, int stride) {
  return as_feature_map(torch::avg_pool2d(as_pictures(x), size, stride, (size - 1) / 2,
                                          /*ceil_mode=*/false, /*count_include_pad=*/false));
}

Operations::FeatureMap Operations::depthwise_convolution(
    const FeatureMap& x, const network::DepthwiseConvolution& layer) {
  return as_feature_map(torch::conv2d(as_pictures(x), parameter(layer.weight),
                                      parameter(layer.bias), layer.stride, (layer.kernel - 1) / 2,
                                      /*dilation=*/1, /*groups=*/layer.channels));
}

Operations::FeatureMap Operations::merge_places(const FeatureMap& x, int size) {
  const std::int64_t channels = x.rows.size(1);
  const int height = x.height / size;
  const int width = x.width / size;
  const Tensor squares = x.rows.view({x.batch, x.height, x.width, channels})
                             .narrow(1, 0, height * size)
                             .narrow(2, 0, width * size)
                             .reshape({x.batch, height, size, width, size, channels})
                             .permute({0, 1, 3, 5, 2, 4});
  return {.rows = squares.reshape({-1, channels * size * size}),
          .batch = x.batch,
          .height = height,
          .width = width};
}

static_assert(network::Operations<Operations>);

}  // namespace diptych::libtorch
