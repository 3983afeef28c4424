#include "shards/source_file.h"

#include <algorithm>
#include <array>

#include "base/as_text.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/temporary_file.h"
#include "shards/unpack.h"

namespace diptych::shards {
namespace {

/// Text and JSON pack to a tenth, pictures hardly at all: more than this is made to fill a disk.
constexpr std::uint64_t kMaxRatio = 1000;
constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{64} << 20;

MappedFile unpacked(const MappedFile& packed, Compression compression) {
  const std::uint64_t limit =
      std::min(kMaxUnpackedBytes, kAlwaysAllowed + kMaxRatio * packed.bytes().size());
  NamelessFile file;
  std::uint64_t total = 0;
  unpack(compression, packed.bytes(), packed.name(), [&](std::span<const std::byte> piece) {
    total += piece.size();
    if (total > limit) {
      fail(ErrorCode::out_of_memory,
           "compressed file: got over {} bytes unpacked, expected fewer ({})", limit,
           packed.name());
    }
    file.write(piece, packed.name());
  });
  return file.map();
}

MappedFile open(const std::filesystem::path& path) {
  MappedFile file = open_input(path);
  if (file.bytes().empty())
    fail(ErrorCode::corrupt_data, "source: got an empty file, expected samples ({})", file.name());
  const std::optional<Compression> compression = compression_of(file.bytes());
  return compression ? unpacked(file, *compression) : std::move(file);
}

}  // namespace

SourceFile::SourceFile(const std::filesystem::path& path)
    : name_(path.string()), file_(open(path)) {}

std::optional<std::string_view> foreign_content(std::span<const std::byte> bytes) {
  struct Signature {
    std::string_view bytes;
    std::string_view meaning;
  };
  static constexpr std::array<Signature, 12> kSignatures = {{
      {"PK\x03\x04", "a zip archive (or a spreadsheet)"},
      {"PAR1", "a Parquet table"},
      {"BZh", "data packed with bzip2"},
      {"\xFD"
       "7zXZ",
       "data packed with xz"},
      {"7z\xBC\xAF\x27\x1C", "a 7z archive"},
      {"Rar!", "a RAR archive"},
      {"\xFF\xD8\xFF", "a picture"},
      {"\x89PNG", "a picture"},
      {"version https://git-lfs", "a Git LFS pointer, not the file itself"},
      {"<!DOCTYPE", "an HTML page"},
      {"<html", "an HTML page"},
      {"{", "JSON"},
  }};
  const std::string_view text = as_text(bytes);
  for (const Signature& signature : kSignatures) {
    if (text.starts_with(signature.bytes)) return signature.meaning;
  }
  return std::nullopt;
}

}  // namespace diptych::shards
