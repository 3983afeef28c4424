#pragma once

#include <string_view>
#include <type_traits>

#include "network/operations/layers.h"
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
    const auto of_one_size = [&](const Pixels& some) {
      return self().merge_places(self().feature_map(some), size).rows;
    };
    if (pixels.sizes.empty()) return of_one_size(pixels);
    auto all = of_one_size(pixels.one(0));
    for (int i = 1; i < pixels.batch; ++i)
      all = self().concatenate(all, of_one_size(pixels.one(i)));
    return all;
  }

  template <typename Tensor>
  Tensor mlp(const Tensor& x, const Linear& in, Activation activation, const Linear& out,
             const std::type_identity_t<Tensor>* residual) {
    return self().linear(self().linear(x, in, activation, nullptr), out, Activation::none,
                         residual);
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
