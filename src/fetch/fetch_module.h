#pragma once

#include "diptych/catalogue.h"
#include "diptych/pull.h"

// What the fetcher's module, libdiptych-fetch.so, offers to `pull_model` (src/api/pull.cpp), which
// loads it. Only a program that pulls then loads libcurl.
extern "C" {

/// version() of the diptych that the module is part of; it must be the caller's own.
const char* diptych_fetcher_version();

/// fetch::pull. Throws as it does.
void diptych_pull(const diptych::ListedModel& model, const diptych::PullOptions& options,
                  diptych::PullResult& result);
}
