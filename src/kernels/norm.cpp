#include "kernels/norm.h"

#include <cmath>

#include "base/error.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The sum of term(x[i]), `term` working on vectors and, for the last few, on single values.
template <class Term>
HWY_INLINE float sum_row(const float* x, std::size_t width, const Term& term) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  auto sums = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= width; i += hn::Lanes(d))
    sums = hn::Add(sums, term(d, hn::LoadU(d, x + i)));
  float rest = 0.0F;
  for (; i < width; ++i) rest += hn::GetLane(term(one, hn::LoadU(one, x + i)));
  return hn::GetLane(hn::SumOfLanes(d, sums)) + rest;
}

template <class D>
HWY_INLINE void scale_and_shift(D d, const float* x, float mean, float scale, const float* weight,
                                const float* bias, float* out) {
  const auto centred = hn::Sub(hn::LoadU(d, x), hn::Set(d, mean));
  const auto normed = hn::Mul(centred, hn::Set(d, scale));
  hn::StoreU(hn::MulAdd(normed, hn::LoadU(d, weight), hn::LoadU(d, bias)), d, out);
}

void layer_norm_row(const float* x, std::size_t width, const float* weight, const float* bias,
                    float epsilon, float* out) {
  const auto count = static_cast<float>(width);
  const float mean = sum_row(x, width, [](auto /*d*/, auto v) HWY_ATTR { return v; }) / count;
  const float variance = sum_row(x, width,
                                 [mean](auto d, auto v) HWY_ATTR {
                                   const auto centred = hn::Sub(v, hn::Set(d, mean));
                                   return hn::Mul(centred, centred);
                                 }) /
                         count;
  const float scale = 1.0F / std::sqrt(variance + epsilon);
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= width; i += hn::Lanes(d))
    scale_and_shift(d, x + i, mean, scale, weight + i, bias + i, out + i);
  for (; i < width; ++i) scale_and_shift(one, x + i, mean, scale, weight + i, bias + i, out + i);
}

template <class D>
HWY_INLINE void scale_by(D d, const float* x, float scale, const float* weight, float* out) {
  const auto normed = hn::Mul(hn::LoadU(d, x), hn::Set(d, scale));
  hn::StoreU(hn::Mul(normed, hn::LoadU(d, weight)), d, out);
}

void rms_norm_row(const float* x, std::size_t width, const float* weight, float epsilon,
                  float* out) {
  const float squares =
      sum_row(x, width, [](auto /*d*/, auto v) HWY_ATTR { return hn::Mul(v, v); });
  const float scale = 1.0F / std::sqrt(squares / static_cast<float>(width) + epsilon);
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= width; i += hn::Lanes(d))
    scale_by(d, x + i, scale, weight + i, out + i);
  for (; i < width; ++i) scale_by(one, x + i, scale, weight + i, out + i);
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {
namespace {
HWY_EXPORT(layer_norm_row);
HWY_EXPORT(rms_norm_row);
}  // namespace

void layer_norm(ConstMatrixView x, const float* weight, const float* bias, float epsilon,
                MatrixView out, ThreadPool& pool) {
  ensure(out.rows == x.rows && out.width == x.width, "layer_norm: shapes fit");
  const auto normalise_row = DIPTYCH_DISPATCH(layer_norm_row);
  for_each_row(x.rows, x.width, pool, [&](int row) {
    normalise_row(x.row(row), static_cast<std::size_t>(x.width), weight, bias, epsilon,
                  out.row(row));
  });
}

void rms_norm(ConstMatrixView x, const float* weight, float epsilon, MatrixView out,
              ThreadPool& pool) {
  ensure(out.rows == x.rows && out.width == x.width, "rms_norm: shapes fit");
  const auto normalise_row = DIPTYCH_DISPATCH(rms_norm_row);
  for_each_row(x.rows, x.width, pool, [&](int row) {
    normalise_row(x.row(row), static_cast<std::size_t>(x.width), weight, epsilon, out.row(row));
  });
}

}  // namespace diptych::kernels

#endif
