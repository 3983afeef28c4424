#include "diptych/version.h"

namespace diptych {

std::string_view version() noexcept {
  return DIPTYCH_VERSION;
}

}  // namespace diptych
