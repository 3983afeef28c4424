#include "kernels/gemm.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/ahead.h"
#include "kernels/gemm_block.h"
#include "kernels/unpack.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/activation-inl.h"
#include "kernels/gemm-inl.h"
// clang-format on

#ifndef DIPTYCH_KERNELS_GEMM_CPP
#define DIPTYCH_KERNELS_GEMM_CPP

namespace diptych::kernels {

/// Sums are formed over this many inputs at a time and then added up, which also keeps rounding
/// errors small. Part of what makes a result: a change changes every embedding's last bits.
constexpr int kDepthBlock = 512;

/// Inputs [first, first + count) of a panel in float32 [count, kPanelWidth]: where they lie, or
/// unpacked into this thread's memory.
inline const float* panel_floats(const PackedLinear& layer, int panel, int first, int count) {
  if (layer.format().stored == Element::fp32)
    return reinterpret_cast<const float*>(layer.panel(panel)) + panel_offset(1, first);
  thread_local AlignedBuffer unpacked(panel_offset(1, kDepthBlock));
  unpack_floats(layer, panel, first, count, unpacked.data());
  return unpacked.data();
}

/// The part of the weights that a block multiplies after this one, as it lies; nothing where it is
/// unpacked first or there is none.
inline Ahead ahead_of(const GemmBlock& block, int panel, int depth) {
  const PackedLinear& layer = *block.layer;
  const bool last = panel + 1 == block.last_panel;
  const int next = last ? block.first_panel : panel + 1;
  const int first = last ? depth + kDepthBlock : depth;
  if (layer.format().stored != Element::fp32 || first >= layer.inputs()) return {};
  const int count = std::min(kDepthBlock, layer.inputs() - first);
  const auto bytes = panel_offset(1, count) * sizeof(float);
  return {panel_floats(layer, next, first, count), static_cast<int>(bytes) / Ahead::kLineBytes};
}

}  // namespace diptych::kernels

#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

void multiply_block(const GemmBlock& block) {
  const int inputs = block.layer->inputs();
  const int rows = block.rows();
  for (int depth = 0; depth < inputs; depth += kDepthBlock) {
    const bool last = depth + kDepthBlock >= inputs;
    for (int panel = block.first_panel; panel < block.last_panel; ++panel) {
      const int column = panel * kPanelWidth;
      const int count = std::min(kDepthBlock, inputs - depth);
      PanelProduct product{.a = block.x.row(block.first_row) + depth,
                           .a_stride = block.x.stride,
                           .b = panel_floats(*block.layer, panel, depth, count),
                           .depth = count,
                           .c = block.out.row(block.first_row) + column,
                           .c_stride = block.out.stride,
                           .accumulate = depth > 0,
                           .ahead = ahead_of(block, panel, depth)};
      if (last) product.bias = block.layer->bias() + column;
      if (last && block.residual != nullptr) {
        product.residual = block.residual->row(block.first_row) + column;
        product.residual_stride = block.residual->stride;
      }
      multiply_panel(product, rows);
      if (!last || block.activation == Activation::none) continue;
      with_activation(block.activation, [&](auto chosen) {
        for (int row = 0; row < rows; ++row)
          activate_all<chosen()>(product.c + static_cast<std::size_t>(row) * product.c_stride,
                                 kPanelWidth);
      });
    }
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(multiply_block);

/// Rows of x that one task keeps in its second-level cache, kDepthBlock floats of each.
constexpr int kRowsPerTask = 144;
/// Bytes of them and of two panels of weights where tiles multiply whole rows: two thirds of the
/// cache of a processor with AMX. Tiles are so fast that weights come too slowly from beyond it,
/// unless many rows share each.
constexpr int kBytesPerTask = 1408 << 10;
/// Multiply-adds that make a task worth handing to another thread.
constexpr std::int64_t kMinTaskWork = std::int64_t{1} << 20;
constexpr int kTasksPerThread = 8;

int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

int rows_per_task(const PackedLinear& layer, Unit unit) {
  if (!works_on_tiles(unit)) return kRowsPerTask;
  const int words = words_for(layer.inputs(), layer.format().multiplied);
  return std::max(kRowsPerTask, kBytesPerTask / 4 / words - 2 * kPanelWidth);
}

/// Shares the rows and panels of `whole` among the threads. `operand` holds its rows for a unit
/// that is not `vector`.
void multiply(const GemmBlock& whole, const Operand& operand, Unit unit, ThreadPool& pool) {
  const PackedLinear& layer = *whole.layer;
  const std::int64_t rows = whole.x.rows;
  if (rows == 0) return;
  const int row_blocks = divide_up(whole.x.rows, rows_per_task(layer, unit));
  const std::int64_t work = rows * layer.inputs() * layer.outputs();
  const auto wanted_tasks = static_cast<int>(std::clamp<std::int64_t>(
      work / kMinTaskWork, 1, std::int64_t{kTasksPerThread} * pool.size()));
  const int panels_per_task = divide_up(layer.panels(), divide_up(wanted_tasks, row_blocks));
  const int panel_blocks = divide_up(layer.panels(), panels_per_task);
  pool.run(static_cast<std::size_t>(row_blocks) * panel_blocks, [&](std::size_t task) {
    const int row_block = static_cast<int>(task) % row_blocks;
    const int panel_block = static_cast<int>(task) / row_blocks;
    GemmBlock block = whole;
    block.first_row = static_cast<int>(rows * row_block / row_blocks);
    block.last_row = static_cast<int>(rows * (row_block + 1) / row_blocks);
    block.first_panel = panel_block * panels_per_task;
    block.last_panel = std::min(layer.panels(), (panel_block + 1) * panels_per_task);
    if (unit == Unit::vector) {
      DIPTYCH_DISPATCH(multiply_block)(block);
    } else {
      multiply_reduced_block(block, operand, unit);
    }
  });
}

/// Rounds x as the unit of the layer's format multiplies it.
void round_and_multiply(const GemmBlock& whole, ThreadPool& pool) {
  const Element multiplied = whole.layer->format().multiplied;
  const Unit unit = unit_for(multiplied);
  const Operand operand =
      unit == Unit::vector ? Operand() : make_operand(whole.x, multiplied, pool);
  multiply(whole, operand, unit, pool);
}

template <typename In, typename Out>
void check_shapes(const In& x, const PackedLinear& layer, const Out& out) {
  ensure(x.width == layer.inputs() && out.width == layer.outputs() && out.rows == x.rows,
         "gemm: shapes fit");
  ensure(out.stride >= static_cast<std::size_t>(padded_width(out.width)), "gemm: out has padding");
}

}  // namespace

void gemm(ConstMatrixView x, const PackedLinear& layer, Activation activation,
          const ConstMatrixView* residual, MatrixView out, ThreadPool& pool) {
  check_shapes(x, layer, out);
  round_and_multiply(
      {.x = x, .layer = &layer, .activation = activation, .residual = residual, .out = out}, pool);
}

bool multiplies_bf16(const PackedLinear& layer) {
  return layer.format().multiplied == Element::bf16 && unit_for(Element::bf16) != Unit::vector;
}

void gemm(ConstMatrixView x, const PackedLinear& layer, Activation activation, Bf16MatrixView out,
          ThreadPool& pool) {
  check_shapes(x, layer, out);
  ensure(multiplies_bf16(layer), "gemm: a layer that multiplies bf16");
  round_and_multiply({.x = x, .layer = &layer, .activation = activation, .rounded = out}, pool);
}

void gemm(ConstBf16MatrixView x, const PackedLinear& layer, Activation activation,
          const ConstMatrixView* residual, MatrixView out, ThreadPool& pool) {
  check_shapes(x, layer, out);
  ensure(multiplies_bf16(layer), "gemm: a layer that multiplies bf16");
  ensure(x.stride >= static_cast<std::size_t>(padded_width(x.width)), "gemm: x has padding");
  const Operand operand{.words = reinterpret_cast<const std::uint32_t*>(x.data),
                        .stride = x.stride / elements_per_word(Element::bf16)};
  multiply({.x = {.rows = x.rows, .width = x.width},
            .layer = &layer,
            .activation = activation,
            .residual = residual,
            .out = out},
           operand, unit_for(Element::bf16), pool);
}

}  // namespace diptych::kernels

#endif
