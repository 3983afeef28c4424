#pragma once

#include "base/module.h"
#include "diptych/catalogue.h"
#include "diptych/pull.h"
#include "fetch/crawl.h"

namespace diptych::fetch {

/// What the fetcher's module, libdiptych-fetch.so, offers to `pull_model` and
/// `download_pictures`, which load it. Only a program that fetches then loads libcurl.
struct FetchFunctions {
  PullResult (*pull)(const ListedModel& model, const PullOptions& options);  ///< fetch::pull
  void (*crawl)(const CrawlRules& rules, const CrawlFeed& feed);             ///< fetch::crawl
};

/// Returns the module as `command` asks for it.
constexpr ModuleFile fetch_module(const char* command) {
  return {.name = "libdiptych-fetch.so",
          .variable = "DIPTYCH_FETCHER",
          .command = command,
          .remedy = "Build it with libcurl and OpenSSL (tools/setup, DIPTYCH_FETCH=ON)"};
}

}  // namespace diptych::fetch
