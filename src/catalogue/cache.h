#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/catalogue.h"

namespace diptych::catalogue {

/// Returns the folder of pulled models: `models` in DIPTYCH_CACHE, in XDG_CACHE_HOME/diptych or in
/// HOME/.cache/diptych. Throws Error(invalid_argument) when the environment has none of them.
std::filesystem::path cache_folder();

/// Returns the folder of one model in it.
std::filesystem::path folder_of(const ListedModel& model);

/// Returns the names that the weights of a source may have, the preferred first.
std::vector<std::string> weight_files(const ModelSource& source);

/// Returns the pulled weights of a model, from whichever source; empty when there are none. A pull
/// puts the weights in place last, so that a model with weights is complete.
std::filesystem::path pulled_weights(const ListedModel& model);

/// Returns the names of the pulled models that the catalogue does not list, "hf-hub:owner/name",
/// sorted.
std::vector<std::string> pulled_hub_names();

/// Fills in what depends on this machine.
ListedModel on_this_machine(ListedModel model);

}  // namespace diptych::catalogue
