#pragma once

#include <optional>
#include <string>

namespace diptych {

/// Returns the value of an environment variable; the only reader of the environment. Empty counts
/// as not set.
std::optional<std::string> environment(const char* name);

}  // namespace diptych
