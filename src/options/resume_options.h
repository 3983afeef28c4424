#pragma once

#include <map>
#include <string>
#include <vector>

#include "diptych/train_options.h"

namespace diptych::options {

/// What may be allowed to differ besides options: what the model and the data are.
inline constexpr std::string_view kModelChange = "model";
inline constexpr std::string_view kDataChange = "train-data";

/// Returns the parts of a list that commas separate.
std::vector<std::string> split(const std::string& text);

/// Returns the values that decide a run's result, by the names of their options.
std::map<std::string, std::string> result_options(const TrainOptions& options);

/// One value that is not as it was.
struct Difference {
  std::string what;  ///< an option's name, or "model.image_tower.heads"
  std::string was;
  std::string is;
  std::string allow;  ///< what --allow-change must name
};

/// Returns how they differ from those that a run was started with; an option that `saved` does not
/// have had its default. More epochs are no difference.
std::vector<Difference> compare_options(const std::map<std::string, std::string>& saved,
                                        const TrainOptions& options);

/// Returns whether `allow_change` names it.
bool is_allowed(const TrainOptions& options, std::string_view allow);

/// Throws Error(invalid_argument) when `allow_change` names what cannot be allowed.
void check_allowed_changes(const TrainOptions& options);

}  // namespace diptych::options
