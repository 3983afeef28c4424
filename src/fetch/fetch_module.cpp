#include "fetch/fetch_module.h"

#include "base/module.h"
#include "fetch/pull.h"

namespace {

constexpr diptych::fetch::FetchFunctions kFunctions = {.pull = &diptych::fetch::pull};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
