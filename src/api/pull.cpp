#include "diptych/pull.h"

#include <fmt/ranges.h>

#include <system_error>

#include "api/model_name.h"
#include "base/error.h"
#include "base/module.h"
#include "catalogue/cache.h"
#include "diptych/catalogue.h"
#include "fetch/fetch_module.h"

namespace diptych {
namespace {

PullResult from_cache(const ListedModel& model) {
  const std::filesystem::path weights = catalogue::pulled_weights(model);
  if (weights.empty()) {
    fail(ErrorCode::not_found,
         "model {}: the cache has no {} in {}, and offline nothing is fetched", model.name,
         fmt::join(catalogue::weight_files(model.sources.front()), " nor "), model.folder.string());
  }
  std::error_code unknown;
  const PulledFile file{.path = weights, .bytes = std::filesystem::file_size(weights, unknown)};
  return {.model = model.name, .folder = model.folder, .files = {file}};
}

}  // namespace

const char* name(PullCheck check) noexcept {
  switch (check) {
    case PullCheck::published_hash:
      return "published SHA-256";
    case PullCheck::server_hash:
      return "server's SHA-256";
    case PullCheck::size:
      return "size";
    case PullCheck::none:
      break;
  }
  return "nothing";
}

PullResult pull_model(const std::string& name, const PullOptions& options) {
  if (options.attempts < 1 || options.stall_seconds < 1) {
    fail(ErrorCode::invalid_argument, "pull: got {} attempts and {} s, expected at least 1 of each",
         options.attempts, options.stall_seconds);
  }
  const ListedModel model = find_listed_model(name);
  if (model.sources.empty()) {
    return {.model = model.name};
  }
  if (options.offline) return from_cache(model);
  static const Module<fetch::FetchFunctions> fetcher(fetch::fetch_module("pull"));
  return fetcher->pull(model, options);
}

}  // namespace diptych
