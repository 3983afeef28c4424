#include "train/parameter_globs.h"

#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "options/resume_options.h"
#include "train/tower_modes.h"
#include "train/update_rule.h"

namespace diptych::train {
namespace {

bool fits(const std::string& name, const std::string& glob) {
  return fnmatch(glob.c_str(), name.c_str(), /*flags=*/0) == 0;
}

/// The matrices that are trained, those that adapters add included.
std::vector<std::string> trained_matrices(const TrainOptions& options,
                                          const network::Model& model) {
  const TrainedPart part = trained_part(options, model);
  const auto& specs = model.parameters.specs();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (part.parameters[i] && specs[i].shape.size() >= 2) names.push_back(specs[i].name);
  }
  for (const AdapterSpec& adapter : part.adapters) {
    for (std::string& name : adapter_names(model.parameters, adapter))
      names.push_back(std::move(name));
  }
  return names;
}

void check_some_left(std::string_view option, const std::string& globs,
                     const std::vector<std::string>& names, std::string_view otherwise) {
  if (globs.empty() || names.empty()) return;
  const std::vector<std::string> exceptions = options::split(globs);
  const auto is_exception = [&](const std::string& name) { return fits_any(name, exceptions); };
  if (!std::all_of(names.begin(), names.end(), is_exception)) return;
  fail(ErrorCode::invalid_argument,
       "train: {}: got '{}', which fits all {} matrices that it can be an exception of, expected "
       "some left, or {}",
       option, globs, names.size(), otherwise);
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
  std::vector<std::string> matrices = trained_matrices(options, model);
  check_some_left("wd-exclude", options.undecayed, matrices, "no decay (wd 0)");
  std::erase_if(matrices, [](const std::string& name) { return !suits_muon(name, 2); });
  check_some_left("opt-fallback-list", options.kept_on_adamw, matrices, "opt adamw");
}

}  // namespace diptych::train
