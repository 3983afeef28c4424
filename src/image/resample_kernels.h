#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image/filter_bank.h"

namespace diptych::image {

/// Rows that filter_rows works on at a time.
constexpr int kRowBlock = 4;
/// Bytes that may be read or written past the last pixel of a row given to filter_rows.
constexpr std::size_t kRowSlack = 64;

/// Filters `kRowBlock` rows of 3- or 4-channel pixels along x. Row r is read at in + r * in_stride
/// and written at out + r * out_stride, bank.first.size() pixels; both need kRowSlack bytes after
/// each row. `weights` is spread_weights(bank). Uses the widest vectors that the CPU has.
void filter_rows(const std::uint8_t* in, std::size_t in_stride, int channels,
                 const FilterBank& bank, std::span<const std::int32_t> weights, std::uint8_t* out,
                 std::size_t out_stride);

/// Returns the bank's weights as filter_rows reads them: taps padded with zeros to a multiple of 4,
/// each weight four times in a row, once for each channel (of three, the last lane has no use).
std::vector<std::int32_t> spread_weights(const FilterBank& bank);

/// Filters one output row along y: byte x of `out` is the weighted sum of byte x in `count` rows,
/// `stride` bytes apart. Reads and writes exactly `bytes` bytes a row.
void filter_column(const std::uint8_t* in, std::size_t stride, const std::int32_t* weights,
                   int count, std::uint8_t* out, std::size_t bytes);

}  // namespace diptych::image
