#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/catalogue.h"

namespace diptych::catalogue {

/// What stands before a repository of the Hugging Face Hub in a name.
inline constexpr std::string_view kHubPrefix = "hf-hub:";

/// Returns the published models of data/catalogue.json, in its order, without what depends on this
/// machine (bytes, available, folder). Thread-safe.
const std::vector<ListedModel>& published_models();

/// Returns the one with this name or alias, or with this "architecture/tag". "hf-hub:owner/name" is
/// any repository of the Hugging Face Hub, listed or not.
std::optional<ListedModel> find_published(const std::string& name);

/// Returns up to five known names closest to an unknown one.
std::vector<std::string> similar_names(const std::string& name);

}  // namespace diptych::catalogue
