// Activation functions on vectors; included once for every instruction set.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstddef>
#include <type_traits>

#include "kernels/activation.h"

#if defined(DIPTYCH_KERNELS_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_KERNELS_ACTIVATION_INL_H
#undef DIPTYCH_KERNELS_ACTIVATION_INL_H
#else
#define DIPTYCH_KERNELS_ACTIVATION_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Returns c0 + c1 x + c2 x^2 + ...
template <class D, class V>
HWY_INLINE V polynomial(D d, V /*x*/, float c0) {
  return hn::Set(d, c0);
}
template <class D, class V, class... Rest>
HWY_INLINE V polynomial(D d, V x, float c0, Rest... rest) {
  return hn::MulAdd(polynomial(d, x, rest...), x, hn::Set(d, c0));
}

/// Returns the error function within 2 ulp. Both polynomials are minimax fits in relative error of
/// erf: erf(x) = x P(x^2) below 1, and 1 - exp(Q(|x|)) with Q ~ ln(erfc) above; at 4 erf has
/// rounded to 1.
template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  const V magnitude = hn::Min(hn::Abs(x), hn::Set(d, 4.0F));
  const V small = hn::Mul(
      x, polynomial(d, hn::Mul(x, x), 1.1283791065F, -0.37612625957F, 0.11283600330F,
                    -0.026854444295F, 0.0051895352080F, -0.00080208410509F, 7.8891192970e-5F));
  const V log_complement =
      polynomial(d, magnitude, -0.00035370892147F, -1.1270400286F, -0.63822561502F, -0.10303743183F,
                 0.021805351600F, -0.0029396156315F, 0.00018557489966F);
  const V large = hn::CopySign(hn::Sub(hn::Set(d, 1.0F), hn::Exp(d, log_complement)), x);
  return hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 1.0F)), small, large);
}

/// Returns x sigmoid(scaled) = x / (1 + exp(-scaled)).
template <class D, class V>
HWY_INLINE V sigmoid_unit(D d, V x, V scaled) {
  // exp(88) is close to the largest float; beyond it the quotient is as good as zero.
  const V exponent = hn::Min(hn::Neg(scaled), hn::Set(d, 88.0F));
  return hn::Div(x, hn::Add(hn::Set(d, 1.0F), hn::Exp(d, exponent)));
}

template <Activation kActivation, class D, class V>
HWY_INLINE V activate_vector(D d, V x) {
  if constexpr (kActivation == Activation::relu) return hn::Max(x, hn::Zero(d));
  if constexpr (kActivation == Activation::quick_gelu)
    return sigmoid_unit(d, x, hn::Mul(x, hn::Set(d, 1.702F)));
  if constexpr (kActivation == Activation::silu) return sigmoid_unit(d, x, x);
  if constexpr (kActivation == Activation::sigmoid) return sigmoid_unit(d, hn::Set(d, 1.0F), x);
  if constexpr (kActivation == Activation::gelu) {
    const V half = hn::Mul(x, hn::Set(d, 0.5F));
    return hn::MulAdd(half, erf(d, hn::Mul(x, hn::Set(d, 0.70710678F))), half);
  }
  if constexpr (kActivation == Activation::gelu_tanh) {
    // (1 + tanh(u)) / 2 = sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3).
    const V cubic = hn::MulAdd(hn::Mul(hn::Mul(x, x), x), hn::Set(d, 0.044715F), x);
    return sigmoid_unit(d, x, hn::Mul(cubic, hn::Set(d, 2.0F * 0.79788456F)));
  }
  return x;
}

template <Activation kActivation>
void activate_all(float* values, std::size_t count) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(activate_vector<kActivation>(d, hn::LoadU(d, values + i)), d, values + i);
  // One value at a time gives the same bits as a vector of them: the operations are the same.
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i)
    hn::StoreU(activate_vector<kActivation>(one, hn::LoadU(one, values + i)), one, values + i);
}

/// Calls body(constant), whose value is the activation: code that is made for each.
template <typename Body>
HWY_INLINE void with_activation(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::none:
      return body(std::integral_constant<Activation, Activation::none>());
    case Activation::relu:
      return body(std::integral_constant<Activation, Activation::relu>());
    case Activation::quick_gelu:
      return body(std::integral_constant<Activation, Activation::quick_gelu>());
    case Activation::gelu:
      return body(std::integral_constant<Activation, Activation::gelu>());
    case Activation::gelu_tanh:
      return body(std::integral_constant<Activation, Activation::gelu_tanh>());
    case Activation::silu:
      return body(std::integral_constant<Activation, Activation::silu>());
    case Activation::sigmoid:
      return body(std::integral_constant<Activation, Activation::sigmoid>());
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
