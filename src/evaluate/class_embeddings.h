#pragma once

#include <span>
#include <string>

#include "diptych/matrix.h"
#include "evaluate/embedder.h"

namespace diptych::evaluate {

/// Returns [labels, embedding width], unit rows: for each label the mean of the embeddings of all
/// templates filled with it, normalised again, as CLIP's prompt ensembles (arXiv 2103.00020,
/// section 3.1.4). Without templates a label is put into its default one. Throws
/// Error(invalid_argument) for a template without a place for the label, and when an embedding is
/// not finite.
Matrix class_embeddings(const Embedder& embedder, std::span<const std::string> labels,
                        std::span<const std::string> templates, const Progress& progress = {});

}  // namespace diptych::evaluate
