// Products on AVX-512's units for bf16 and int8, which Highway 1.0 does not know: intrinsics,
// compiled for those units and called only where `unit_for` found them.
#include "kernels/dot_product.h"

#include "base/error.h"
#include "kernels/matrix.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <utility>

#define DIPTYCH_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,avx512vnni")))

namespace diptych::kernels {
namespace {

constexpr int kLanes = 16;
/// How far ahead of its use b is asked for: eight of its rows.
constexpr std::ptrdiff_t kPrefetchDistance = std::ptrdiff_t{8} * kPanelWidth;

struct Bf16 {
  using Value = float;
  using Sums = __m512;
  DIPTYCH_TARGET static Sums zero() { return _mm512_setzero_ps(); }
  DIPTYCH_TARGET static Sums add_products(Sums sums, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
  DIPTYCH_TARGET static void store(float* to, Sums sums) { _mm512_storeu_ps(to, sums); }
};

struct Int8 {
  using Value = std::int32_t;
  using Sums = __m512i;
  DIPTYCH_TARGET static Sums zero() { return _mm512_setzero_si512(); }
  DIPTYCH_TARGET static Sums add_products(Sums sums, __m512i a, __m512i b) {
    return _mm512_dpbusd_epi32(sums, a, b);
  }
  DIPTYCH_TARGET static void store(std::int32_t* to, Sums sums) { _mm512_storeu_si512(to, sums); }
};

/// All sums of the tile are in registers: two vectors a row.
template <typename Dot, int kRows>
DIPTYCH_TARGET void dot_tile(const DotProduct& product, typename Dot::Value* out) {
  typename Dot::Sums sums[kRows][2];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) sums[r][0] = sums[r][1] = Dot::zero();
  const std::uint32_t* b = product.b;
  for (int k = 0; k < product.words; ++k, b += kPanelWidth) {
    product.ahead.ask(k);
    _mm_prefetch(reinterpret_cast<const char*>(b + kPrefetchDistance), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(b + kPrefetchDistance + kLanes), _MM_HINT_T0);
    const __m512i b0 = _mm512_load_si512(b);
    const __m512i b1 = _mm512_load_si512(b + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const std::size_t at = static_cast<std::size_t>(r) * product.a_stride;
      const __m512i a =
          _mm512_set1_epi32(static_cast<int>(product.a[at + static_cast<std::size_t>(k)]));
      sums[r][0] = Dot::add_products(sums[r][0], a, b0);
      sums[r][1] = Dot::add_products(sums[r][1], a, b1);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    Dot::store(out + r * kPanelWidth, sums[r][0]);
    Dot::store(out + r * kPanelWidth + kLanes, sums[r][1]);
  }
}

template <typename Dot, int... kRows>
void dot(const DotProduct& product, int rows, typename Dot::Value* sums,
         std::integer_sequence<int, kRows...> /*rows*/) {
  static constexpr std::array kTiles = {&dot_tile<Dot, kRows + 1>...};
  kTiles.at(static_cast<std::size_t>(rows) - 1)(product, sums);
}

}  // namespace

void dot_bf16(const DotProduct& product, int rows, float* sums) {
  dot<Bf16>(product, rows, sums, std::make_integer_sequence<int, kDotRows>());
}

void dot_int8(const DotProduct& product, int rows, std::int32_t* sums) {
  dot<Int8>(product, rows, sums, std::make_integer_sequence<int, kDotRows>());
}

}  // namespace diptych::kernels

#else

namespace diptych::kernels {

void dot_bf16(const DotProduct& /*product*/, int /*rows*/, float* /*sums*/) {
  ensure(false, "this processor has a unit for bf16");
}

void dot_int8(const DotProduct& /*product*/, int /*rows*/, std::int32_t* /*sums*/) {
  ensure(false, "this processor has a unit for int8");
}

}  // namespace diptych::kernels

#endif
