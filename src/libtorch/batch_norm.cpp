#include "libtorch/batch_norm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "kernels/batch_norm.h"

namespace diptych::libtorch {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// The rows that one thread sums at a time: parts of one size, whatever the number of threads.
constexpr std::int64_t kRowsInPart = 2048;

std::int64_t parts_of(const Tensor& rows) {
  return (rows.size(0) + kRowsInPart - 1) / kRowsInPart;
}

kernels::ChannelRows rows_of(const Tensor& rows, std::int64_t first, std::int64_t count) {
  const bool is_fp32 = rows.scalar_type() == torch::kFloat32;
  const std::size_t before = static_cast<std::size_t>(first * rows.size(1)) * rows.element_size();
  return {.values = static_cast<const std::byte*>(rows.const_data_ptr()) + before,
          .element = is_fp32 ? kernels::Element::fp32 : kernels::Element::bf16,
          .rows = static_cast<std::size_t>(count),
          .channels = static_cast<std::size_t>(rows.size(1))};
}

void* first_value(Tensor& rows, std::int64_t row) {
  return static_cast<std::byte*>(rows.mutable_data_ptr()) +
         static_cast<std::size_t>(row * rows.size(1)) * rows.element_size();
}

/// Calls body(first row, rows) for every part of the rows.
template <typename Body>
void for_parts(const Tensor& rows, const Body& body) {
  at::parallel_for(0, parts_of(rows), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin * kRowsInPart; first < end * kRowsInPart; first += kRowsInPart)
      body(first, std::min(kRowsInPart, rows.size(0) - first));
  });
}

/// Returns two sums a channel over all rows; body(first row, rows, sums) adds those of one part.
template <typename Body>
std::vector<double> summed(const Tensor& rows, const Body& body) {
  const auto width = 2 * static_cast<std::size_t>(rows.size(1));
  std::vector<double> parts(static_cast<std::size_t>(parts_of(rows)) * width, 0.0);
  for_parts(rows, [&](std::int64_t first, std::int64_t count) {
    body(first, count, parts.data() + static_cast<std::size_t>(first / kRowsInPart) * width);
  });
  std::vector<double> sums(width, 0.0);
  for (std::size_t i = 0; i < parts.size(); ++i) sums[i % width] += parts[i];
  return sums;
}

/// Of a batch's channels.
struct Statistics {
  Tensor mean;                   ///< float32 [channels]
  Tensor inverse_deviation;      ///< float32 [channels]
  std::vector<double> variance;  ///< biased
};

Statistics statistics_of(const Tensor& rows, double epsilon) {
  const auto channels = static_cast<std::size_t>(rows.size(1));
  const Tensor shift = rows[0].to(torch::kFloat32).contiguous();
  const std::vector<double> moments =
      summed(rows, [&](std::int64_t first, std::int64_t count, double* sums) {
        kernels::add_moments(rows_of(rows, first, count), shift.const_data_ptr<float>(), sums);
      });
  Statistics result{.mean = torch::empty_like(shift),
                    .inverse_deviation = torch::empty_like(shift),
                    .variance = std::vector<double>(channels)};
  const auto count = static_cast<double>(rows.size(0));
  for (std::size_t c = 0; c < channels; ++c) {
    const double offset = moments[c] / count;
    // Not below zero but by rounding; a NaN stays one.
    const double variance = moments[channels + c] / count - offset * offset;
    result.variance[c] = variance < 0.0 ? 0.0 : variance;
    result.mean.mutable_data_ptr<float>()[c] =
        static_cast<float>(shift.const_data_ptr<float>()[c] + offset);
    result.inverse_deviation.mutable_data_ptr<float>()[c] =
        static_cast<float>(1.0 / std::sqrt(result.variance[c] + epsilon));
  }
  return result;
}

void update(const RunningStatistics& running, const Statistics& batch, std::int64_t rows) {
  if (!running.mean.defined()) return;
  auto* means = running.mean.mutable_data_ptr<float>();
  auto* variances = running.variance.mutable_data_ptr<float>();
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  const auto moved = [&](float old, double value) {
    return static_cast<float>((1.0 - running.momentum) * old + running.momentum * value);
  };
  for (std::size_t c = 0; c < batch.variance.size(); ++c) {
    means[c] = moved(means[c], batch.mean.const_data_ptr<float>()[c]);
    variances[c] = moved(variances[c], batch.variance[c] * unbiased);
  }
}

Tensor normalised(const Tensor& rows, const Statistics& batch, const Tensor& weight,
                  const Tensor& bias) {
  const Tensor scale = batch.inverse_deviation * weight;
  Tensor out = torch::empty_like(rows);
  for_parts(rows, [&](std::int64_t first, std::int64_t count) {
    kernels::normalise_channels(rows_of(rows, first, count), batch.mean.const_data_ptr<float>(),
                                scale.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                                first_value(out, first));
  });
  return out;
}

/// The gradients of rows, weight and bias. With n rows, x' = (x - mean) / deviation and g the
/// gradient of the output: weight * (g - sum(g) / n - x' * sum(g * x') / n) / deviation.
tensor_list gradients_of(const Tensor& gradient, const Tensor& rows, const Tensor& mean,
                         const Tensor& inverse_deviation, const Tensor& weight) {
  const auto channels = static_cast<std::size_t>(rows.size(1));
  const auto* means = mean.const_data_ptr<float>();
  const std::vector<double> sums =
      summed(rows, [&](std::int64_t first, std::int64_t count, double* part) {
        kernels::add_gradient_sums(rows_of(gradient, first, count), rows_of(rows, first, count),
                                   means, part);
      });
  const auto n = static_cast<double>(rows.size(0));
  Tensor weight_gradient = torch::empty_like(mean);
  Tensor bias_gradient = torch::empty_like(mean);
  std::vector<float> scales(channels);
  std::vector<float> slopes(channels);
  std::vector<float> shifts(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double inverse = inverse_deviation.const_data_ptr<float>()[c];
    const double scale = inverse * weight.const_data_ptr<float>()[c];
    weight_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(sums[channels + c] * inverse);
    bias_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(sums[c]);
    scales[c] = static_cast<float>(scale);
    slopes[c] = static_cast<float>(-scale * inverse * inverse * sums[channels + c] / n);
    shifts[c] = static_cast<float>(-scale * sums[c] / n);
  }
  Tensor out = torch::empty_like(rows);
  for_parts(rows, [&](std::int64_t first, std::int64_t count) {
    kernels::normalisation_gradient(rows_of(gradient, first, count), rows_of(rows, first, count),
                                    means, scales.data(), slopes.data(), shifts.data(),
                                    first_value(out, first));
  });
  return {out, weight_gradient, bias_gradient};
}

class BatchNormFunction : public torch::autograd::Function<BatchNormFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& rows, const Tensor& weight,
                        const Tensor& bias, double epsilon, const RunningStatistics& running) {
    const Statistics batch = statistics_of(rows, epsilon);
    update(running, batch, rows.size(0));
    context->save_for_backward({rows, batch.mean, batch.inverse_deviation, weight});
    return normalised(rows, batch, weight, bias);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor& rows = saved[0];
    const Tensor gradient = gradients[0].to(rows.scalar_type()).contiguous();
    tensor_list result = gradients_of(gradient, rows, saved[1], saved[2], saved[3]);
    result.resize(5);
    return result;
  }
};

}  // namespace

bool takes_batch_norm(const Tensor& rows, const Tensor& weight) {
  return rows.is_cpu() && weight.scalar_type() == torch::kFloat32 &&
         (rows.scalar_type() == torch::kFloat32 || rows.scalar_type() == torch::kBFloat16);
}

Tensor batch_norm(const Tensor& rows, const Tensor& weight, const Tensor& bias, double epsilon,
                  const RunningStatistics& running) {
  ensure(takes_batch_norm(rows, weight) && rows.dim() == 2, "batch_norm: rows on the CPU");
  if (rows.size(0) < 2)
    fail(ErrorCode::invalid_argument,
         "batch normalisation: got {} value a channel, expected at least 2 to train on",
         rows.size(0));
  return BatchNormFunction::apply(rows.contiguous(), weight.contiguous(), bias.contiguous(),
                                  epsilon, running);
}

}  // namespace diptych::libtorch
