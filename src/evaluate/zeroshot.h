#pragma once

#include <filesystem>

#include "diptych/evaluate.h"
#include "evaluate/embedder.h"

namespace diptych::evaluate {

/// Does what diptych::evaluate_zeroshot does over any Embedder.
ZeroShotReport evaluate_zeroshot(const Embedder& embedder, const std::filesystem::path& folder,
                                 const ZeroShotOptions& options);

}  // namespace diptych::evaluate
