#include "train/parameter_globs.h"

#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "options/resume_options.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

bool fits(const std::string& name, const std::string& glob) {
  return fnmatch(glob.c_str(), name.c_str(), /*flags=*/0) == 0;
}

std::vector<std::string> names_of_parameters(const TrainOptions& options,
                                             const network::Model& model) {
  std::vector<std::string> names;
  for (const network::ParameterSpec& spec : model.parameters.specs()) names.push_back(spec.name);
  for (const AdapterSpec& adapter : trained_part(options, model).adapters) {
    for (std::string& name : adapter_names(model.parameters, adapter))
      names.push_back(std::move(name));
  }
  return names;
}

void check_globs(std::string_view option, const std::string& globs,
                 const std::vector<std::string>& names) {
  for (const std::string& glob : options::split(globs)) {
    const auto fits_glob = [&](const std::string& name) { return fits(name, glob); };
    if (std::any_of(names.begin(), names.end(), fits_glob)) continue;
    fail(ErrorCode::invalid_argument,
         "train: {}: got '{}', which fits no parameter, expected globs of names such as '{}' and "
         "'{}'",
         option, glob, names.front(), names.back());
  }
}

}  // namespace

bool fits_any(const std::string& name, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return fits(name, glob); });
}

void check_parameter_globs(const TrainOptions& options, const network::Model& model) {
  if (options.undecayed.empty() && options.kept_on_adamw.empty()) return;
  const std::vector<std::string> names = names_of_parameters(options, model);
  check_globs("wd-exclude", options.undecayed, names);
  check_globs("opt-fallback-list", options.kept_on_adamw, names);
}

}  // namespace diptych::train
