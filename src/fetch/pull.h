#pragma once

#include "diptych/catalogue.h"
#include "diptych/pull.h"

namespace diptych::fetch {

/// Does what pull_model does for a model that is known, and not only from the cache. Throws as it
/// does.
PullResult pull(const ListedModel& model, const PullOptions& options);

}  // namespace diptych::fetch
