#include "fetch/fetch_module.h"

#include "base/module.h"
#include "fetch/crawl.h"
#include "fetch/pull.h"

namespace {

constexpr diptych::fetch::FetchFunctions kFunctions = {.pull = &diptych::fetch::pull,
                                                       .crawl = &diptych::fetch::crawl};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
