#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// How much of what is said about a checkpoint its files say themselves.
enum class Certainty {
  stated,      ///< loads; the files and their family say everything
  assumed,     ///< loads, with the assumptions in ModelInfo
  recognised,  ///< the family is known, but the model cannot be loaded: see `problem`
  unknown,     ///< no family that is known
};

/// Returns "stated", "assumed", "recognised", "unknown".
DIPTYCH_API std::string_view name(Certainty certainty);

/// What a checkpoint is, also when it cannot be loaded.
struct Inspection {
  std::string container;  ///< file format of the weights
  std::string family;     ///< empty when it is not known
  Certainty certainty = Certainty::unknown;
  std::size_t tensors = 0;
  std::uint64_t bytes = 0;                      ///< of all tensors together
  std::map<std::string, std::uint64_t> dtypes;  ///< numbers stored in each
  std::optional<ModelInfo> model;               ///< when it loads
  std::string problem;                          ///< why it does not load, in one line
  /// What the numbers of a model that loads give away, one sentence each, usually none: NaN,
  /// matrices of zeros alone, numbers far beyond all others of their tensor.
  std::vector<std::string> notes;
};

/// Looks at a model by the names that Model::load takes. Throws Error for what is no readable
/// checkpoint at all: not_found, io, corrupt_data, unsupported.
DIPTYCH_API Inspection inspect(const std::string& name_or_path = {});

}  // namespace diptych
