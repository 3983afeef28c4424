#include "kernels/activation.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/activation-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

void activate_matrix(Activation activation, MatrixView x) {
  if (activation == Activation::none) return;
  with_activation(activation, [&](auto chosen) {
    for (int row = 0; row < x.rows; ++row)
      activate_all<chosen()>(x.row(row), static_cast<std::size_t>(x.width));
  });
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {
HWY_EXPORT(activate_matrix);
}  // namespace

void activate(Activation activation, MatrixView x) {
  DIPTYCH_DISPATCH(activate_matrix)(activation, x);
}

}  // namespace diptych::kernels

#endif
