#include "network/operations/parameters.h"

#include <utility>

#include "base/error.h"

namespace diptych::network {

ParameterId ParameterTable::declare(std::string name, Shape shape, Initialiser initialiser,
                                    bool trained) {
  const auto id = static_cast<ParameterId>(specs_.size());
  if (!ids_.emplace(name, id).second)
    fail(ErrorCode::internal, "parameter {} declared twice", name);
  specs_.push_back({std::move(name), std::move(shape), initialiser, trained});
  return id;
}

ParameterId ParameterTable::find(std::string_view name) const {
  const auto found = ids_.find(std::string(name));
  return found == ids_.end() ? kAbsent : found->second;
}

}  // namespace diptych::network
