#include "checkpoint/containers/npz.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "checkpoint/containers/byte_reader.h"

// The format: numpy/lib/format.py. A magic string, two version bytes, the header's length and the
// header, which is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }

namespace diptych::checkpoint {
namespace {

constexpr std::string_view kEnding = ".npy";
constexpr std::string_view kNpyMagic = "\x93NUMPY";

constexpr std::array<std::pair<std::string_view, DType>, 10> kNpyTypes = {
    {{"<f4", DType::float32},
     {"<f2", DType::float16},
     {"<f8", DType::float64},
     {"|V2", DType::bfloat16},
     {"|i1", DType::int8},
     {"|u1", DType::uint8},
     {"<i2", DType::int16},
     {"<i4", DType::int32},
     {"<i8", DType::int64},
     {"|b1", DType::boolean}}};

/// The header's dictionary, read strictly: its values are quoted texts, True, False and tuples of
/// whole numbers.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& entry, const std::string& name)
      : text_(text), entry_(entry), name_(name) {}

  TensorView read() {
    TensorView view;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        view.dtype = dtype(quoted());
      } else if (key == "shape") {
        view.shape = shape();
      } else if (key == "fortran_order") {
        fortran_ = boolean();
      } else {
        refuse("descr, fortran_order and shape");
      }
      accept(',');
    }
    if (fortran_ && view.shape.size() > 1) {
      fail(ErrorCode::unsupported, "npy: {}: an array in Fortran order ({})", entry_, name_);
    }
    return view;
  }

 private:
  void skip_spaces() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size()));
  }

  bool accept(char c) {
    skip_spaces();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) refuse("a dictionary");
  }

  std::string_view quoted() {
    expect('\'');
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) refuse("a quoted text");
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value;
  }

  bool boolean() {
    skip_spaces();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    refuse("True or False");
  }

  Shape shape() {
    Shape sizes;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) refuse("sizes of at least 0");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      sizes.push_back(size);
      accept(',');
    }
    return sizes;
  }

  DType dtype(std::string_view descr) const {
    for (const auto& [known, dtype] : kNpyTypes) {
      if (descr == known) return dtype;
    }
    fail(ErrorCode::unsupported, "npy: {}: a dtype that diptych has not ({})", entry_, name_);
  }

  [[noreturn]] void refuse(std::string_view expected) const {
    fail(ErrorCode::corrupt_data, "npy: {}: expected {} in its header ({})", entry_, expected,
         name_);
  }

  std::string_view text_;
  const std::string& entry_;
  const std::string& name_;
  bool fortran_ = false;
};

TensorView read_npy(std::span<const std::byte> bytes, const std::string& entry,
                    const std::string& name) {
  ByteReader reader(bytes, "npy: " + entry, name);
  if (reader.take_text(kNpyMagic.size()) != kNpyMagic)
    fail(ErrorCode::corrupt_data, "npy: {}: no array of numpy ({})", entry, name);
  const auto version = reader.read<std::uint8_t>();
  reader.skip(1);
  const std::uint32_t length =
      version == 1 ? reader.read<std::uint16_t>() : reader.read<std::uint32_t>();
  TensorView view = HeaderReader(reader.take_text(length), entry, name).read();
  const std::uint64_t expected = checked_multiply(
      static_cast<std::uint64_t>(element_count(view.shape)), size_of(view.dtype), "npy: bytes");
  if (reader.remaining() != expected) {
    fail(ErrorCode::corrupt_data, "npy: {}: got {} bytes, expected {} ({})", entry,
         reader.remaining(), expected, name);
  }
  view.bytes = reader.take(expected);
  return view;
}

}  // namespace

bool looks_like_npz(const ZipArchive& archive) {
  const auto& entries = archive.entries();
  return !entries.empty() && std::all_of(entries.begin(), entries.end(), [](const auto& entry) {
    return entry.first.ends_with(kEnding);
  });
}

TensorMap read_npz(const ZipArchive& archive, const std::string& name,
                   std::shared_ptr<const void> keep_alive) {
  TensorMap map;
  for (const auto& [entry, content] : archive.entries()) {
    map.tensors.emplace(entry.substr(0, entry.size() - kEnding.size()),
                        read_npy(archive.find(entry)->bytes, entry, name));
  }
  map.storage.push_back(std::move(keep_alive));
  return map;
}

}  // namespace diptych::checkpoint
