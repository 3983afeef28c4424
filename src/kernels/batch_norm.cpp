#include "kernels/batch_norm.h"

#include <algorithm>

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
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

/// To the nearest, ties to even. NaN stays NaN, which rounding might carry over to zero.
template <class D>
HWY_INLINE void store(D d, hn::Vec<D> values, std::uint16_t* to) {
  const hn::RebindToUnsigned<D> tag;
  const hn::Rebind<std::uint16_t, D> halves;
  const auto bits = hn::BitCast(tag, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(tag, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(tag, 0x7FFF)));
  const auto kept =
      hn::IfThenElse(hn::RebindMask(tag, hn::IsNaN(values)), hn::Set(tag, 0x7FC00000), rounded);
  hn::StoreU(hn::TruncateTo(halves, hn::ShiftRight<16>(kept)), halves, to);
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

template <class Value>
HWY_INLINE void moments_of(const Value* x, std::size_t rows, std::size_t channels,
                           const float* shift, double* moments) {
  add_column_sums(rows, channels, moments,
                  [&](auto d, std::size_t place, std::size_t c, auto& sum, auto& squares) HWY_ATTR {
                    const auto centred = hn::Sub(load(d, x + place), hn::LoadU(d, shift + c));
                    sum = hn::Add(sum, centred);
                    squares = hn::MulAdd(centred, centred, squares);
                  });
}

template <class Value>
HWY_INLINE void gradient_sums_of(const Value* gradient, const Value* x, std::size_t rows,
                                 std::size_t channels, const float* mean, double* sums) {
  add_column_sums(rows, channels, sums,
                  [&](auto d, std::size_t place, std::size_t c, auto& sum, auto& product) HWY_ATTR {
                    const auto g = load(d, gradient + place);
                    const auto centred = hn::Sub(load(d, x + place), hn::LoadU(d, mean + c));
                    sum = hn::Add(sum, g);
                    product = hn::MulAdd(g, centred, product);
                  });
}

template <class Value>
HWY_INLINE void normalise(const Value* x, std::size_t rows, std::size_t channels, const float* mean,
                          const float* scale, const float* shift, Value* out) {
  for (std::size_t row = 0; row < rows; ++row, x += channels, out += channels) {
    for_channels(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto centred = hn::Sub(load(d, x + c), hn::LoadU(d, mean + c));
      store(d, hn::MulAdd(centred, hn::LoadU(d, scale + c), hn::LoadU(d, shift + c)), out + c);
    });
  }
}

template <class Value>
HWY_INLINE void gradient_of(const Value* gradient, const Value* x, std::size_t rows,
                            std::size_t channels, const float* mean, const float* scale,
                            const float* slope, const float* shift, Value* out) {
  for (std::size_t row = 0; row < rows;
       ++row, gradient += channels, x += channels, out += channels) {
    for_channels(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto centred = hn::Sub(load(d, x + c), hn::LoadU(d, mean + c));
      const auto along = hn::MulAdd(centred, hn::LoadU(d, slope + c), hn::LoadU(d, shift + c));
      store(d, hn::MulAdd(load(d, gradient + c), hn::LoadU(d, scale + c), along), out + c);
    });
  }
}

// HWY_EXPORT takes no templates.

void float_moments(const float* x, std::size_t rows, std::size_t channels, const float* shift,
                   double* moments) {
  moments_of(x, rows, channels, shift, moments);
}

void bf16_moments(const std::uint16_t* x, std::size_t rows, std::size_t channels,
                  const float* shift, double* moments) {
  moments_of(x, rows, channels, shift, moments);
}

void float_gradient_sums(const float* gradient, const float* x, std::size_t rows,
                         std::size_t channels, const float* mean, double* sums) {
  gradient_sums_of(gradient, x, rows, channels, mean, sums);
}

void bf16_gradient_sums(const std::uint16_t* gradient, const std::uint16_t* x, std::size_t rows,
                        std::size_t channels, const float* mean, double* sums) {
  gradient_sums_of(gradient, x, rows, channels, mean, sums);
}

void float_normalise(const float* x, std::size_t rows, std::size_t channels, const float* mean,
                     const float* scale, const float* shift, float* out) {
  normalise(x, rows, channels, mean, scale, shift, out);
}

void bf16_normalise(const std::uint16_t* x, std::size_t rows, std::size_t channels,
                    const float* mean, const float* scale, const float* shift, std::uint16_t* out) {
  normalise(x, rows, channels, mean, scale, shift, out);
}

void float_gradient(const float* gradient, const float* x, std::size_t rows, std::size_t channels,
                    const float* mean, const float* scale, const float* slope, const float* shift,
                    float* out) {
  gradient_of(gradient, x, rows, channels, mean, scale, slope, shift, out);
}

void bf16_gradient(const std::uint16_t* gradient, const std::uint16_t* x, std::size_t rows,
                   std::size_t channels, const float* mean, const float* scale, const float* slope,
                   const float* shift, std::uint16_t* out) {
  gradient_of(gradient, x, rows, channels, mean, scale, slope, shift, out);
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {
HWY_EXPORT(float_moments);
HWY_EXPORT(bf16_moments);
HWY_EXPORT(float_gradient_sums);
HWY_EXPORT(bf16_gradient_sums);
HWY_EXPORT(float_normalise);
HWY_EXPORT(bf16_normalise);
HWY_EXPORT(float_gradient);
HWY_EXPORT(bf16_gradient);
}  // namespace

template <>
void add_moments(const float* x, std::size_t rows, std::size_t channels, const float* shift,
                 double* moments) {
  DIPTYCH_DISPATCH(float_moments)(x, rows, channels, shift, moments);
}

template <>
void add_moments(const Bf16Bits* x, std::size_t rows, std::size_t channels, const float* shift,
                 double* moments) {
  DIPTYCH_DISPATCH(bf16_moments)(x, rows, channels, shift, moments);
}

template <>
void add_gradient_sums(const float* gradient, const float* x, std::size_t rows,
                       std::size_t channels, const float* mean, double* sums) {
  DIPTYCH_DISPATCH(float_gradient_sums)(gradient, x, rows, channels, mean, sums);
}

template <>
void add_gradient_sums(const Bf16Bits* gradient, const Bf16Bits* x, std::size_t rows,
                       std::size_t channels, const float* mean, double* sums) {
  DIPTYCH_DISPATCH(bf16_gradient_sums)(gradient, x, rows, channels, mean, sums);
}

template <>
void normalise_channels(const float* x, std::size_t rows, std::size_t channels, const float* mean,
                        const float* scale, const float* shift, float* out) {
  DIPTYCH_DISPATCH(float_normalise)(x, rows, channels, mean, scale, shift, out);
}

template <>
void normalise_channels(const Bf16Bits* x, std::size_t rows, std::size_t channels,
                        const float* mean, const float* scale, const float* shift, Bf16Bits* out) {
  DIPTYCH_DISPATCH(bf16_normalise)(x, rows, channels, mean, scale, shift, out);
}

template <>
void normalisation_gradient(const float* gradient, const float* x, std::size_t rows,
                            std::size_t channels, const float* mean, const float* scale,
                            const float* slope, const float* shift, float* out) {
  DIPTYCH_DISPATCH(float_gradient)
  (gradient, x, rows, channels, mean, scale, slope, shift, out);
}

template <>
void normalisation_gradient(const Bf16Bits* gradient, const Bf16Bits* x, std::size_t rows,
                            std::size_t channels, const float* mean, const float* scale,
                            const float* slope, const float* shift, Bf16Bits* out) {
  DIPTYCH_DISPATCH(bf16_gradient)
  (gradient, x, rows, channels, mean, scale, slope, shift, out);
}

}  // namespace diptych::kernels

#endif
