#include "libtorch/batch_norm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
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

/// Of the channels of some rows.
struct Moments {
  double rows = 0.0;
  std::vector<double> means;
  std::vector<double> variances;  ///< biased
};

Moments moments_of(const Tensor& rows) {
  const auto channels = static_cast<std::size_t>(rows.size(1));
  const Tensor shift = rows[0].to(torch::kFloat32).contiguous();
  const std::vector<double> sums =
      summed(rows, [&](std::int64_t first, std::int64_t count, double* part) {
        kernels::add_moments(rows_of(rows, first, count), shift.const_data_ptr<float>(), part);
      });
  Moments result{.rows = static_cast<double>(rows.size(0)),
                 .means = std::vector<double>(channels),
                 .variances = std::vector<double>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double offset = sums[c] / result.rows;
    // Not below zero but by rounding; a NaN stays one.
    const double variance = sums[channels + c] / result.rows - offset * offset;
    result.variances[c] = variance < 0.0 ? 0.0 : variance;
    result.means[c] = shift.const_data_ptr<float>()[c] + offset;
  }
  return result;
}

/// One row of numbers: how many rows, the means, the variances.
Tensor packed(const Moments& moments) {
  std::vector<double> numbers = {moments.rows};
  numbers.insert(numbers.end(), moments.means.begin(), moments.means.end());
  numbers.insert(numbers.end(), moments.variances.begin(), moments.variances.end());
  return torch::tensor(numbers, torch::kFloat64).unsqueeze(0);
}

/// Those of the rows of all processes, from theirs. What does not count has no say, not even as a
/// NaN.
Moments joined(const Moments& own, const ProcessGroup& group) {
  const std::size_t channels = own.means.size();
  const std::vector<std::int64_t> one_each(static_cast<std::size_t>(group.world()), 1);
  const Tensor gathered = group.gathered(packed(own), one_each);
  const auto* numbers = gathered.const_data_ptr<double>();
  const auto width = static_cast<std::size_t>(gathered.size(1));
  Moments all{.means = std::vector<double>(channels), .variances = std::vector<double>(channels)};
  const auto add = [&](const auto& of_channel) {
    for (std::size_t i = 0; i < one_each.size(); ++i) {
      const double* const its = numbers + i * width;
      for (std::size_t c = 0; c < channels && its[0] > 0.0; ++c)
        of_channel(c, its[0] / all.rows, its[1 + c], its[1 + channels + c]);
    }
  };
  for (std::size_t i = 0; i < one_each.size(); ++i) all.rows += numbers[i * width];
  add([&](std::size_t c, double share, double mean, double /*variance*/) {
    all.means[c] += share * mean;
  });
  add([&](std::size_t c, double share, double mean, double variance) {
    const double away = mean - all.means[c];
    all.variances[c] += share * (variance + away * away);
  });
  return all;
}

Moments moments_of(const Tensor& rows, const StatisticsShare& share) {
  Moments moments = moments_of(rows);
  if (!share.counts) moments.rows = 0.0;
  if (share.group != nullptr) moments = joined(moments, *share.group);
  if (moments.rows >= 2.0) return moments;
  fail(ErrorCode::invalid_argument,
       "batch normalisation: got {} value a channel, expected at least 2 to train on",
       moments.rows);
}

/// What a batch is normalised with, float32 [channels].
struct Statistics {
  Tensor mean;
  Tensor inverse_deviation;
};

Statistics statistics_of(const Moments& moments, double epsilon) {
  const auto channels = static_cast<std::int64_t>(moments.means.size());
  Statistics result{.mean = torch::empty(channels, torch::kFloat32),
                    .inverse_deviation = torch::empty(channels, torch::kFloat32)};
  for (std::size_t c = 0; c < moments.means.size(); ++c) {
    result.mean.mutable_data_ptr<float>()[c] = static_cast<float>(moments.means[c]);
    result.inverse_deviation.mutable_data_ptr<float>()[c] =
        static_cast<float>(1.0 / std::sqrt(moments.variances[c] + epsilon));
  }
  return result;
}

void update(const RunningStatistics& running, const Moments& batch) {
  if (!running.mean.defined()) return;
  auto* means = running.mean.mutable_data_ptr<float>();
  auto* variances = running.variance.mutable_data_ptr<float>();
  const double unbiased = batch.rows / (batch.rows - 1.0);
  const auto moved = [&](float old, double value) {
    return static_cast<float>((1.0 - running.momentum) * old + running.momentum * value);
  };
  for (std::size_t c = 0; c < batch.means.size(); ++c) {
    // The mean as it is normalised with.
    means[c] = moved(means[c], static_cast<float>(batch.means[c]));
    variances[c] = moved(variances[c], batch.variances[c] * unbiased);
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

/// What the way back through a batch's normalisation goes by.
struct WayBack : torch::CustomClassHolder {
  StatisticsShare share;
  double rows = 0.0;  ///< of all processes
};

/// The sums over all processes' rows.
std::vector<double> joined(std::vector<double> own, const StatisticsShare& share) {
  if (share.group == nullptr) return own;
  share.group->sum(torch::from_blob(own.data(), std::ssize(own), torch::kFloat64));
  return own;
}

/// A batch that was normalised, and with what.
struct Normalised {
  const Tensor& rows;
  const Tensor& mean;
  const Tensor& inverse_deviation;
  const Tensor& weight;
};

/// The gradient of the rows. With n rows, x' = (x - mean) / deviation and g the gradient of the
/// output: weight * (g - sum(g) / n - x' * sum(g * x') / n) / deviation.
Tensor gradient_of_rows(const Tensor& gradient, const Normalised& batch, double n,
                        const std::vector<double>& sums) {
  const std::size_t channels = sums.size() / 2;
  std::vector<float> scales(channels);
  std::vector<float> slopes(channels);
  std::vector<float> shifts(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double inverse = batch.inverse_deviation.const_data_ptr<float>()[c];
    const double scale = inverse * batch.weight.const_data_ptr<float>()[c];
    scales[c] = static_cast<float>(scale);
    slopes[c] = static_cast<float>(-scale * inverse * inverse * sums[channels + c] / n);
    shifts[c] = static_cast<float>(-scale * sums[c] / n);
  }
  Tensor out = torch::empty_like(batch.rows);
  for_parts(out, [&](std::int64_t first, std::int64_t count) {
    kernels::normalisation_gradient(rows_of(gradient, first, count),
                                    rows_of(batch.rows, first, count),
                                    batch.mean.const_data_ptr<float>(), scales.data(),
                                    slopes.data(), shifts.data(), first_value(out, first));
  });
  return out;
}

/// The gradients of rows, weight and bias.
tensor_list gradients_of(const Tensor& gradient, const Normalised& batch, const WayBack& way) {
  const auto channels = static_cast<std::size_t>(batch.rows.size(1));
  Tensor weight_gradient = torch::zeros_like(batch.mean);
  Tensor bias_gradient = torch::zeros_like(batch.mean);
  if (!way.share.counts) {
    joined(std::vector<double>(2 * channels, 0.0), way.share);
    return {torch::zeros_like(batch.rows), weight_gradient, bias_gradient};
  }
  const std::vector<double> own = summed(batch.rows, [&](std::int64_t first, std::int64_t count,
                                                         double* part) {
    kernels::add_gradient_sums(rows_of(gradient, first, count), rows_of(batch.rows, first, count),
                               batch.mean.const_data_ptr<float>(), part);
  });
  for (std::size_t c = 0; c < channels; ++c) {
    const double inverse = batch.inverse_deviation.const_data_ptr<float>()[c];
    weight_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(own[channels + c] * inverse);
    bias_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(own[c]);
  }
  return {gradient_of_rows(gradient, batch, way.rows, joined(own, way.share)), weight_gradient,
          bias_gradient};
}

class BatchNormFunction : public torch::autograd::Function<BatchNormFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& rows, const Tensor& weight,
                        const Tensor& bias, double epsilon, const RunningStatistics& running,
                        const StatisticsShare& share) {
    const Moments moments = moments_of(rows, share);
    const Statistics batch = statistics_of(moments, epsilon);
    update(running, moments);
    auto way = c10::make_intrusive<WayBack>();
    way->share = share;
    way->rows = moments.rows;
    context->save_for_backward({rows, batch.mean, batch.inverse_deviation, weight});
    context->saved_data["way"] = c10::IValue::make_capsule(std::move(way));
    return normalised(rows, batch, weight, bias);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const auto capsule = context->saved_data["way"].toCapsule();
    const Tensor& rows = saved[0];
    const Tensor gradient = gradients[0].to(rows.scalar_type()).contiguous();
    tensor_list result = gradients_of(gradient, {rows, saved[1], saved[2], saved[3]},
                                      static_cast<const WayBack&>(*capsule));
    result.resize(6);
    return result;
  }
};

}  // namespace

bool takes_batch_norm(const Tensor& rows, const Tensor& weight) {
  return rows.is_cpu() && weight.scalar_type() == torch::kFloat32 &&
         (rows.scalar_type() == torch::kFloat32 || rows.scalar_type() == torch::kBFloat16);
}

Tensor batch_norm(const Tensor& rows, const Tensor& weight, const Tensor& bias, double epsilon,
                  const RunningStatistics& running, const StatisticsShare& share) {
  ensure(takes_batch_norm(rows, weight) && rows.dim() == 2 && rows.size(0) > 0,
         "batch_norm: rows on the CPU");
  return BatchNormFunction::apply(rows.contiguous(), weight.contiguous(), bias.contiguous(),
                                  epsilon, running, share);
}

}  // namespace diptych::libtorch
