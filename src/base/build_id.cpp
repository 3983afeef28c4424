#include "base/module.h"

namespace diptych {

const char* build_id() noexcept {
  return DIPTYCH_BUILD_ID;
}

}  // namespace diptych
