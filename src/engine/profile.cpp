#include "engine/profile.h"

#include <fmt/core.h>

namespace diptych::engine {

void Profile::add(std::string_view operation, const OperationWork& work, double seconds) {
  const std::string name = work.outputs > 0
                               ? fmt::format("{} {} -> {}", operation, work.inputs, work.outputs)
                               : std::string(operation);
  OperationTime& time = operations_[name];
  time.name = name;
  time.calls += 1;
  time.seconds += seconds;
  time.flops += work.flops;
  time.bytes += work.bytes;
}

}  // namespace diptych::engine
