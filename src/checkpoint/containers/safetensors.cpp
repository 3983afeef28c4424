#include "checkpoint/containers/safetensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "checkpoint/containers/convert_floating.h"
#include "json/json.h"

namespace diptych::checkpoint {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr std::size_t kPrefix = 8;  ///< the header's length, 64 bits, little-endian
constexpr std::size_t kAlignment = 64;
constexpr std::string_view kMetadataKey = "__metadata__";
/// The file's object, a tensor's object, its shape.
constexpr int kHeaderDepth = 3;

constexpr std::array<std::pair<std::string_view, DType>, 10> kDTypes = {{{"F32", DType::float32},
                                                                         {"F16", DType::float16},
                                                                         {"BF16", DType::bfloat16},
                                                                         {"F64", DType::float64},
                                                                         {"I8", DType::int8},
                                                                         {"U8", DType::uint8},
                                                                         {"I16", DType::int16},
                                                                         {"I32", DType::int32},
                                                                         {"I64", DType::int64},
                                                                         {"BOOL", DType::boolean}}};
/// In the format, but with no DType of ours.
constexpr std::array<std::string_view, 9> kUnsupportedDTypes = {
    "U16", "U32", "U64", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4"};

DType dtype_of(const std::string& text, const std::string& tensor, const std::string& name) {
  for (const auto& [known, dtype] : kDTypes) {
    if (text == known) return dtype;
  }
  const bool real = std::find(kUnsupportedDTypes.begin(), kUnsupportedDTypes.end(), text) !=
                    kUnsupportedDTypes.end();
  fail(real ? ErrorCode::unsupported : ErrorCode::corrupt_data,
       "safetensors: tensor {}: got dtype {}, expected a floating-point, integer or BOOL type ({})",
       tensor, text, name);
}

std::string_view dtype_name(DType dtype) {
  for (const auto& [text, known] : kDTypes) {
    if (known == dtype) return text;
  }
  fail(ErrorCode::internal, "dtype {} has no safetensors name", name(dtype));
}

/// One tensor as the header states it.
struct HeaderEntry {
  std::string tensor;
  DType dtype;
  Shape shape;
  std::uint64_t begin;
  std::uint64_t end;
};

std::uint64_t header_length(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() < kPrefix) {
    fail(ErrorCode::corrupt_data, "safetensors: got {} bytes, expected at least {} ({})",
         bytes.size(), kPrefix, name);
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kPrefix);
  if (length > kMaxHeader || length > bytes.size() - kPrefix) {
    fail(
        ErrorCode::corrupt_data,
        "safetensors: got a header of {} bytes, expected at most {} and no more than the file ({})",
        length, kMaxHeader, name);
  }
  return length;
}

Json parse_header(std::span<const std::byte> text, const std::string& name) {
  if (text.empty() || text.front() != std::byte{'{'})
    fail(ErrorCode::corrupt_data, "safetensors: the header does not begin with {{ ({})", name);
  return parse_json(text, name, kHeaderDepth);
}

/// A list of `count` (or any number of, when zero) sizes.
std::vector<std::uint64_t> read_sizes(const Json& list, std::size_t count, const std::string& what,
                                      const std::string& name) {
  const bool fits = list.is_array() && (count == 0 || list.size() == count) &&
                    std::all_of(list.begin(), list.end(), [](const Json& size) {
                      return size.is_number_unsigned() && size.get<std::uint64_t>() <= INT64_MAX;
                    });
  if (!fits)
    fail(ErrorCode::corrupt_data, "safetensors: {}: expected a list of sizes ({})", what, name);
  return list.get<std::vector<std::uint64_t>>();
}

HeaderEntry read_entry(const std::string& tensor, const Json& value, const std::string& name) {
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value["dtype"].is_string() || !value.contains("shape") || !value.contains("data_offsets")) {
    fail(ErrorCode::corrupt_data,
         "safetensors: tensor {}: expected dtype, shape and data_offsets ({})", tensor, name);
  }
  const auto sizes = read_sizes(value["shape"], 0, tensor + ".shape", name);
  const auto offsets = read_sizes(value["data_offsets"], 2, tensor + ".data_offsets", name);
  HeaderEntry entry{.tensor = tensor,
                    .dtype = dtype_of(value["dtype"].get<std::string>(), tensor, name),
                    .shape = Shape(sizes.begin(), sizes.end()),
                    .begin = offsets[0],
                    .end = offsets[1]};
  const std::uint64_t bytes =
      checked_multiply(static_cast<std::uint64_t>(element_count(entry.shape)), size_of(entry.dtype),
                       "safetensors: tensor bytes");
  if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
    fail(ErrorCode::corrupt_data,
         "safetensors: tensor {}: got offsets {} to {}, expected {} bytes for {} {} ({})", tensor,
         entry.begin, entry.end, bytes, diptych::name(entry.dtype), to_string(entry.shape), name);
  }
  return entry;
}

Metadata read_metadata(const Json& value, const std::string& name) {
  Metadata metadata;
  const bool fits = value.is_object() && std::all_of(value.begin(), value.end(),
                                                     [](const Json& v) { return v.is_string(); });
  if (!fits)
    fail(ErrorCode::corrupt_data, "safetensors: {}: expected texts ({})", kMetadataKey, name);
  for (const auto& [key, text] : value.items()) metadata.emplace(key, text.get<std::string>());
  return metadata;
}

/// The format's own rule: in the order of their offsets the tensors fill the data exactly.
void check_coverage(std::vector<HeaderEntry>& entries, std::uint64_t data_size,
                    const std::string& name) {
  std::sort(entries.begin(), entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t expected = 0;
  for (const HeaderEntry& entry : entries) {
    if (entry.begin != expected) {
      fail(ErrorCode::corrupt_data,
           "safetensors: tensor {}: begins at {}, expected {}: tensors must not overlap or leave "
           "holes ({})",
           entry.tensor, entry.begin, expected, name);
    }
    expected = entry.end;
  }
  if (expected != data_size) {
    fail(ErrorCode::corrupt_data, "safetensors: got {} bytes of data, expected {} ({})", data_size,
         expected, name);
  }
}

/// A tensor about to be written.
struct Output {
  const std::string* tensor;
  const TensorView* view;
  DType dtype;

  std::uint64_t bytes() const { return static_cast<std::uint64_t>(view->count()) * size_of(dtype); }
  bool fills_lines() const { return bytes() % kAlignment == 0; }
};

/// First the tensors that fill whole cache lines, so that each begins with one and vectors can be
/// loaded from where the file is mapped; then the largest elements first. So every tensor is
/// aligned without padding, which the format forbids.
std::vector<Output> order_outputs(const TensorMap& tensors, std::optional<DType> floating) {
  std::vector<Output> outputs;
  for (const auto& [tensor, view] : tensors.tensors) {
    if (!is_utf8(tensor))
      fail(ErrorCode::invalid_argument, "safetensors: a tensor's name is not UTF-8");
    const bool changes = floating && is_floating(view.dtype);
    outputs.push_back({&tensor, &view, changes ? *floating : view.dtype});
  }
  std::stable_sort(outputs.begin(), outputs.end(), [](const Output& a, const Output& b) {
    if (a.fills_lines() != b.fills_lines()) return a.fills_lines();
    return size_of(a.dtype) > size_of(b.dtype);
  });
  return outputs;
}

std::string make_header(const std::vector<Output>& outputs, const Metadata& metadata) {
  std::vector<std::string> members;
  const auto add = [&](std::string_view key, const nlohmann::ordered_json& value) {
    members.push_back(Json(key).dump() + ":" + value.dump());
  };
  if (!metadata.empty()) add(kMetadataKey, metadata);
  std::uint64_t offset = 0;
  for (const Output& output : outputs) {
    const std::uint64_t bytes = output.bytes();
    add(*output.tensor, {{"dtype", dtype_name(output.dtype)},
                         {"shape", output.view->shape},
                         {"data_offsets", {offset, offset + bytes}}});
    offset += bytes;
  }
  std::string text = fmt::format("{{{}}}", fmt::join(members, ","));
  while ((kPrefix + text.size()) % kAlignment != 0) text.push_back(' ');
  return text;
}

}  // namespace

Safetensors open_safetensors(std::span<const std::byte> bytes, const std::string& name,
                             std::shared_ptr<const void> keep_alive) {
  const std::uint64_t length = header_length(bytes, name);
  const Json header = parse_header(bytes.subspan(kPrefix, length), name);
  const auto data = bytes.subspan(kPrefix + length);
  Safetensors result;
  std::vector<HeaderEntry> entries;
  for (const auto& [key, value] : header.items()) {
    if (key == kMetadataKey) {
      result.metadata = read_metadata(value, name);
    } else {
      entries.push_back(read_entry(key, value, name));
    }
  }
  check_coverage(entries, data.size(), name);
  for (HeaderEntry& entry : entries) {
    result.tensors.tensors.emplace(std::move(entry.tensor),
                                   TensorView{entry.dtype, std::move(entry.shape),
                                              data.subspan(entry.begin, entry.end - entry.begin)});
  }
  result.tensors.storage.push_back(std::move(keep_alive));
  return result;
}

Safetensors open_safetensors(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  const std::string name = file->name();
  return open_safetensors(bytes, name, std::move(file));
}

TensorMap read_safetensors(const std::filesystem::path& path) {
  return open_safetensors(path).tensors;
}

TensorMap read_safetensors(std::span<const std::byte> bytes, const std::string& name,
                           std::shared_ptr<const void> keep_alive) {
  return open_safetensors(bytes, name, std::move(keep_alive)).tensors;
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const Metadata& metadata, std::optional<DType> floating, Existing existing) {
  const std::vector<Output> outputs = order_outputs(tensors, floating);
  const std::string header = make_header(outputs, metadata);
  const std::uint64_t length = header.size();
  AtomicFile file(path, existing);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const Output& output : outputs) {
    if (output.dtype == output.view->dtype) {
      file.write(DenseTensor(*output.view).bytes());
    } else {
      convert_floating(*output.tensor, *output.view, output.dtype,
                       [&](std::span<const std::byte> part) { file.write(part); });
    }
    MappedFile::release_pages(output.view->bytes);
  }
  file.commit();
}

}  // namespace diptych::checkpoint
