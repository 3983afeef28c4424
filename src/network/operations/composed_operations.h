#pragma once

#include <string_view>

#include "network/operations/sequences.h"

namespace diptych::network {

/// Operations that are made of others. An executor derives from this with itself as `Self` and
/// hides what it computes better.
template <typename Self>
class ComposedOperations {
 public:
  template <typename Body, typename... Inputs>
  auto block(std::string_view /*name*/, const Body& body, const Inputs&... inputs) {
    return body(self(), inputs...);
  }

  auto patches(const Pixels& pixels, int size) {
    return self().merge_places(self().feature_map(pixels), size).rows;
  }

  template <typename Tensor>
  Tensor prepend(const Tensor& first, const Tensor& x, const Sequences& sequences) {
    return self().rows(self().concatenate(first, x), self().indices(prepended_rows(sequences)));
  }

  template <typename Tensor>
  Tensor append_rows(const Tensor& cache, const Tensor& x) {
    return self().concatenate(cache, x);
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace diptych::network
