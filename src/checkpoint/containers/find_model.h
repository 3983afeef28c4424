#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::checkpoint {

/// Says whether names are those of a model's weights; null: no names are.
using RecognisesModel = bool (*)(std::span<const std::string_view> names);

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

/// Finds the prefix after which most names are those of a model that `recognises` knows, whatever
/// the prefix is called: a dictionary's key, a wrapper's attribute. Of equals (a running average
/// beside the weights) the one with fewer parts counts, then the first. Returns nothing when no
/// names are a model's.
std::optional<FoundModel> find_model(std::span<const TensorName> names, RecognisesModel recognises);

/// Returns a name without the parts that DistributedDataParallel, torch.compile and the like put
/// into it, wherever they are.
std::string without_wrappers(const std::string& name);

}  // namespace diptych::checkpoint
