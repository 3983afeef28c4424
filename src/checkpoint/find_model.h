#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diptych::checkpoint {

/// A tensor's name in a file, the names of the dictionaries around it in front, joined with dots.
struct TensorName {
  std::string name;
  std::size_t dictionary = 0;  ///< bytes of `name` that are the dictionary's, its dot included
};

/// Where in a file a model's weights are.
struct FoundModel {
  std::string prefix;                ///< before each of their names
  std::vector<std::size_t> members;  ///< the names that are the model's
  /// Plain sentences on what else there is: other copies of the weights, tensors beside them.
  std::vector<std::string> notes;
};

/// Finds the prefix behind which most names are those of a model of a known family, whatever it is
/// called: a dictionary's key, a wrapper's attribute. Of equals (a running average beside the
/// weights) the one with fewer parts counts, then the first. None when no names are a model's.
std::optional<FoundModel> find_model(std::span<const TensorName> names);

/// A name without the parts that DistributedDataParallel, torch.compile and the like put into it,
/// wherever they are.
std::string without_wrappers(const std::string& name);

}  // namespace diptych::checkpoint
