#pragma once

#include <span>
#include <vector>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// Returns the model whose every number is the average of the given models': a soup of several
/// fine-tuned models (arXiv 2203.05482), or of a model before and after fine-tuning, which keeps
/// more of what it knew (WiSE-FT, arXiv 2109.01903). Preprocessing, tokenizer and licence are those
/// of all, or must be given anew. Nothing is computed until the model is packed or written, a
/// tensor at a time; the models stay mapped until then. `shares`: how much each model counts, one a
/// model, not negative, of any positive sum; empty: all the same. Throws Error(invalid_argument):
/// for fewer than two models, for shares that are none, and naming the first field in which the
/// models differ. Thread-safe.
DIPTYCH_API Model average_models(std::span<const Model> models,
                                 std::span<const double> shares = {});

/// Returns whether two models have the same weights under the same names, or those of one of them
/// rounded to half precision or bfloat16, as a conversion leaves them. Reads no more of them than
/// it must.
DIPTYCH_API bool have_same_weights(const Model& first, const Model& second);

}  // namespace diptych
