// Products on Intel's AMX (Architecture Instruction Set Extensions, chapter 3), which Highway does
// not know: intrinsics, called only where `has_amx` found the unit.
#include "kernels/amx.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/error.h"
#include "kernels/ahead.h"
#include "kernels/matrix.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIPTYCH_AMX __attribute__((target("amx-tile,amx-bf16,amx-int8")))

namespace diptych::kernels {
namespace {

bool processor_has_amx() {
  constexpr unsigned kBf16 = 1U << 22;
  constexpr unsigned kTile = 1U << 24;
  constexpr unsigned kInt8 = 1U << 25;
  constexpr unsigned kAll = kBf16 | kTile | kInt8;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAll) == kAll;
}

bool ask_for_tiles() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

/// What ldtilecfg reads.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

constexpr int kTiles = 8;
constexpr std::size_t kTileBytes = 64;  ///< of a row
constexpr std::size_t kPanelBytes = std::size_t{kPanelWidth} * 4;

/// To the compiler, tiles' instructions read and write no memory, or eight bytes: what they read
/// must be written, and what they wrote is to be read from memory.
void finish_writing() {
  asm volatile("" ::: "memory");
}

DIPTYCH_AMX void load_shapes(const TileShapes& shapes) {
  finish_writing();
  _tile_loadconfig(&shapes);
}

DIPTYCH_AMX void release_tiles() {
  _tile_release();
}

struct Bf16 {};
struct Int8 {};

/// Adds the products of two tiles to a third. A macro, as tiles are part of an instruction's name.
#define DIPTYCH_ADD_PRODUCTS(sums, inputs, weights) \
  if constexpr (std::is_same_v<Dot, Bf16>) {        \
    _tile_dpbf16ps(sums, inputs, weights);          \
  } else {                                          \
    _tile_dpbusd(sums, inputs, weights);            \
  }

template <typename Dot>
DIPTYCH_AMX void repeat_product(const std::uint32_t* numbers, int times) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, numbers, kTileBytes);
  _tile_loadd(5, numbers, kTileBytes);
  _tile_loadd(6, numbers, kTileBytes);
  _tile_loadd(7, numbers, kTileBytes);
  for (int i = 0; i < times; ++i) {
    DIPTYCH_ADD_PRODUCTS(0, 4, 6)
    DIPTYCH_ADD_PRODUCTS(1, 4, 7)
    DIPTYCH_ADD_PRODUCTS(2, 5, 6)
    DIPTYCH_ADD_PRODUCTS(3, 5, 7)
  }
}

/// One tile of rows, or a pair, the second from row `second` on. Tiles 0 to 3 are sums: upper rows
/// left and right, lower rows left and right; 4 and 5 inputs of upper and lower rows; 6 and 7 the
/// weights of the panel's left and right half.
template <typename Dot, bool kPair>
DIPTYCH_AMX void multiply_tiles(const DotProduct& product, int second, const WorkBeside& beside,
                                void* sums) {
  const std::size_t stride = product.a_stride * 4;
  const std::uint32_t* lower = product.a + static_cast<std::size_t>(second) * product.a_stride;
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kPair) {
    _tile_zero(2);
    _tile_zero(3);
  }
  const int steps = steps_of(product.words);
  for (int step = 0; step < steps; ++step) {
    const int k = step * kStepWords;
    const std::uint32_t* b = product.b + panel_offset(1, k);
    _tile_loadd(4, product.a + k, stride);
    _tile_loadd(6, b, kPanelBytes);
    _tile_loadd(7, b + kPanelWidth / 2, kPanelBytes);
    if constexpr (kPair) _tile_loadd(5, lower + k, stride);
    DIPTYCH_ADD_PRODUCTS(0, 4, 6)
    DIPTYCH_ADD_PRODUCTS(1, 4, 7)
    if constexpr (kPair) {
      DIPTYCH_ADD_PRODUCTS(2, 5, 6)
      DIPTYCH_ADD_PRODUCTS(3, 5, 7)
    }
    if (beside.in_step != nullptr) beside.in_step(beside.context, step);
  }
  auto* out = static_cast<std::uint8_t*>(sums);
  _tile_stored(0, out, kPanelBytes);
  _tile_stored(1, out + kTileBytes, kPanelBytes);
  if constexpr (kPair) {
    auto* lower_out = out + static_cast<std::size_t>(second) * kPanelBytes;
    _tile_stored(2, lower_out, kPanelBytes);
    _tile_stored(3, lower_out + kTileBytes, kPanelBytes);
  }
}

template <typename Dot>
void multiply(const DotProduct& product, const TileRows& tiles, const WorkBeside& beside,
              void* sums) {
  finish_writing();
  if (tiles.single()) {
    multiply_tiles<Dot, false>(product, 0, beside, sums);
  } else {
    multiply_tiles<Dot, true>(product, tiles.second(), beside, sums);
  }
  finish_writing();
}

}  // namespace

bool has_amx() {
  static const bool has = processor_has_amx() && ask_for_tiles();
  return has;
}

TileState::TileState(int height) {
  TileShapes shapes;
  std::fill_n(shapes.row_bytes, kTiles, kTileBytes);
  std::fill_n(shapes.rows, kTiles, static_cast<std::uint8_t>(height));
  shapes.rows[6] = shapes.rows[7] = kTileRows;
  load_shapes(shapes);
}

TileState::~TileState() {
  release_tiles();
}

// Only with this target does the compiler ask for lines to be written and not to be read.
__attribute__((target("prfchw"))) void ask_to_write(const void* first, int lines) {
  const auto* bytes = static_cast<const std::uint8_t*>(first);
  for (int line = 0; line < lines; ++line)
    __builtin_prefetch(bytes + std::ptrdiff_t{line} * Ahead::kLineBytes, 1);
}

void amx_bf16(const DotProduct& product, const TileRows& tiles, const WorkBeside& beside,
              float* sums) {
  multiply<Bf16>(product, tiles, beside, sums);
}

void amx_int8(const DotProduct& product, const TileRows& tiles, const WorkBeside& beside,
              std::int32_t* sums) {
  multiply<Int8>(product, tiles, beside, sums);
}

std::int64_t multiply_in_registers(Unit unit) {
  constexpr int kTimes = 1 << 17;
  const bool bf16 = unit == Unit::amx_bf16;
  // As bf16 1 to 2, as int8 of both signs, all different.
  std::array<std::uint32_t, kTileRows * kStepWords> numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = 0x3F813F80U + static_cast<std::uint32_t>(i % 64) * 0x00010001U;
  const TileState state(kTileRows);
  finish_writing();
  (bf16 ? repeat_product<Bf16> : repeat_product<Int8>)(numbers.data(), kTimes);
  const Element element = bf16 ? Element::bf16 : Element::int8;
  return std::int64_t{4} * kTimes * kTileRows * kTileRows * kStepWords * elements_per_word(element);
}

}  // namespace diptych::kernels

#else

namespace diptych::kernels {

bool has_amx() {
  return false;
}

TileState::TileState(int /*height*/) {
  ensure(false, "this processor has AMX");
}

TileState::~TileState() = default;

void ask_to_write(const void* /*first*/, int /*lines*/) {
  ensure(false, "this processor has AMX");
}

void amx_bf16(const DotProduct& /*product*/, const TileRows& /*tiles*/,
              const WorkBeside& /*beside*/, float* /*sums*/) {
  ensure(false, "this processor has AMX");
}

void amx_int8(const DotProduct& /*product*/, const TileRows& /*tiles*/,
              const WorkBeside& /*beside*/, std::int32_t* /*sums*/) {
  ensure(false, "this processor has AMX");
}

std::int64_t multiply_in_registers(Unit /*unit*/) {
  ensure(false, "this processor has AMX");
  return 0;
}

}  // namespace diptych::kernels

#endif

namespace diptych::kernels {

// Two tiles a pair: a tile alone would read the weights twice as often.
TileRows::TileRows(int rows)
    : rows_(rows),
      pairs_((rows + 2 * kTileRows - 1) / (2 * kTileRows)),
      height_(single() ? rows : (rows + 2 * pairs_ - 1) / (2 * pairs_)) {}

int TileRows::first(int pair) const {
  return std::min(pair * pair_rows(), rows_ - pair_rows());
}

}  // namespace diptych::kernels
