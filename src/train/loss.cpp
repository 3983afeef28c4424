#include "train/loss.h"

#include <limits>

#include "train/pairings.h"

namespace diptych::train {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor groups_tensor(std::span<const std::int64_t> groups, torch::Device device) {
  return torch::tensor(std::vector<std::int64_t>(groups.begin(), groups.end()), torch::kInt64)
      .to(device);
}

/// What softmax over rows and over columns divides by, and what the targets come to.
struct Normalisers {
  Tensor rows;     ///< log of the sum of exponentials, [n]
  Tensor columns;  ///< [n]
  /// How many pairings of a row count, [n]; the same for columns. Only with label smoothing.
  Tensor counted;
  Tensor loss;  ///< float64, of both directions, summed
};

void add_smoothed_targets(const PairingTile& tile, const Tensor& logits, Normalisers& sums,
                          Tensor& column_sums, Tensor& row_means) {
  const Tensor counting = tile.ignored.defined() ? logits.masked_fill(tile.ignored, 0.0) : logits;
  const Tensor counted = tile.ignored.defined()
                             ? logits.size(1) - tile.ignored.sum(1)
                             : torch::full({logits.size(0)}, logits.size(1), logits.options());
  sums.counted.narrow(0, tile.first, logits.size(0)).copy_(counted);
  row_means += (counting.sum(1) / counted).sum(torch::kFloat64);
  column_sums += counting.sum(0);
}

Normalisers normalise(const Pairings& pairings, const Tensor& scale, double smoothing,
                      const torch::TensorOptions& options) {
  const std::int64_t n = pairings.count();
  Normalisers sums{.rows = torch::empty({n}, options),
                   .columns = torch::full({n}, -kInfinity, options),
                   .counted = torch::ones({n}, options)};
  Tensor targets = torch::zeros({}, options.dtype(torch::kFloat64));
  Tensor means = torch::zeros_like(targets);
  Tensor column_sums = torch::zeros({n}, options);
  pairings.for_each([&](PairingTile& tile) {
    Tensor logits = tile.cosines.mul_(scale);
    targets += 2.0 * logits.diagonal(tile.first).sum(torch::kFloat64);
    if (smoothing > 0.0) add_smoothed_targets(tile, logits, sums, column_sums, means);
    if (tile.ignored.defined()) logits.masked_fill_(tile.ignored, -kInfinity);
    sums.rows.narrow(0, tile.first, logits.size(0)).copy_(logits.logsumexp(1));
    sums.columns.copy_(torch::logaddexp(sums.columns, logits.logsumexp(0)));
  });
  if (smoothing > 0.0) means += (column_sums / sums.counted).sum(torch::kFloat64);
  sums.loss = sums.rows.sum(torch::kFloat64) + sums.columns.sum(torch::kFloat64) -
              (1.0 - smoothing) * targets - smoothing * means;
  return sums;
}

/// The contrastive loss as one operation, so that its gradients are computed tile by tile too.
struct ContrastiveFunction : torch::autograd::Function<ContrastiveFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& images, const Tensor& texts,
                        const Tensor& logit_scale, const Tensor& groups, double smoothing) {
    const Pairings pairings(images, texts, groups);
    const Tensor scale = logit_scale.exp();
    const Normalisers sums = normalise(pairings, scale, smoothing, images.options());
    context->save_for_backward(
        {images, texts, logit_scale, groups, sums.rows, sums.columns, sums.counted});
    context->saved_data["smoothing"] = smoothing;
    return (sums.loss / (2.0 * static_cast<double>(images.size(0)))).to(torch::kFloat32);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Pairings pairings(saved[0], saved[1], saved[3]);
    const Tensor scale = saved[2].exp();
    const double smoothing = context->saved_data["smoothing"].toDouble();
    const Tensor& rows = saved[4];
    const Tensor& columns = saved[5];
    const Tensor shares = smoothing / saved[6];
    const Tensor factor = gradients[0] / (2.0 * static_cast<double>(rows.size(0)));
    Pairings::Gradients features(pairings);
    Tensor of_scale = torch::zeros({}, rows.options().dtype(torch::kFloat64));
    pairings.for_each([&](PairingTile& tile) {
      const Tensor logits = tile.cosines * scale;
      Tensor differences = (logits - tile.of_pictures(rows)).exp_();
      differences.add_((logits - columns).exp_());
      if (smoothing > 0.0) differences.sub_(tile.of_pictures(shares)).sub_(shares);
      differences.diagonal(tile.first).sub_(2.0 * (1.0 - smoothing));
      if (tile.ignored.defined()) differences.masked_fill_(tile.ignored, 0.0);
      differences.mul_(factor * scale);
      of_scale += (differences * tile.cosines).sum(torch::kFloat64);
      features.add(tile, differences);
    });
    return {features.images(), features.texts(), of_scale.to(torch::kFloat32), {}, {}};
  }
};

/// The sigmoid loss, likewise.
struct SigmoidFunction : torch::autograd::Function<SigmoidFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& images, const Tensor& texts,
                        const Tensor& logit_scale, const Tensor& logit_bias, const Tensor& groups) {
    context->save_for_backward({images, texts, logit_scale, logit_bias, groups});
    const Tensor scale = logit_scale.exp();
    Tensor sum = torch::zeros({}, images.options().dtype(torch::kFloat64));
    const Pairings pairings(images, texts, groups);
    pairings.for_each([&](PairingTile& tile) {
      Tensor wrong = tile.cosines.mul_(scale).add_(logit_bias);
      wrong.diagonal(tile.first).neg_();
      Tensor losses = torch::softplus(wrong);
      if (tile.ignored.defined()) losses.masked_fill_(tile.ignored, 0.0);
      sum += losses.sum(torch::kFloat64);
    });
    return (sum / static_cast<double>(images.size(0))).to(torch::kFloat32);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Pairings pairings(saved[0], saved[1], saved[4]);
    const Tensor scale = saved[2].exp();
    const Tensor& bias = saved[3];
    const Tensor factor = gradients[0] / static_cast<double>(pairings.count());
    Pairings::Gradients features(pairings);
    Tensor of_scale = torch::zeros({}, saved[0].options().dtype(torch::kFloat64));
    Tensor of_bias = torch::zeros_like(of_scale);
    pairings.for_each([&](PairingTile& tile) {
      Tensor differences = (tile.cosines * scale).add_(bias).sigmoid_();
      differences.diagonal(tile.first).sub_(1.0);
      if (tile.ignored.defined()) differences.masked_fill_(tile.ignored, 0.0);
      differences.mul_(factor);
      of_bias += differences.sum(torch::kFloat64);
      differences.mul_(scale);
      of_scale += (differences * tile.cosines).sum(torch::kFloat64);
      features.add(tile, differences);
    });
    return {features.images(),
            features.texts(),
            of_scale.to(torch::kFloat32),
            of_bias.to(torch::kFloat32),
            {}};
  }
};

}  // namespace

Tensor contrastive_loss(const Tensor& image_features, const Tensor& text_features,
                        const Tensor& logit_scale, std::span<const std::int64_t> groups,
                        double label_smoothing) {
  return ContrastiveFunction::apply(
      image_features.to(torch::kFloat32), text_features.to(torch::kFloat32), logit_scale,
      groups_tensor(groups, image_features.device()), label_smoothing);
}

Tensor sigmoid_loss(const Tensor& image_features, const Tensor& text_features,
                    const Tensor& logit_scale, const Tensor& logit_bias,
                    std::span<const std::int64_t> groups) {
  return SigmoidFunction::apply(image_features.to(torch::kFloat32),
                                text_features.to(torch::kFloat32), logit_scale, logit_bias,
                                groups_tensor(groups, image_features.device()));
}

}  // namespace diptych::train
