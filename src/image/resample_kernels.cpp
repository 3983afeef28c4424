#include "image/resample_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resample_kernels.cpp"
#include <hwy/foreach_target.h>
// foreach_target comes first: it includes this file once for each instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diptych::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int32_t kRounding = 1 << (kWeightBits - 1);

HWY_INLINE std::uint8_t round_to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

#if HWY_TARGET == HWY_SCALAR

void filter_rows(const std::uint8_t* in, std::size_t in_stride, int channels,
                 const FilterBank& bank, const std::int32_t* /*weights*/, std::uint8_t* out,
                 std::size_t out_stride) {
  const auto step = static_cast<std::size_t>(channels);
  for (std::size_t r = 0; r < kRowBlock; ++r)
    for (std::size_t i = 0; i < bank.first.size() * step; ++i) {
      const std::size_t x = i / step;
      const std::uint8_t* p =
          in + r * in_stride + static_cast<std::size_t>(bank.first[x]) * step + i % step;
      std::int32_t sum = kRounding;
      for (int t = 0; t < bank.count[x]; ++t) sum += bank.row(x)[t] * p[t * channels];
      out[r * out_stride + i] = round_to_byte(sum);
    }
}

#else

// One pixel fills a 128-bit block of four 32-bit lanes. 16 loaded bytes hold at least four pixels,
// so vectors are capped at four blocks.
using Lanes = hn::CappedTag<std::int32_t, 16>;
using Bytes = hn::Repartition<std::uint8_t, Lanes>;

/// Byte indices that spread consecutive packed pixels over the blocks, channel by channel.
HWY_INLINE hn::Vec<Bytes> spread_indices(int channels) {
  constexpr std::uint8_t kZero = 128;
  HWY_ALIGN std::uint8_t indices[64];
  for (int i = 0; i < 64; ++i) {
    const int pixel = i / 16;
    const int channel = i % 16 / 4;
    const bool used = i % 4 == 0 && channel < channels;
    indices[i] = used ? static_cast<std::uint8_t>(pixel * channels + channel) : kZero;
  }
  return hn::Load(Bytes(), indices);
}

/// Consecutive pixels, one a block, as 32-bit lanes.
HWY_INLINE hn::Vec<Lanes> load_pixels(const std::uint8_t* pixels, hn::Vec<Bytes> indices) {
  return hn::BitCast(Lanes(), hn::TableLookupBytesOr0(hn::LoadDup128(Bytes(), pixels), indices));
}

template <class D>
HWY_INLINE hn::Vec128<std::int32_t> sum_of_blocks(D /*d*/, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

/// Rounds the sums of one pixel to 8 bits and stores four bytes; of three channels the last byte
/// means nothing and is overwritten by the next pixel.
HWY_INLINE void store_pixel(hn::Vec<Lanes> sums, std::uint8_t* out) {
  const hn::Full128<std::int32_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const auto rounded = hn::Add(sum_of_blocks(Lanes(), sums), hn::Set(d, kRounding));
  hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kWeightBits>(rounded)), d8, out);
}

void filter_rows(const std::uint8_t* in, std::size_t in_stride, int channels,
                 const FilterBank& bank, const std::int32_t* weights, std::uint8_t* out,
                 std::size_t out_stride) {
  static_assert(kRowBlock == 4);
  const Lanes d;
  const auto indices = spread_indices(channels);
  const auto pixel_bytes = static_cast<std::size_t>(channels);
  const std::size_t padded_taps = static_cast<std::size_t>(bank.taps + 3) / 4 * 4;
  const int step = static_cast<int>(hn::Lanes(d)) / 4;
  for (std::size_t x = 0; x < bank.first.size(); ++x, out += pixel_bytes) {
    const std::uint8_t* p = in + static_cast<std::size_t>(bank.first[x]) * pixel_bytes;
    const std::int32_t* weight = weights + x * padded_taps * 4;
    auto sum0 = hn::Zero(d);
    auto sum1 = hn::Zero(d);
    auto sum2 = hn::Zero(d);
    auto sum3 = hn::Zero(d);
    for (int t = 0; t < bank.count[x]; t += step, p += step * channels) {
      const auto w = hn::LoadU(d, weight + t * 4);
      sum0 = hn::Add(sum0, hn::Mul(w, load_pixels(p, indices)));
      sum1 = hn::Add(sum1, hn::Mul(w, load_pixels(p + in_stride, indices)));
      sum2 = hn::Add(sum2, hn::Mul(w, load_pixels(p + 2 * in_stride, indices)));
      sum3 = hn::Add(sum3, hn::Mul(w, load_pixels(p + 3 * in_stride, indices)));
    }
    store_pixel(sum0, out);
    store_pixel(sum1, out + out_stride);
    store_pixel(sum2, out + 2 * out_stride);
    store_pixel(sum3, out + 3 * out_stride);
  }
}

#endif  // HWY_TARGET

void filter_column(const std::uint8_t* in, std::size_t stride, const std::int32_t* weights,
                   int count, std::uint8_t* out, std::size_t bytes) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const std::size_t lanes = hn::Lanes(d);
  const auto load = [&](const std::uint8_t* p) { return hn::PromoteTo(d, hn::LoadU(d8, p)); };
  const auto store = [&](hn::Vec<decltype(d)> sum, std::uint8_t* p) {
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kWeightBits>(sum)), d8, p);
  };
  std::size_t x = 0;
  for (; x + 4 * lanes <= bytes; x += 4 * lanes) {
    auto sum0 = hn::Set(d, kRounding);
    auto sum1 = sum0;
    auto sum2 = sum0;
    auto sum3 = sum0;
    const std::uint8_t* p = in + x;
    for (int t = 0; t < count; ++t, p += stride) {
      const auto w = hn::Set(d, weights[t]);
      sum0 = hn::Add(sum0, hn::Mul(w, load(p)));
      sum1 = hn::Add(sum1, hn::Mul(w, load(p + lanes)));
      sum2 = hn::Add(sum2, hn::Mul(w, load(p + 2 * lanes)));
      sum3 = hn::Add(sum3, hn::Mul(w, load(p + 3 * lanes)));
    }
    store(sum0, out + x);
    store(sum1, out + x + lanes);
    store(sum2, out + x + 2 * lanes);
    store(sum3, out + x + 3 * lanes);
  }
  for (; x < bytes; ++x) {
    std::int32_t sum = kRounding;
    for (int t = 0; t < count; ++t)
      sum += weights[t] * in[static_cast<std::size_t>(t) * stride + x];
    out[x] = round_to_byte(sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace diptych::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::image {

HWY_EXPORT(filter_rows);
HWY_EXPORT(filter_column);

void filter_rows(const std::uint8_t* in, std::size_t in_stride, int channels,
                 const FilterBank& bank, std::span<const std::int32_t> weights, std::uint8_t* out,
                 std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(filter_rows)
  (in, in_stride, channels, bank, weights.data(), out, out_stride);
}

void filter_column(const std::uint8_t* in, std::size_t stride, const std::int32_t* weights,
                   int count, std::uint8_t* out, std::size_t bytes) {
  HWY_DYNAMIC_DISPATCH(filter_column)(in, stride, weights, count, out, bytes);
}

std::vector<std::int32_t> spread_weights(const FilterBank& bank) {
  const auto taps = static_cast<std::size_t>(bank.taps);
  const std::size_t padded_taps = (taps + 3) / 4 * 4;
  std::vector<std::int32_t> spread(bank.first.size() * padded_taps * 4, 0);
  for (std::size_t i = 0; i < bank.first.size(); ++i)
    for (std::size_t t = 0; t < taps; ++t)
      std::fill_n(spread.begin() + static_cast<std::ptrdiff_t>((i * padded_taps + t) * 4), 4,
                  bank.row(i)[t]);
  return spread;
}

}  // namespace diptych::image
#endif
