#include "kernels/batch_norm.h"

#include <algorithm>
#include <cstdint>

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/bf16-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// So many values are summed in float32 before they are added in double: what that rounds off is
/// below float32's own digits.
constexpr std::size_t kRowsInFloat = 32;

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from) {
  return hn::LoadU(d, from);
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const std::uint16_t* from) {
  const hn::RebindToUnsigned<D> bits;
  const hn::Rebind<std::uint16_t, D> halves;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(halves, from))));
}

template <class D>
HWY_INLINE void store(D d, hn::Vec<D> values, float* to) {
  hn::StoreU(values, d, to);
}

template <class D>
HWY_INLINE void store(D d, hn::Vec<D> values, std::uint16_t* to) {
  store_bf16(d, values, to);
}

/// Calls body(tag, c) for whole vectors of channels, then for what is left one by one.
template <class Body>
HWY_INLINE void for_channels(std::size_t channels, const Body& body) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  std::size_t c = 0;
  for (; c + hn::Lanes(d) <= channels; c += hn::Lanes(d)) body(d, c);
  for (; c < channels; ++c) body(one, c);
}

template <class D>
HWY_INLINE void add_to(D d, hn::Vec<D> values, double* sums) {
  HWY_ALIGN float lanes[hn::MaxLanes(D())];
  hn::Store(values, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) sums[i] += lanes[i];
}

/// Adds to the sums of both kinds what `terms(tag, place, channel)` gives, a pair of vectors.
template <class Terms>
HWY_INLINE void add_column_sums(std::size_t rows, std::size_t channels, double* sums,
                                const Terms& terms) {
  for (std::size_t begin = 0; begin < rows; begin += kRowsInFloat) {
    const std::size_t end = std::min(rows, begin + kRowsInFloat);
    for_channels(channels, [&](auto d, std::size_t c) HWY_ATTR {
      auto first = hn::Zero(d);
      auto second = hn::Zero(d);
      for (std::size_t row = begin; row < end; ++row)
        terms(d, row * channels + c, c, first, second);
      add_to(d, first, sums + c);
      add_to(d, second, sums + channels + c);
    });
  }
}

/// Calls body with the rows' values as what they are, and with `out` as the same.
template <class Body>
HWY_INLINE void with_values(const ChannelRows& x, void* out, const Body& body) {
  if (x.element == Element::fp32) {
    body(static_cast<const float*>(x.values), static_cast<float*>(out));
  } else {
    body(static_cast<const std::uint16_t*>(x.values), static_cast<std::uint16_t*>(out));
  }
}

void moments_of(const ChannelRows& rows, const float* shift, double* moments) {
  with_values(rows, nullptr, [&](const auto* x, auto* /*out*/) HWY_ATTR {
    add_column_sums(rows.rows, rows.channels, moments,
                    [&](auto d, std::size_t place, std::size_t c, auto& sum, auto& squares)
                        HWY_ATTR {
                          const auto centred = hn::Sub(load(d, x + place), hn::LoadU(d, shift + c));
                          sum = hn::Add(sum, centred);
                          squares = hn::MulAdd(centred, centred, squares);
                        });
  });
}

void gradient_sums_of(const ChannelRows& gradient, const ChannelRows& rows, const float* mean,
                      double* sums) {
  with_values(rows, nullptr, [&](const auto* x, auto* /*out*/) HWY_ATTR {
    const auto* gradients = static_cast<decltype(x)>(gradient.values);
    add_column_sums(rows.rows, rows.channels, sums,
                    [&](auto d, std::size_t place, std::size_t c, auto& sum, auto& product)
                        HWY_ATTR {
                          const auto g = load(d, gradients + place);
                          const auto centred = hn::Sub(load(d, x + place), hn::LoadU(d, mean + c));
                          sum = hn::Add(sum, g);
                          product = hn::MulAdd(g, centred, product);
                        });
  });
}

void normalise(const ChannelRows& rows, const float* mean, const float* scale, const float* shift,
               void* to) {
  with_values(rows, to, [&](const auto* x, auto* out) HWY_ATTR {
    for (std::size_t row = 0; row < rows.rows; ++row, x += rows.channels, out += rows.channels) {
      for_channels(rows.channels, [&](auto d, std::size_t c) HWY_ATTR {
        const auto centred = hn::Sub(load(d, x + c), hn::LoadU(d, mean + c));
        store(d, hn::MulAdd(centred, hn::LoadU(d, scale + c), hn::LoadU(d, shift + c)), out + c);
      });
    }
  });
}

void gradient_of(const ChannelRows& gradient, const ChannelRows& rows, const float* mean,
                 const float* scale, const float* slope, const float* shift, void* to) {
  with_values(rows, to, [&](const auto* x, auto* out) HWY_ATTR {
    const auto* g = static_cast<decltype(x)>(gradient.values);
    for (std::size_t row = 0; row < rows.rows;
         ++row, g += rows.channels, x += rows.channels, out += rows.channels) {
      for_channels(rows.channels, [&](auto d, std::size_t c) HWY_ATTR {
        const auto centred = hn::Sub(load(d, x + c), hn::LoadU(d, mean + c));
        const auto along = hn::MulAdd(centred, hn::LoadU(d, slope + c), hn::LoadU(d, shift + c));
        store(d, hn::MulAdd(load(d, g + c), hn::LoadU(d, scale + c), along), out + c);
      });
    }
  });
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {
HWY_EXPORT(moments_of);
HWY_EXPORT(gradient_sums_of);
HWY_EXPORT(normalise);
HWY_EXPORT(gradient_of);
}  // namespace

void add_moments(const ChannelRows& x, const float* shift, double* moments) {
  DIPTYCH_DISPATCH(moments_of)(x, shift, moments);
}

void add_gradient_sums(const ChannelRows& gradient, const ChannelRows& x, const float* mean,
                       double* sums) {
  DIPTYCH_DISPATCH(gradient_sums_of)(gradient, x, mean, sums);
}

void normalise_channels(const ChannelRows& x, const float* mean, const float* scale,
                        const float* shift, void* out) {
  DIPTYCH_DISPATCH(normalise)(x, mean, scale, shift, out);
}

void normalisation_gradient(const ChannelRows& gradient, const ChannelRows& x, const float* mean,
                            const float* scale, const float* slope, const float* shift, void* out) {
  DIPTYCH_DISPATCH(gradient_of)(gradient, x, mean, scale, slope, shift, out);
}

}  // namespace diptych::kernels

#endif
