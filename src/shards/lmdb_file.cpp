#include "shards/lmdb_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/as_text.h"
#include "base/error.h"

namespace diptych::shards {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kPageHeader = 16;
constexpr std::uint64_t kNodeHeader = 8;
constexpr std::uint32_t kMetaMagic = 0xBEEFC0DE;
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr int kDeepest = 32;

// Of a page.
constexpr unsigned kBranch = 0x01;
constexpr unsigned kLeaf = 0x02;
constexpr unsigned kOverflow = 0x04;
constexpr unsigned kMeta = 0x08;
// Of an entry.
constexpr unsigned kLongValue = 0x01;

/// The number at an offset, which lies within.
template <typename Number>
Number number_at(std::string_view bytes, std::uint64_t offset) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

struct LmdbFile::Meta {
  std::uint64_t page_size = 0;
  std::uint64_t root = 0;
  std::uint64_t entries = 0;
  std::uint64_t transaction = 0;
  unsigned flags = 0;
};

struct LmdbFile::Page {
  std::string_view bytes;
  unsigned flags = 0;
  std::uint64_t nodes = 0;

  /// A node from its header to the page's end; empty: there is none so far.
  std::string_view node(std::uint64_t index) const {
    const auto begin = number_at<std::uint16_t>(bytes, kPageHeader + 2 * index);
    return begin + kNodeHeader > bytes.size() ? std::string_view() : bytes.substr(begin);
  }
};

LmdbFile::LmdbFile(const std::filesystem::path& path)
    : file_(path), bytes_(as_text(file_.bytes())) {
  const Meta meta = last_commit();
  constexpr unsigned kSeveralValues = 0x04;
  if ((meta.flags & kSeveralValues) != 0) {
    fail(ErrorCode::unsupported, "database: got keys with several values, expected one each ({})",
         name());
  }
  page_size_ = meta.page_size;
  if (meta.root != kNoPage) read_page(meta.root, 0);
  if (entries_.size() != meta.entries) damaged("another number of entries than it says");
  const auto is_not_below = [](const Entry& a, const Entry& b) { return a.key >= b.key; };
  if (std::adjacent_find(entries_.begin(), entries_.end(), is_not_below) != entries_.end())
    damaged("keys out of order");
}

std::optional<std::string_view> LmdbFile::find(std::string_view key) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const Entry& entry, std::string_view text) { return entry.key < text; });
  if (found == entries_.end() || found->key != key) return std::nullopt;
  return found->value;
}

std::optional<LmdbFile::Meta> LmdbFile::meta_at(std::uint64_t offset) const {
  constexpr std::uint64_t kMetaSize = 136;
  if (offset + kPageHeader + kMetaSize > bytes_.size()) return std::nullopt;
  const auto flags = number_at<std::uint16_t>(bytes_, offset + 10);
  const std::string_view meta = bytes_.substr(offset + kPageHeader);
  const bool is_one = (flags & kMeta) != 0 && number_at<std::uint32_t>(meta, 0) == kMetaMagic &&
                      number_at<std::uint32_t>(meta, 4) == 1;
  if (!is_one) return std::nullopt;
  // After magic, version, address and size: the free pages' tree, in whose record the page size
  // is, and the entries' tree, of 48 bytes each.
  const std::string_view free = meta.substr(24);
  const std::string_view main = meta.substr(72);
  return Meta{.page_size = number_at<std::uint32_t>(free, 0),
              .root = number_at<std::uint64_t>(main, 40),
              .entries = number_at<std::uint64_t>(main, 32),
              .transaction = number_at<std::uint64_t>(meta, 128),
              .flags = number_at<std::uint16_t>(main, 4)};
}

LmdbFile::Meta LmdbFile::last_commit() const {
  const std::optional<Meta> first = meta_at(0);
  if (!first || !std::has_single_bit(first->page_size) || first->page_size < 512 ||
      first->page_size > 65'536) {
    damaged("no database of LMDB");
  }
  const std::optional<Meta> second = meta_at(first->page_size);
  if (!second || second->page_size != first->page_size) return *first;
  return second->transaction > first->transaction ? *second : *first;
}

LmdbFile::Page LmdbFile::page_at(std::uint64_t number) const {
  if (number >= bytes_.size() / page_size_) damaged("a page beyond its end");
  const std::string_view bytes = bytes_.substr(number * page_size_, page_size_);
  Page page{.bytes = bytes, .flags = number_at<std::uint16_t>(bytes, 10)};
  if (number_at<std::uint64_t>(bytes, 0) != number) damaged("a page in another's place");
  const auto lower = number_at<std::uint16_t>(bytes, 12);
  if ((page.flags & kOverflow) != 0) return page;
  if (lower < kPageHeader || lower > page_size_) damaged("a page with a wrong table");
  page.nodes = (lower - kPageHeader) / 2;
  return page;
}

void LmdbFile::read_page(std::uint64_t number, int depth) {
  // Pages that lead to one another would be read for ever.
  if (depth > kDeepest || ++pages_read_ > bytes_.size() / page_size_) damaged("pages in a circle");
  const Page page = page_at(number);
  if ((page.flags & kLeaf) != 0) return read_leaf(page);
  if ((page.flags & kBranch) == 0) damaged("a page of another kind within its tree");
  for (std::uint64_t i = 0; i < page.nodes; ++i) {
    const std::string_view node = page.node(i);
    if (node.empty()) damaged("a node beyond its page");
    read_page(
        number_at<std::uint32_t>(node, 0) | std::uint64_t{number_at<std::uint16_t>(node, 4)} << 32U,
        depth + 1);
  }
}

void LmdbFile::read_leaf(const Page& page) {
  for (std::uint64_t i = 0; i < page.nodes; ++i) {
    const std::string_view node = page.node(i);
    if (node.empty()) damaged("a node beyond its page");
    const std::uint64_t value_size = number_at<std::uint32_t>(node, 0);
    const auto flags = number_at<std::uint16_t>(node, 4);
    const std::uint64_t key_size = number_at<std::uint16_t>(node, 6);
    const bool is_long = (flags & kLongValue) != 0;
    if (flags > kLongValue) {
      fail(ErrorCode::unsupported, "database: got another one within it, expected entries ({})",
           name());
    }
    const std::uint64_t here = is_long ? sizeof(std::uint64_t) : value_size;
    if (kNodeHeader + key_size + here > node.size()) damaged("an entry beyond its page");
    const std::string_view value = node.substr(kNodeHeader + key_size, here);
    entries_.push_back(
        {node.substr(kNodeHeader, key_size),
         is_long ? long_value(number_at<std::uint64_t>(value, 0), value_size) : value});
  }
}

std::string_view LmdbFile::long_value(std::uint64_t number, std::uint64_t size) const {
  const Page page = page_at(number);
  if ((page.flags & kOverflow) == 0) damaged("a value in a page of another kind");
  const std::uint64_t begin = number * page_size_ + kPageHeader;
  if (size > bytes_.size() - begin) damaged("a value beyond its end");
  return bytes_.substr(begin, size);
}

void LmdbFile::damaged(std::string_view what) const {
  fail(ErrorCode::corrupt_data, "database: got {}, expected a whole data.mdb ({})", what, name());
}

}  // namespace diptych::shards
