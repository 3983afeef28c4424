#include "fetch/fetch_module.h"

#include "diptych/version.h"
#include "fetch/pull.h"

const char* diptych_fetcher_version() {
  return diptych::version().data();
}

void diptych_pull(const diptych::ListedModel& model, const diptych::PullOptions& options,
                  diptych::PullResult& result) {
  result = diptych::fetch::pull(model, options);
}
