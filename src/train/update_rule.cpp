#include "train/update_rule.h"

#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace diptych::train {
namespace {

using torch::Tensor;

class AdamW : public UpdateRule {
 public:
  explicit AdamW(const RuleOptions& options) : options_(options) {}

  void move(const std::vector<MovedParameter>& parameters, const Tensor& steps,
            double learning_rate, double weight_decay) const override {
    std::vector<Tensor> values;
    std::vector<Tensor> gradients;
    std::vector<Tensor> first;
    std::vector<Tensor> second;
    for (const MovedParameter& parameter : parameters) {
      values.push_back(parameter.value);
      gradients.push_back(parameter.value.grad());
      first.push_back(parameter.first_moment);
      second.push_back(parameter.second_moment);
    }
    const std::vector<Tensor> counts(parameters.size(), steps);
    torch::_fused_adamw_(values, gradients, first, second, /*max_exp_avg_sqs=*/{}, counts,
                         learning_rate, options_.beta1, options_.beta2, weight_decay,
                         options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  }

 private:
  RuleOptions options_;
};

/// A rule that moves one parameter after the other.
class SingleRule : public UpdateRule {
 public:
  void move(const std::vector<MovedParameter>& parameters, const Tensor& steps,
            double learning_rate, double weight_decay) const override {
    const double count = steps.item<double>();
    for (const MovedParameter& parameter : parameters)
      move_one(parameter, count, learning_rate, weight_decay);
  }

 protected:
  virtual void move_one(const MovedParameter& parameter, double steps, double learning_rate,
                        double weight_decay) const = 0;
};

class StableAdamW : public SingleRule {
 public:
  explicit StableAdamW(const RuleOptions& options) : options_(options) {}

 protected:
  void move_one(const MovedParameter& parameter, double steps, double learning_rate,
                double weight_decay) const override {
    const Tensor& gradient = parameter.value.grad();
    const double beta1 = debiased(options_.beta1, steps);
    const double beta2 = debiased(options_.beta2, steps);
    Tensor first = parameter.first_moment;
    Tensor second = parameter.second_moment;
    first.mul_(beta1).add_(gradient, 1.0 - beta1);
    second.mul_(beta2).addcmul_(gradient, gradient, 1.0 - beta2);
    const double least = options_.epsilon * options_.epsilon;
    const double sum = parameter.sum_of_shards(
        gradient.square().div_(second.clamp_min(least)).sum().item<double>());
    const double size = std::sqrt(sum / static_cast<double>(parameter.numbers()));
    const double rate = learning_rate / std::max(1.0, size);
    Tensor value = parameter.value;
    value.mul_(1.0 - rate * weight_decay);
    value.addcdiv_(first, second.sqrt().add_(options_.epsilon), -rate);
  }

 private:
  static double debiased(double beta, double steps) {
    return beta * (1.0 - std::pow(beta, steps - 1.0)) / (1.0 - std::pow(beta, steps));
  }
  RuleOptions options_;
};

class Lamb : public SingleRule {
 public:
  explicit Lamb(const RuleOptions& options) : options_(options) {}

 protected:
  void move_one(const MovedParameter& parameter, double steps, double learning_rate,
                double weight_decay) const override {
    const Tensor& gradient = parameter.value.grad();
    Tensor first = parameter.first_moment;
    Tensor second = parameter.second_moment;
    first.mul_(options_.beta1).add_(gradient, 1.0 - options_.beta1);
    second.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    const double bias_1 = 1.0 - std::pow(options_.beta1, steps);
    const double bias_2 = 1.0 - std::pow(options_.beta2, steps);
    Tensor update = (first / bias_1).div_((second / bias_2).sqrt_().add_(options_.epsilon));
    double trust = 1.0;
    if (weight_decay != 0.0) {
      update.add_(parameter.value, weight_decay);
      const double of_value = parameter.norm_of(parameter.value);
      const double of_update = parameter.norm_of(update);
      if (of_value > 0.0 && of_update > 0.0) trust = of_value / of_update;
    }
    Tensor value = parameter.value;
    value.add_(update, -learning_rate * trust);
  }

 private:
  RuleOptions options_;
};

class Lion : public SingleRule {
 public:
  explicit Lion(const RuleOptions& options) : options_(options) {}
  bool has_second_moment() const override { return false; }

 protected:
  void move_one(const MovedParameter& parameter, double /*steps*/, double learning_rate,
                double weight_decay) const override {
    const Tensor& gradient = parameter.value.grad();
    Tensor moment = parameter.first_moment;
    Tensor value = parameter.value;
    value.mul_(1.0 - learning_rate * weight_decay);
    const Tensor direction = (moment * options_.beta1).add_(gradient, 1.0 - options_.beta1).sign_();
    value.add_(direction, -learning_rate);
    moment.mul_(options_.beta2).add_(gradient, 1.0 - options_.beta2);
  }

 private:
  RuleOptions options_;
};

/// The nearest orthogonal matrix, roughly: five steps of a Newton-Schulz iteration, in bfloat16
/// (kellerjordan.github.io/posts/muon).
Tensor orthogonalised(const Tensor& matrix) {
  constexpr int kSteps = 5;
  constexpr double kA = 3.4445;
  constexpr double kB = -4.7750;
  constexpr double kC = 2.0315;
  constexpr double kLeastNorm = 1e-7;
  const bool tall = matrix.size(0) > matrix.size(1);
  Tensor x = matrix.to(torch::kBFloat16);
  if (tall) x = x.t();
  x = x / x.norm().clamp_min(kLeastNorm);
  for (int i = 0; i < kSteps; ++i) {
    const Tensor gram = x.matmul(x.t());
    x = torch::addmm(x, torch::addmm(gram, gram, gram, kB, kC), x, kA);
  }
  return tall ? x.t() : x;
}

class Muon : public SingleRule {
 public:
  explicit Muon(const RuleOptions& options) : options_(options) {}
  bool has_second_moment() const override { return false; }

 protected:
  void move_one(const MovedParameter& parameter, double /*steps*/, double learning_rate,
                double weight_decay) const override {
    // An update of orthogonal rows is as large as AdamW's usually are (arXiv 2502.16982).
    constexpr double kSizeOfAdamW = 0.2;
    const Tensor& gradient = parameter.value.grad();
    Tensor moment = parameter.first_moment;
    moment.lerp_(gradient, 1.0 - options_.momentum);
    // In shards, every process makes the whole orthogonal: a matrix at a time.
    const Tensor ahead = parameter.sharding.whole_of(gradient.lerp(moment, options_.momentum));
    const Tensor matrix = ahead.reshape({ahead.size(0), -1});
    const Tensor whole = orthogonalised(matrix).to(torch::kFloat32).view_as(ahead);
    const Tensor update = parameter.sharding.shard_of(whole);
    const auto longest = static_cast<double>(std::max(matrix.size(0), matrix.size(1)));
    Tensor value = parameter.value;
    value.mul_(1.0 - learning_rate * weight_decay);
    value.add_(update, -learning_rate * kSizeOfAdamW * std::sqrt(longest));
  }

 private:
  RuleOptions options_;
};

}  // namespace

double MovedParameter::norm_of(const Tensor& part) const {
  const double norm = part.norm().item<double>();
  return sharding ? std::sqrt(sum_of_shards(norm * norm)) : norm;
}

std::unique_ptr<UpdateRule> make_update_rule(Rule rule, const RuleOptions& options) {
  switch (rule) {
    case Rule::adamw:
      return std::make_unique<AdamW>(options);
    case Rule::stableadamw:
      return std::make_unique<StableAdamW>(options);
    case Rule::lamb:
      return std::make_unique<Lamb>(options);
    case Rule::lion:
      return std::make_unique<Lion>(options);
    case Rule::muon:
      return std::make_unique<Muon>(options);
  }
  fail(ErrorCode::internal, "unknown update rule {}", static_cast<int>(rule));
}

bool suits_muon(const std::string& name, std::size_t dimensions) {
  return dimensions >= 2 && name.find("embed") == std::string::npos &&
         name.find("resblocks") != std::string::npos;
}

}  // namespace diptych::train
