#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/source/known_facts.h"
#include "checkpoint/source/model_file.h"
#include "diptych/inspection.h"

namespace diptych::checkpoint {

/// What a file is, also when it cannot be loaded.
struct InspectedFile {
  std::string container;
  std::string family;  ///< empty when it is not known
  Certainty certainty = Certainty::unknown;
  std::size_t tensors = 0;
  std::uint64_t numbers = 0;                    ///< in all tensors together
  std::uint64_t bytes = 0;                      ///< of all tensors together
  std::map<std::string, std::uint64_t> dtypes;  ///< numbers stored in each
  Metadata metadata;
  std::string first_tensor;        ///< a name to go by when the family is not known
  std::optional<ModelFile> model;  ///< when it loads
  std::string problem;             ///< why it does not load
};

/// Looks at a checkpoint: one that loads is loaded. Throws Error for what is no readable container:
/// not_found, io, corrupt_data, unsupported.
InspectedFile inspect(const std::filesystem::path& file_or_folder,
                      std::optional<KnownFacts> known = std::nullopt);

}  // namespace diptych::checkpoint
