#include "checkpoint/containers/gguf.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "checkpoint/containers/byte_reader.h"
#include "checkpoint/containers/ggml_blocks.h"

// The format: ggml's docs/gguf.md.

namespace diptych::checkpoint {
namespace {

constexpr std::uint32_t kGgufMagic = 0x46554747;  // "GGUF"
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint32_t kMaxGgufDimensions = 8;
constexpr std::size_t kMaxKey = 65'535;
constexpr std::size_t kMaxShownText = 4096;

enum class ValueType : std::uint32_t {
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  float32,
  boolean,
  text,
  array,
  uint64,
  int64,
  float64,
};

/// A tensor as the header states it.
struct TensorEntry {
  std::string name;
  Shape shape;
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
};

class GgufReader {
 public:
  GgufReader(std::span<const std::byte> bytes, const std::string& name)
      : reader_(bytes, "gguf", name) {}

  Gguf read() {
    reader_.skip(sizeof kGgufMagic);
    const auto version = reader_.read<std::uint32_t>();
    if (version != 2 && version != 3) {
      fail(ErrorCode::unsupported, "gguf: got version {}, expected 2 or 3 ({})", version,
           reader_.name());
    }
    const auto tensors = reader_.read<std::uint64_t>();
    const auto pairs = reader_.read<std::uint64_t>();
    for (std::uint64_t i = 0; i < pairs; ++i) read_pair();
    std::vector<TensorEntry> entries;
    for (std::uint64_t i = 0; i < tensors; ++i) entries.push_back(read_entry());
    place(entries);
    return std::move(result_);
  }

 private:
  std::string text(std::size_t limit) {
    const std::string_view value = reader_.take_text(reader_.read<std::uint64_t>());
    if (value.size() > limit || !is_utf8(value))
      fail(ErrorCode::corrupt_data, "gguf: expected a text in UTF-8 ({})", reader_.name());
    return std::string(value);
  }

  void read_pair() {
    const std::string key = text(kMaxKey);
    const ValueType type{reader_.read<std::uint32_t>()};
    if (key == "general.alignment" && type == ValueType::uint32) {
      alignment_ = reader_.read<std::uint32_t>();
      return;
    }
    const std::string value = type == ValueType::array ? read_array() : read_value(type);
    if (value.size() <= kMaxShownText) result_.metadata.emplace(key, value);
  }

  template <typename T>
  std::string number() {
    return fmt::format("{}", reader_.read<T>());
  }

  std::string read_value(ValueType type) {
    switch (type) {
      case ValueType::uint8:
        return number<std::uint8_t>();
      case ValueType::int8:
        return number<std::int8_t>();
      case ValueType::uint16:
        return number<std::uint16_t>();
      case ValueType::int16:
        return number<std::int16_t>();
      case ValueType::uint32:
        return number<std::uint32_t>();
      case ValueType::int32:
        return number<std::int32_t>();
      case ValueType::float32:
        return number<float>();
      case ValueType::boolean:
        return reader_.read<std::uint8_t>() != 0 ? "true" : "false";
      case ValueType::text:
        return text(reader_.remaining());
      case ValueType::uint64:
        return number<std::uint64_t>();
      case ValueType::int64:
        return number<std::int64_t>();
      case ValueType::float64:
        return number<double>();
      default:
        fail(ErrorCode::unsupported, "gguf: value type {} ({})", static_cast<std::uint32_t>(type),
             reader_.name());
    }
  }

  /// A few numbers as "1, 2, 3"; of longer arrays and of texts only how many there are.
  std::string read_array() {
    constexpr std::uint64_t kMaxShown = 16;
    const ValueType type{reader_.read<std::uint32_t>()};
    const auto count = reader_.read<std::uint64_t>();
    const bool shown = type != ValueType::text && count <= kMaxShown;
    std::string values;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (type == ValueType::text) {
        reader_.skip(reader_.read<std::uint64_t>());
      } else {
        const std::string value = read_value(type);
        if (shown) values += (values.empty() ? "" : ", ") + value;
      }
    }
    return shown ? values : fmt::format("{} values", count);
  }

  TensorEntry read_entry() {
    TensorEntry entry{.name = text(kMaxKey)};
    const auto dimensions = reader_.read<std::uint32_t>();
    if (dimensions > kMaxGgufDimensions) {
      fail(ErrorCode::corrupt_data, "gguf: tensor {}: got {} dimensions, expected at most {} ({})",
           entry.name, dimensions, kMaxGgufDimensions, reader_.name());
    }
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      const auto size = reader_.read<std::uint64_t>();
      if (size > INT64_MAX)
        fail(ErrorCode::corrupt_data, "gguf: tensor {}: a size of {} ({})", entry.name, size,
             reader_.name());
      entry.shape.push_back(static_cast<std::int64_t>(size));
    }
    std::reverse(entry.shape.begin(), entry.shape.end());
    entry.type = reader_.read<std::uint32_t>();
    entry.offset = reader_.read<std::uint64_t>();
    return entry;
  }

  void place(const std::vector<TensorEntry>& entries) {
    if (alignment_ == 0 || alignment_ > (1U << 20))
      fail(ErrorCode::corrupt_data, "gguf: alignment {} ({})", alignment_, reader_.name());
    const std::uint64_t begin = (reader_.position() + alignment_ - 1) / alignment_ * alignment_;
    for (const TensorEntry& entry : entries) {
      const GgmlType* type = find_ggml_type(entry.type);
      if (type == nullptr) {
        fail(ErrorCode::unsupported, "gguf: tensor {}: ggml type {} ({})", entry.name, entry.type,
             reader_.name());
      }
      const auto count = static_cast<std::uint64_t>(element_count(entry.shape));
      if (count % type->block != 0 ||
          (type->block > 1 && (entry.shape.empty() || entry.shape.back() % type->block != 0))) {
        fail(ErrorCode::corrupt_data, "gguf: tensor {}: got rows that are no multiple of {} ({})",
             entry.name, type->block, reader_.name());
      }
      reader_.seek(checked_add(begin, entry.offset, "gguf: offset"));
      const auto bytes =
          reader_.take(checked_multiply(count / type->block, type->bytes, "gguf: tensor bytes"));
      if (result_.tensors.tensors.contains(entry.name)) {
        fail(ErrorCode::corrupt_data, "gguf: tensor {} occurs twice ({})", entry.name,
             reader_.name());
      }
      if (type->dtype) {
        result_.tensors.tensors.emplace(entry.name, TensorView{*type->dtype, entry.shape, bytes});
      } else {
        add_quantised(entry, *type, bytes);
      }
    }
  }

  /// Quantised tensors must not share their bytes, so that what they become is at most eight times
  /// the file.
  void add_quantised(const TensorEntry& entry, const GgmlType& type,
                     std::span<const std::byte> bytes) {
    quantised_ += bytes.size();
    if (quantised_ > reader_.bytes().size())
      fail(ErrorCode::corrupt_data, "gguf: tensors share their bytes ({})", reader_.name());
    result_.tensors.tensors.emplace(
        entry.name, computed_tensor(DType::float32, entry.shape,
                                    [type, bytes](auto out) { dequantise(type, bytes, out); }));
  }

  ByteReader reader_;
  Gguf result_;
  std::uint64_t alignment_ = kDefaultAlignment;
  std::uint64_t quantised_ = 0;
};

}  // namespace

bool looks_like_gguf(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0;
  if (bytes.size() < sizeof magic) return false;
  std::memcpy(&magic, bytes.data(), sizeof magic);
  return magic == kGgufMagic;
}

Gguf read_gguf(std::span<const std::byte> bytes, const std::string& name,
               std::shared_ptr<const void> keep_alive) {
  Gguf result = GgufReader(bytes, name).read();
  result.tensors.storage.push_back(std::move(keep_alive));
  return result;
}

}  // namespace diptych::checkpoint
