#pragma once

#include <filesystem>

#include "diptych/evaluate.h"
#include "evaluate/embedder.h"

namespace diptych::evaluate {

/// diptych::evaluate_zeroshot over any Embedder.
ZeroShotReport evaluate_zeroshot(const Embedder& embedder, const std::filesystem::path& folder,
                                 const ZeroShotOptions& options);

}  // namespace diptych::evaluate
