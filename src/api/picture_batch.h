#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "diptych/encoder.h"
#include "diptych/image.h"

namespace diptych::api {

/// Pictures [first, first + count) of a call, preprocessed: those that could be read.
struct PictureBatch {
  std::vector<float> pixels;        ///< [inputs.size(), 3, size, size], then room for the failed
  std::vector<std::size_t> inputs;  ///< the place of every picture, ascending
  std::vector<Failure> failures;    ///< by place, ascending
  PictureCounts counts;             ///< of those that could be read
};

/// Throws Error(invalid_argument), naming the row, for pixels [count, ...] that hold NaN or an
/// infinity: a tower would make NaN of the whole row.
inline void check_finite(std::span<const float> pixels, std::size_t count) {
  const std::size_t values = count == 0 ? 1 : pixels.size() / count;
  const auto bad = std::find_if_not(pixels.begin(), pixels.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad == pixels.end()) return;
  fail(ErrorCode::invalid_argument,
       "pixels: got {} in row {} of {} (counted from 1), expected finite numbers", *bad,
       static_cast<std::size_t>(bad - pixels.begin()) / values + 1, count);
}

/// `read(i)` gives picture i, resized and cropped, or throws; it is called from several threads.
template <typename Read>
PictureBatch read_pictures(std::size_t first, std::size_t count, const Read& read,
                           const Preprocessing& how, ThreadPool& pool) {
  const std::size_t values =
      3 * static_cast<std::size_t>(how.size) * static_cast<std::size_t>(how.size);
  PictureBatch batch;
  batch.pixels.resize(count * values);
  std::vector<std::optional<Failure>> failures(count);
  std::vector<PictureFacts> facts(count);
  pool.run(count, [&](std::size_t i) {
    try {
      const Image picture = read(first + i);
      normalise(picture, how, std::span(batch.pixels).subspan(i * values, values));
      facts[i] = picture.facts;
    } catch (const Error& error) {
      failures[i] = Failure{first + i, error.code(), error.what()};
    } catch (const std::bad_alloc&) {
      failures[i] = Failure{first + i, ErrorCode::out_of_memory,
                            fmt::format("picture {}: out of memory", first + i + 1)};
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    if (failures[i]) {
      batch.failures.push_back(std::move(*failures[i]));
      continue;
    }
    // The pictures that could be read move together.
    const std::size_t good = batch.inputs.size();
    if (good != i)
      std::copy_n(batch.pixels.data() + i * values, values, batch.pixels.data() + good * values);
    batch.inputs.push_back(first + i);
    batch.counts.add(facts[i]);
  }
  return batch;
}

}  // namespace diptych::api
