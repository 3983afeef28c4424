#pragma once

#include "diptych/catalogue.h"
#include "diptych/pull.h"

namespace diptych::fetch {

/// What the fetcher's module, libdiptych-fetch.so, offers to `pull_model` (src/api/pull.cpp), which
/// loads it. Only a program that pulls then loads libcurl.
struct FetchFunctions {
  PullResult (*pull)(const ListedModel& model, const PullOptions& options);  ///< fetch::pull
};

}  // namespace diptych::fetch
