#pragma once

#include "base/parallel.h"
#include "diptych/profile.h"
#include "kernels/element.h"

namespace diptych::engine {

/// Measures what the threads of a pool do at best; takes about a second and 256 MB.
MachinePeaks measure_peaks(kernels::Format format, ThreadPool& pool);

}  // namespace diptych::engine
