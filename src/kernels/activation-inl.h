// Activation functions on vectors; included once for every instruction set.
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

/// Coefficients of P and Q in f(x) = x P(x^2) / Q(x^2), for f odd and rising to 1: minimax fits in
/// relative error up to `bound`, where f has rounded to 1. Such a quotient costs half of what an
/// exponential function does, and is as good for values that 1 is added to.
template <std::size_t kTerms>
struct OddQuotient {
  float bound;
  float numerator[kTerms];
  float denominator[kTerms];
};
inline constexpr OddQuotient<6> kErf = {
    3.9F,
    {1.1283791F, 0.18966714F, 0.052668113F, 0.0037383568F, 0.00028506204F, 2.0664659e-6F},
    {1.0F, 0.5014209F, 0.11381908F, 0.014914298F, 0.0011573781F, 3.8269936e-5F}};
inline constexpr OddQuotient<5> kTanh = {
    9.0F,
    {1.0F, 0.13380997F, 0.0034955537F, 2.0608517e-5F, 1.3353891e-8F},
    {1.0F, 0.46714312F, 0.025876852F, 0.00032855786F, 7.7762394e-7F}};

/// Returns c[0] + c[1] x + c[2] x^2 + ...
template <std::size_t kTerms, class D, class V>
HWY_INLINE V polynomial(D d, V x, const float (&c)[kTerms]) {
  V sum = hn::Set(d, c[kTerms - 1]);
  for (std::size_t i = kTerms - 1; i-- > 0;) sum = hn::MulAdd(sum, x, hn::Set(d, c[i]));
  return sum;
}

/// Returns f(x) within 4e-7, from -1 to 1.
template <std::size_t kTerms, class D, class V>
HWY_INLINE V evaluate(D d, const OddQuotient<kTerms>& f, V x) {
  const V bounded = hn::Clamp(x, hn::Set(d, -f.bound), hn::Set(d, f.bound));
  const V square = hn::Mul(bounded, bounded);
  const V quotient = hn::Div(hn::Mul(bounded, polynomial(d, square, f.numerator)),
                             polynomial(d, square, f.denominator));
  return hn::Clamp(quotient, hn::Set(d, -1.0F), hn::Set(d, 1.0F));
}

/// Returns x (1 + f(scaled)) / 2. With tanh that is x sigmoid(2 scaled).
template <std::size_t kTerms, class D, class V>
HWY_INLINE V gate(D d, V x, const OddQuotient<kTerms>& f, V scaled) {
  const V half = hn::Mul(x, hn::Set(d, 0.5F));
  return hn::MulAdd(half, evaluate(d, f, scaled), half);
}

template <Activation kActivation, class D, class V>
HWY_INLINE V activate_vector(D d, V x) {
  if constexpr (kActivation == Activation::relu) return hn::Max(x, hn::Zero(d));
  if constexpr (kActivation == Activation::quick_gelu)
    return gate(d, x, kTanh, hn::Mul(x, hn::Set(d, 0.5F * 1.702F)));
  if constexpr (kActivation == Activation::silu)
    return gate(d, x, kTanh, hn::Mul(x, hn::Set(d, 0.5F)));
  if constexpr (kActivation == Activation::sigmoid)
    return gate(d, hn::Set(d, 1.0F), kTanh, hn::Mul(x, hn::Set(d, 0.5F)));
  if constexpr (kActivation == Activation::gelu)
    return gate(d, x, kErf, hn::Mul(x, hn::Set(d, 0.70710678F)));
  if constexpr (kActivation == Activation::gelu_tanh) {
    const V cubic = hn::MulAdd(hn::Mul(hn::Mul(x, x), x), hn::Set(d, 0.044715F), x);
    return gate(d, x, kTanh, hn::Mul(cubic, hn::Set(d, 0.79788456F)));  // sqrt(2 / pi)
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
