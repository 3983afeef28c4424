#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace diptych::shards {

enum class Compression { gzip, zstd };

/// Returns how bytes are compressed, by their first ones; nothing when they are not.
std::optional<Compression> compression_of(std::span<const std::byte> bytes);

/// Takes unpacked bytes, piece after piece.
using UnpackSink = std::function<void(std::span<const std::byte>)>;

/// Unpacks all members or frames of `packed` into `sink`, with memory that does not grow with
/// either. `name` stands for the file in messages. Throws Error(corrupt_data) for what is damaged
/// or cut, and what the sink throws.
void unpack(Compression compression, std::span<const std::byte> packed, std::string_view name,
            const UnpackSink& sink);

}  // namespace diptych::shards
