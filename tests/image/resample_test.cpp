#include "image/resample.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "image/filter_bank.h"

namespace diptych::image {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes noise(int width, int height, int channels, std::uint64_t seed) {
  Random random(seed);
  Bytes bytes(static_cast<std::size_t>(width * height * channels));
  // Extremes make the cubic overshoot on both sides.
  for (std::uint8_t& byte : bytes)
    byte =
        static_cast<std::uint8_t>(random.below(3) == 0 ? 255 * random.below(2) : random.below(256));
  return bytes;
}

/// The oracle: one pass along rows, written from the definition.
Bytes slow_rows(const Bytes& in, int width, int height, int channels, int out_width,
                Interpolation interpolation) {
  const RealFilterBank bank = real_filter_bank(width, out_width, 0, out_width, interpolation);
  Bytes out;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < out_width; ++x)
      for (int c = 0; c < channels; ++c) {
        const auto at = static_cast<std::size_t>(x);
        std::int64_t sum = 1 << (kWeightBits - 1);
        for (std::size_t t = 0; t < bank.weights[at].size(); ++t) {
          const double scaled = bank.weights[at][t] * (1 << kWeightBits);
          const auto weight = static_cast<std::int64_t>(std::round(scaled));
          const int from = bank.first[at] + static_cast<int>(t);
          sum += weight * in[static_cast<std::size_t>((y * width + from) * channels + c)];
        }
        out.push_back(
            static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kWeightBits, 0, 255)));
      }
  return out;
}

Bytes transpose(const Bytes& in, int width, int height, int channels) {
  Bytes out;
  for (int x = 0; x < width; ++x)
    for (int y = 0; y < height; ++y)
      for (int c = 0; c < channels; ++c)
        out.push_back(in[static_cast<std::size_t>((y * width + x) * channels + c)]);
  return out;
}

Bytes slow_columns(const Bytes& in, int width, int height, int channels, int out_height,
                   Interpolation interpolation) {
  const Bytes turned = slow_rows(transpose(in, width, height, channels), height, width, channels,
                                 out_height, interpolation);
  return transpose(turned, out_height, width, channels);
}

Bytes slow_resample(const PixelView& source, const Bytes& pixels, int width, int height,
                    Interpolation interpolation) {
  const int w = source.width;
  const int h = source.height;
  const int channels = source.channels;
  if (columns_first(source, width, height)) {
    const Bytes columns = slow_columns(pixels, w, h, channels, height, interpolation);
    return slow_rows(columns, w, height, channels, width, interpolation);
  }
  const Bytes rows = slow_rows(pixels, w, h, channels, width, interpolation);
  return slow_columns(rows, width, h, channels, height, interpolation);
}

Bytes cut(const Bytes& in, int width, int channels, const Window& window) {
  Bytes out;
  for (int y = 0; y < window.height; ++y) {
    const auto begin =
        in.begin() + ((window.top + y) * width + window.left) * static_cast<std::int64_t>(channels);
    out.insert(out.end(), begin, begin + window.width * channels);
  }
  return out;
}

/// Runs `body` once for every instruction set that this CPU has.
template <typename Body>
void for_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Resample, EqualsTheOracleOnEveryInstructionSet) {
  // Widths around the lanes of one to four vectors of every set, both ways of scaling.
  const std::pair<int, int> sizes[] = {{1, 1},   {1, 9},   {5, 4},   {6, 33},
                                       {16, 17}, {23, 64}, {65, 31}, {40, 130}};
  for_each_target([&] {
    for (const auto& [w, h] : sizes)
      for (const auto& [out_w, out_h] : sizes)
        for (const int channels : {3, 4})
          for (const auto interpolation : {Interpolation::bicubic, Interpolation::bilinear}) {
            const Bytes pixels = noise(w, h, channels, 1);
            const PixelView source{pixels.data(), w, h, channels,
                                   static_cast<std::size_t>(w * channels)};
            ASSERT_EQ(resample(source, out_w, out_h, {0, 0, out_w, out_h}, interpolation),
                      slow_resample(source, pixels, out_w, out_h, interpolation))
                << w << " x " << h << " x " << channels << " to " << out_w << " x " << out_h;
          }
  });
}

TEST(Resample, WindowsOfPartsOfAPicture) {
  const int width = 50;
  const Bytes pixels = noise(width, 40, 3, 2);
  // A part that begins inside the picture: its neighbours must not leak in.
  const PixelView part{pixels.data() + (7 * width + 5) * 3, 31, 29, 3, width * 3};
  const Bytes packed = cut(pixels, width, 3, {5, 7, 31, 29});
  const Bytes whole = slow_resample(part, packed, 20, 61, Interpolation::bicubic);
  for (const Window window : {Window{0, 0, 20, 61}, Window{3, 11, 9, 17}, Window{19, 60, 1, 1}})
    EXPECT_EQ(resample(part, 20, 61, window, Interpolation::bicubic), cut(whole, 20, 3, window));
}

TEST(Resample, SameSizeIsACopy) {
  const Bytes pixels = noise(13, 11, 3, 3);
  const PixelView source{pixels.data(), 13, 11, 3, 39};
  EXPECT_EQ(resample(source, 13, 11, {0, 0, 13, 11}, Interpolation::bicubic), pixels);
  EXPECT_EQ(resample(source, 13, 11, {2, 3, 5, 4}, Interpolation::bicubic),
            cut(pixels, 13, 3, {2, 3, 5, 4}));
}

TEST(Resample, LongPicturesComputeOnlyTheWindow) {
  // The whole would be 100,000 x 22,400,000 pixels.
  const Bytes pixels = noise(1, 1000, 3, 4);
  const PixelView source{pixels.data(), 1, 1000, 3, 3};
  const Bytes out =
      resample(source, 100'000, 22'400'000, {40'000, 11'000'000, 8, 8}, Interpolation::bicubic);
  EXPECT_EQ(out.size(), 8U * 8 * 3);
}

TEST(FilterBank, WeightsSumToOne) {
  for (const auto& [inputs, outputs] : {std::pair{100, 7}, {7, 100}, {1, 1}, {3, 3}, {1000, 999}}) {
    const FilterBank bank = filter_bank(inputs, outputs, 0, outputs, Interpolation::bicubic);
    for (std::size_t i = 0; i < bank.first.size(); ++i) {
      std::int64_t sum = 0;
      for (int t = 0; t < bank.count[i]; ++t) sum += bank.row(i)[t];
      EXPECT_NEAR(static_cast<double>(sum), 1 << kWeightBits, 0.5 * bank.taps + 1.0);
      EXPECT_GE(bank.first[i], 0);
      EXPECT_LE(bank.first[i] + bank.count[i], inputs);
    }
  }
}

}  // namespace
}  // namespace diptych::image
