#include "engine/machine_peaks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "kernels/amx.h"
#include "kernels/gemm.h"
#include "kernels/unit.h"

namespace diptych::engine {
namespace {

constexpr double kEnoughSeconds = 0.1;

/// Returns the shortest time of a work that is repeated for a while.
double shortest_seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  double shortest = 1e9;
  for (double spent = 0.0; spent < kEnoughSeconds;) {
    const auto start = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    shortest = std::min(shortest, seconds);
    spent += seconds;
  }
  return shortest;
}

/// Returns the rate of a product of square matrices of this side.
double product_rate(int side, kernels::Format format, ThreadPool& pool) {
  const auto values = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  const std::vector<float> weights(values, 0.5F);
  kernels::PackedLinear layer(side, side, format);
  for (int panel = 0; panel < layer.panels(); ++panel) layer.set_panel(panel, weights.data());
  kernels::AlignedBuffer in(values);
  kernels::AlignedBuffer out(values);
  std::fill_n(in.data(), values, 0.25F);
  const auto stride = static_cast<std::size_t>(side);
  const kernels::MatrixView x{in.data(), side, side, stride};
  const kernels::MatrixView y{out.data(), side, side, stride};
  const double seconds = shortest_seconds(
      [&] { kernels::gemm(x, layer, kernels::Activation::none, nullptr, y, pool); });
  return 2.0 * side * static_cast<double>(values) / seconds;
}

/// Returns the rate of AMX in registers, of all threads of a pool at once.
double tile_rate(kernels::Unit unit, ThreadPool& pool) {
  const auto threads = static_cast<std::size_t>(pool.size());
  std::atomic<std::int64_t> products = 0;
  const double seconds = shortest_seconds([&] {
    products = 0;
    pool.run(threads, [&](std::size_t) { products += kernels::multiply_in_registers(unit); });
  });
  return 2.0 * static_cast<double>(products) / seconds;
}

/// Returns how fast memory beyond all caches is read.
double reading_rate(ThreadPool& pool) {
  constexpr std::size_t kBytes = std::size_t{1} << 28;
  constexpr std::size_t kPart = std::size_t{1} << 17;  // numbers
  const std::vector<std::uint64_t> numbers(kBytes / sizeof(std::uint64_t), 1);
  std::atomic<std::uint64_t> sum = 0;
  const double seconds = shortest_seconds([&] {
    pool.run(numbers.size() / kPart, [&](std::size_t part) {
      const auto* begin = numbers.data() + part * kPart;
      sum += std::accumulate(begin, begin + kPart, std::uint64_t{0});
    });
  });
  return static_cast<double>(kBytes) / seconds;
}

}  // namespace

MachinePeaks measure_peaks(kernels::Format format, ThreadPool& pool) {
  MachinePeaks peaks;
  const kernels::Unit unit = kernels::unit_for(format.multiplied);
  if (kernels::works_on_tiles(unit)) {
    // Which no product comes near: tiles are read more slowly than they are multiplied.
    peaks.flops_per_second = tile_rate(unit, pool);
  } else {
    // Whole panels, in caches of any size and with work for many threads.
    for (const int side : {256, 512, 1024})
      peaks.flops_per_second = std::max(peaks.flops_per_second, product_rate(side, format, pool));
  }
  peaks.bytes_per_second = reading_rate(pool);
  return peaks;
}

}  // namespace diptych::engine
