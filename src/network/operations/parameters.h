#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor/tensor.h"

namespace diptych::network {

/// Position of a parameter in its model's ParameterTable. Both executors keep their copy of the
/// weights as an array in the same order.
using ParameterId = int;
constexpr ParameterId kAbsent = -1;

/// The deviation that weights start with in BERT and in timm's towers.
constexpr float kDeviation = 0.02F;

/// How a parameter starts when a model is trained from nothing.
struct Initialiser {
  enum class Kind { constant, normal };
  Kind kind = Kind::constant;
  /// The constant, or the standard deviation of a normal distribution around zero.
  float value = 0.0F;

  static Initialiser constant(float value) { return {Kind::constant, value}; }
  static Initialiser normal(float deviation) { return {Kind::normal, deviation}; }
};

struct ParameterSpec {
  /// Canonical name: open_clip's, extended where it has none.
  std::string name;
  Shape shape;
  Initialiser initialiser;
  /// False for running statistics, which training updates but no optimiser does.
  bool trained = true;
};

/// Every parameter of a model: the one place that says which names and shapes its weights have.
class ParameterTable {
 public:
  /// Throws Error(internal) when the name is taken.
  ParameterId declare(std::string name, Shape shape, Initialiser initialiser, bool trained = true);
  /// Finds a parameter by name; kAbsent when there is none.
  ParameterId find(std::string_view name) const;
  const std::vector<ParameterSpec>& specs() const { return specs_; }
  const ParameterSpec& spec(ParameterId id) const {
    return specs_.at(static_cast<std::size_t>(id));
  }

 private:
  std::vector<ParameterSpec> specs_;
  std::unordered_map<std::string, ParameterId> ids_;
};

}  // namespace diptych::network
