#include "shards/pickled_pair.h"

#include <cstdint>
#include <map>
#include <vector>

namespace diptych::shards {

namespace {

/// Runs the few instructions that such a tuple is made of.
class PairPickle {
 public:
  explicit PairPickle(std::string_view pickle) : rest_(pickle) {}

  /// The three members; nothing for other pickles.
  std::optional<std::vector<nlohmann::json>> read() {
    while (true) {
      const auto code = number(1);
      if (!code) return std::nullopt;
      if (*code == '.') break;
      if (!run(static_cast<unsigned char>(*code))) return std::nullopt;
    }
    if (!is_tuple_ || stack_.size() != 3) return std::nullopt;
    return stack_;
  }

 private:
  /// A number of some bytes, the lowest first.
  std::optional<std::uint64_t> number(std::size_t bytes) {
    if (rest_.size() < bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(bytes);
    return value;
  }

  bool push(nlohmann::json value) {
    if (is_tuple_ || stack_.size() == 3) return false;
    stack_.push_back(std::move(value));
    return true;
  }

  bool push_number(std::size_t bytes, bool is_signed) {
    const auto value = number(bytes);
    if (!value) return false;
    const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes);
    if (!is_signed || bytes == 0) return push(*value);
    return push(static_cast<std::int64_t>(*value << unused) >> unused);
  }

  bool push_text(std::size_t bytes_of_size) {
    const auto size = number(bytes_of_size);
    if (!size || *size > rest_.size()) return false;
    const std::string_view text = rest_.substr(0, *size);
    rest_.remove_prefix(text.size());
    return push(std::string(text));
  }

  bool push_long() {
    const auto size = number(1);
    return size && *size <= 8 && push_number(*size, /*is_signed=*/true);
  }

  bool keep(std::optional<std::uint64_t> place) {
    if (!place) return false;
    // Of the tuple itself nothing is fetched again.
    if (!is_tuple_ && !stack_.empty()) kept_[*place] = stack_.back();
    return true;
  }

  bool fetch(std::optional<std::uint64_t> place) {
    const auto found = place ? kept_.find(*place) : kept_.end();
    return found != kept_.end() && push(found->second);
  }

  bool make_tuple() {
    is_tuple_ = !is_tuple_ && stack_.size() == 3;
    return is_tuple_;
  }

  bool run(unsigned char code) {
    switch (code) {
      case 0x80:  // protocol
        return number(1).has_value();
      case 0x95:  // frame
        return number(8).has_value();
      case '(':  // of protocol 2 a tuple may begin so
        return stack_.empty();
      case 'K':
        return push_number(1, false);
      case 'M':
        return push_number(2, false);
      case 'J':
        return push_number(4, true);
      case 0x8A:
        return push_long();
      case 0x8C:
        return push_text(1);
      case 'X':
        return push_text(4);
      case 0x8D:
        return push_text(8);
      case 0x94:
        return keep(memoized_++);
      case 'q':
        return keep(number(1));
      case 'r':
        return keep(number(4));
      case 'h':
        return fetch(number(1));
      case 'j':
        return fetch(number(4));
      case 't':
      case 0x87:
        return make_tuple();
      default:
        return false;
    }
  }

  std::string_view rest_;
  std::vector<nlohmann::json> stack_;
  std::map<std::uint64_t, nlohmann::json> kept_;
  std::uint64_t memoized_ = 0;
  bool is_tuple_ = false;
};

/// Appends a number of some bytes, the lowest first.
void append_number(std::string& pickle, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) pickle += static_cast<char>(number >> (8 * i) & 0xFFU);
}

void append_whole_number(std::string& pickle, std::uint64_t number) {
  constexpr std::uint64_t kMostOfFourBytes = 0x7FFF'FFFF;
  const bool is_short = number <= kMostOfFourBytes;
  pickle += is_short ? "J" : std::string("\x8A\x08", 2);  // BININT, LONG1 of eight bytes
  append_number(pickle, number, is_short ? 4 : 8);
}

}  // namespace

std::optional<PickledPair> read_pickled_pair(std::string_view pickle) {
  const auto members = PairPickle(pickle).read();
  if (!members) return std::nullopt;
  const nlohmann::json& image = (*members)[0];
  const nlohmann::json& text = (*members)[2];
  if (!text.is_string()) return std::nullopt;
  return PickledPair{image.is_string() ? image.get<std::string>() : image.dump(), (*members)[1],
                     text.get<std::string>()};
}

std::string pickled_pair(std::uint64_t image, std::uint64_t text_id, std::string_view text) {
  std::string pickle = "\x80\x02";
  append_whole_number(pickle, image);
  append_whole_number(pickle, text_id);
  pickle += 'X';  // BINUNICODE
  append_number(pickle, text.size(), 4);
  pickle += text;
  return pickle += "\x87.";  // TUPLE3, STOP
}

}  // namespace diptych::shards
