#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/keys/transform.h"
#include "network/operations/parameters.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// A line of a family's table: canonical name and where it comes from. In both, `#` stands for
/// digits and `*` for anything; the n-th of one is the n-th of the other.
struct KeyRule {
  std::string_view canonical;
  Transform transform = Transform::same;
  std::array<std::string_view, 3> sources;  ///< the others empty, unless they are stacked
};

/// Joins tables one after another: of two rules that fit, the first counts.
template <std::size_t... sizes>
constexpr auto concatenate(const std::array<KeyRule, sizes>&... tables) {
  std::array<KeyRule, (sizes + ...)> all;
  auto end = all.begin();
  ((end = std::copy(tables.begin(), tables.end(), end)), ...);
  return all;
}

/// Does the same for tables that are chosen as the program runs.
std::vector<KeyRule> joined(std::initializer_list<std::span<const KeyRule>> tables);

/// Returns whether a name fits a pattern.
bool matches(std::string_view pattern, std::string_view name);

/// Returns the shape of the tensor that `rules` make of `source` for a canonical name; none when
/// its tensors are not there.
std::optional<Shape> canonical_shape(const TensorMap& source, std::span<const KeyRule> rules,
                                     std::string_view canonical);

/// Returns the tensor that a canonical one is made of; none when it is not there, or when there are
/// several.
std::optional<std::string> source_name(const TensorMap& source, std::span<const KeyRule> rules,
                                       std::string_view canonical);

/// Finds every parameter's tensors: the first rule that fits the parameter and whose tensors are
/// all there. Throws Error(invalid_argument), naming tensors with got and expected, when some are
/// missing, have another shape, are not of floating-point type, or are left over and not on the
/// list of `ignored` patterns. `name` stands for the file in messages.
void check_weights(const TensorMap& source, std::span<const KeyRule> rules,
                   std::span<const std::string_view> ignored,
                   const network::ParameterTable& parameters, const std::string& name);

/// Does the same, and makes every parameter from its tensors: a view of them where the layout is
/// the same, otherwise computed when it is used.
TensorMap place_weights(const TensorMap& source, std::span<const KeyRule> rules,
                        std::span<const std::string_view> ignored,
                        const network::ParameterTable& parameters, const std::string& name);

/// Does the reverse: canonical weights under a family's names and in its layouts, by the first rule
/// that fits each. Throws Error(unsupported) for a tensor that the rules have no name for, and for
/// one of flax's layouts.
TensorMap to_family_names(const TensorMap& weights, std::span<const KeyRule> rules);

}  // namespace diptych::checkpoint
