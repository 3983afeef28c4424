#pragma once

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
