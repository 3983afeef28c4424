#pragma once

#include "base/random.h"
#include "diptych/augment.h"
#include "diptych/image.h"

namespace diptych::image {

/// Throws Error(invalid_argument) naming the field that is out of range.
void check(const AugmentOptions& options);

/// Makes one random view of `image`: preprocessing.size pixels square, ready for normalise, resized
/// with preprocessing.interpolation. The same options, picture and random state give the same view.
/// Throws Error(invalid_argument) for an empty picture or bad options. Thread-safe when each thread
/// has its own `random`.
Image augment(const Image& image, const AugmentOptions& options, const Preprocessing& preprocessing,
              Random& random);

}  // namespace diptych::image
