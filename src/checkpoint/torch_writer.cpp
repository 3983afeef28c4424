#include "checkpoint/torch_writer.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "checkpoint/convert_floating.h"
#include "checkpoint/zip_writer.h"

namespace diptych::checkpoint {
namespace {

constexpr std::array<std::pair<DType, std::string_view>, 10> kStorages = {
    {{DType::float32, "FloatStorage"},
     {DType::float16, "HalfStorage"},
     {DType::bfloat16, "BFloat16Storage"},
     {DType::float64, "DoubleStorage"},
     {DType::int8, "CharStorage"},
     {DType::uint8, "ByteStorage"},
     {DType::int16, "ShortStorage"},
     {DType::int32, "IntStorage"},
     {DType::int64, "LongStorage"},
     {DType::boolean, "BoolStorage"}}};

std::string_view storage_class(DType dtype) {
  for (const auto& [known, name] : kStorages) {
    if (known == dtype) return name;
  }
  fail(ErrorCode::internal, "dtype {} has no storage class", name(dtype));
}

/// Writes the opcodes of protocol 2 that a state dict needs; Python's Lib/pickletools.py documents
/// each.
class PickleWriter {
 public:
  /// The dictionary stands under a key of another one, unless that is empty.
  explicit PickleWriter(std::string_view under) : bytes_("\x80\x02"), nested_(!under.empty()) {
    if (nested_) {
      bytes_ += '}';
      text(under);
    }
    bytes_ += "}(";
  }

  /// One item of the dictionary: the tensor over the storage named `key`.
  void add(const std::string& tensor, DType dtype, const Shape& shape, const std::string& key) {
    text(tensor);
    bytes_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    text("storage");
    bytes_ += fmt::format("ctorch\n{}\n", storage_class(dtype));
    text(key);
    text("cpu");
    integer(element_count(shape));
    bytes_ += "tQ";
    integer(0);
    integers(shape);
    integers(dense_strides(shape));
    bytes_ +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }

  std::string finish() && { return std::move(bytes_) + (nested_ ? "us." : "u."); }

 private:
  static Shape dense_strides(const Shape& shape) {
    Shape strides(shape.size());
    std::int64_t stride = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  template <typename T>
  void raw(T value) {
    std::array<char, sizeof value> buffer;
    std::memcpy(buffer.data(), &value, sizeof value);
    bytes_.append(buffer.data(), buffer.size());
  }

  void text(std::string_view value) {
    bytes_ += 'X';
    raw(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }

  void integer(std::int64_t value) {
    bytes_ += "\x8a\x08";
    raw(value);
  }

  void integers(const Shape& values) {
    bytes_ += '(';
    for (const std::int64_t value : values) integer(value);
    bytes_ += 't';
  }

  std::string bytes_;
  bool nested_;
};

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

DType written_dtype(const TensorView& view, std::optional<DType> floating) {
  return floating && is_floating(view.dtype) ? *floating : view.dtype;
}

std::string write_pickle(const TensorMap& tensors, std::optional<DType> floating,
                         std::string_view under) {
  PickleWriter pickle(under);
  std::size_t key = 0;
  for (const auto& [tensor, view] : tensors.tensors) {
    if (!is_utf8(tensor)) fail(ErrorCode::invalid_argument, "torch: a tensor's name is not UTF-8");
    pickle.add(tensor, written_dtype(view, floating), view.shape, std::to_string(key++));
  }
  return std::move(pickle).finish();
}

}  // namespace

void write_torch_archive(const std::filesystem::path& path, const TensorMap& tensors,
                         std::optional<DType> floating, std::string_view under) {
  ZipWriter zip(path);
  zip.add("archive/data.pkl", as_bytes(write_pickle(tensors, floating, under)));
  zip.add("archive/byteorder", as_bytes("little"));
  std::size_t key = 0;
  for (const auto& [tensor, view] : tensors.tensors) {
    const std::string entry = "archive/data/" + std::to_string(key++);
    const DType dtype = written_dtype(view, floating);
    if (dtype == view.dtype) {
      zip.add(entry, DenseTensor(view).bytes());
    } else {
      zip.add(entry, convert_floating(tensor, view, dtype).bytes());
    }
    MappedFile::release_pages(view.bytes);
  }
  zip.add("archive/version", as_bytes("3\n"));
  zip.commit();
}

}  // namespace diptych::checkpoint
