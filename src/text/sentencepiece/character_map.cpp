#include "text/sentencepiece/character_map.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"

// A map is the size of a trie in bytes (32 bits), the trie, and replacements, each ended by a zero
// byte. The trie is a double array of Darts-clone's (Aoe, IEEE TSE 15, 1989): units of 32 bits that
// hold a label, a leaf mark and the offset of the children, or a leaf's value, the place of a
// replacement. Equal endings may share their units.

namespace diptych::text {
namespace {

/// The longest pattern that is taken, in bytes; the published maps have far shorter ones.
constexpr int kMaxPattern = 128;
/// How many patterns may start at one place: as many as the library has room for.
constexpr int kMaxPatternsAtOnce = 31;
/// The longest replacement, so that no map blows a text up without bound.
constexpr std::size_t kMaxReplacement = 256;

class Trie {
 public:
  Trie(std::string_view units, std::string_view replacements, std::string_view name)
      : units_(units), replacements_(replacements), name_(name), leaves_(size(), kUnseen) {}

  void check() {
    if (size() == 0) refuse();
    visit(0, 0);
  }

 private:
  static constexpr std::int8_t kUnseen = -2;
  static constexpr std::int8_t kOpen = -1;

  std::size_t size() const { return units_.size() / 4; }

  std::uint32_t unit(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(units_[4 * at + i]);
    return value;
  }

  static std::size_t offset(std::uint32_t unit) {
    return static_cast<std::size_t>(unit >> 10) << ((unit & (1U << 9)) >> 6);
  }
  static bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
  static std::uint32_t label(std::uint32_t unit) { return unit & (1U << 31 | 0xff); }
  static std::uint32_t value(std::uint32_t unit) { return unit & ~(1U << 31); }

  [[noreturn]] void refuse() const {
    fail(ErrorCode::corrupt_data, "character map: got a broken trie of {} units ({})", size(),
         name_);
  }

  void check_leaf(std::size_t at) const {
    const std::size_t place = value(unit(at));
    if (place >= replacements_.size()) refuse();
    const std::size_t length = replacements_.find('\0', place) - place;
    if (length > kMaxReplacement) {
      fail(ErrorCode::corrupt_data,
           "character map: got a replacement of {} bytes, expected at most {} ({})", length,
           kMaxReplacement, name_);
    }
  }

  /// The most patterns that end on one way down from a unit, itself included.
  int visit(std::size_t at, int depth) {
    if (leaves_[at] == kOpen || depth > kMaxPattern) refuse();
    if (leaves_[at] != kUnseen) return leaves_[at];
    leaves_[at] = kOpen;
    const std::uint32_t here = unit(at);
    const std::size_t children = at ^ offset(here);
    // Any byte of a text may be looked up.
    if ((children | 0xff) >= size()) refuse();
    const bool ends = depth > 0 && has_leaf(here);
    if (ends) check_leaf(children);
    int below = 0;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::size_t child = children ^ byte;
      if (label(unit(child)) == byte) below = std::max(below, visit(child, depth + 1));
    }
    const int most = below + (ends ? 1 : 0);
    if (most > kMaxPatternsAtOnce) refuse();
    leaves_[at] = static_cast<std::int8_t>(most);
    return most;
  }

  std::string_view units_;
  std::string_view replacements_;
  std::string_view name_;
  std::vector<std::int8_t> leaves_;  ///< by unit: what `visit` found
};

}  // namespace

void check_character_map(std::string_view map, std::string_view name) {
  if (map.empty()) return;
  std::uint64_t trie_bytes = 0;
  for (std::size_t i = std::min<std::size_t>(map.size(), 4); i-- > 0;)
    trie_bytes = trie_bytes << 8 | static_cast<unsigned char>(map[i]);
  const bool fits = map.size() > 4 && trie_bytes <= map.size() - 4 && trie_bytes % 4 == 0;
  if (!fits || map.back() != '\0') {
    fail(ErrorCode::corrupt_data,
         "character map: got {} bytes with a trie of {}, expected the trie and replacements ended "
         "by zero ({})",
         map.size(), trie_bytes, name);
  }
  Trie(map.substr(4, trie_bytes), map.substr(4 + trie_bytes), name).check();
}

}  // namespace diptych::text
