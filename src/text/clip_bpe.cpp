#include "text/clip_bpe.h"

#include <algorithm>
#include <queue>

#include "base/error.h"
#include "text/clip_words.h"
#include "text/gunzip.h"
#include "text/unicode.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> clip_merges();
}

namespace text {
namespace {

constexpr std::int32_t kBytes = 256;
constexpr std::int32_t kMerges = 48894;
constexpr std::int32_t kFirstMerge = 2 * kBytes;
constexpr std::string_view kWordEnd = "</w>";
/// The published file lists more merges than CLIP uses; those in use lie in its first bytes.
constexpr std::size_t kMergeTextBytes = 525'000;

constexpr std::array<std::u32string_view, 2> kOpenClipSpecialTokens = {U"<start_of_text>",
                                                                       U"<end_of_text>"};
constexpr std::array<std::u32string_view, 2> kOpenAiSpecialTokens = {U"<|startoftext|>",
                                                                     U"<|endoftext|>"};

/// Bytes that the merge file shows as the Latin-1 character of the same number.
bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// The bytes in the order of their ids: printable ones, then the others.
std::array<char, kBytes> bytes_by_id() {
  std::array<char, kBytes> result = {};
  std::size_t next = 0;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < kBytes; ++byte) {
      if (is_printable(byte) == printable) result[next++] = static_cast<char>(byte);
    }
  }
  return result;
}

/// The bytes of a token as the merge file writes it: printable bytes as themselves, the others as
/// the characters from U+0100 on.
std::string token_bytes(std::string_view written) {
  static const std::array<char, kBytes> bytes = bytes_by_id();
  constexpr std::size_t kPrintable = 188;
  if (is_ascii(written)) return std::string(written);
  std::string result;
  for (const char32_t character : decode_utf8(written)) {
    const std::size_t other = kPrintable + character - kBytes;
    if (character >= kBytes && other >= bytes.size()) {
      fail(ErrorCode::corrupt_data, "merges: got U+{:04X}, expected a byte's character",
           static_cast<std::uint32_t>(character));
    }
    result.push_back(character < kBytes ? static_cast<char>(character) : bytes[other]);
  }
  return result;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view without_version(std::string_view merges) {
  take_line(merges);
  return merges;
}

std::int32_t count_lines(std::string_view text) {
  constexpr std::ptrdiff_t kMaxMerges = 1 << 22;
  const std::ptrdiff_t lines = std::count(text.begin(), text.end(), '\n');
  if (lines > kMaxMerges) {
    fail(ErrorCode::corrupt_data, "merges: got {}, expected at most {}", lines, kMaxMerges);
  }
  return static_cast<std::int32_t>(lines);
}

}  // namespace

bool are_published_merges(std::string_view merges) {
  if (count_lines(merges) != kMerges) return false;
  const std::string published = gunzip(embedded::clip_merges(), kMergeTextBytes);
  return without_version(published).starts_with(merges);
}

ClipBpe::ClipBpe(std::span<const std::byte> compressed_merges, ClipSpecialTokens special_tokens)
    : ClipBpe(special_tokens, without_version(gunzip(compressed_merges, kMergeTextBytes)),
              kMerges) {
  looks_words_up_ = true;
}

ClipBpe::ClipBpe(std::string_view merges, ClipSpecialTokens special_tokens)
    : ClipBpe(special_tokens, merges, count_lines(merges)) {}

ClipBpe::ClipBpe(ClipSpecialTokens special_tokens, std::string_view merges, std::int32_t count)
    : special_tokens_(special_tokens == ClipSpecialTokens::openai ? kOpenAiSpecialTokens
                                                                  : kOpenClipSpecialTokens),
      tokens_(static_cast<std::size_t>(kFirstMerge + count)),
      ends_word_(tokens_.size()),
      merges_(static_cast<std::size_t>(count)) {
  const std::array<char, kBytes> bytes = bytes_by_id();
  for (std::int32_t i = 0; i < kBytes; ++i) {
    const std::string byte(1, bytes[static_cast<std::size_t>(i)]);
    add_token(i, byte, false);
    add_token(kBytes + i, byte, true);
  }
  for (std::int32_t id = kFirstMerge; id < start(); ++id) add_merge(id, take_line(merges));
}

void ClipBpe::add_token(std::int32_t id, std::string bytes, bool ends_word) {
  const auto at = static_cast<std::size_t>(id);
  tokens_[at] = std::move(bytes);
  ends_word_[at] = ends_word;
  (ends_word ? ending_ : inner_).insert(tokens_[at], id);
}

void ClipBpe::add_merge(std::int32_t id, std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string left = token_bytes(line.substr(0, space));
  std::string_view written = line.substr(std::min(space + 1, line.size()));
  const bool ends_word = written.ends_with(kWordEnd);
  if (ends_word) written.remove_suffix(kWordEnd.size());
  const std::string right = token_bytes(written);
  const IdPair joined = {inner_.find(left), (ends_word ? ending_ : inner_).find(right)};
  if (joined.first == TokenTable::kNone || joined.second == TokenTable::kNone) {
    fail(ErrorCode::corrupt_data, "merges: got \"{}\" for token {}, expected two earlier tokens",
         line, id);
  }
  if ((ends_word ? ending_ : inner_).find(left + right) != TokenTable::kNone) {
    fail(ErrorCode::corrupt_data, "merges: got \"{}\" for token {}, which is one already", line,
         id);
  }
  merges_[static_cast<std::size_t>(id - kFirstMerge)] = joined;
  add_token(id, left + right, ends_word);
}

/// The token that two neighbours merge into, or kNone. `bytes` are those of both. No two merges
/// make the same token, so the token tells the merge.
std::int32_t ClipBpe::merged_id(std::string_view bytes, bool ends_word, IdPair neighbours) const {
  const std::int32_t id = (ends_word ? ending_ : inner_).find(bytes);
  return joins(id, neighbours) ? id : TokenTable::kNone;
}

bool ClipBpe::joins(std::int32_t id, IdPair neighbours) const {
  return id >= kFirstMerge && merges_[static_cast<std::size_t>(id - kFirstMerge)] == neighbours;
}

std::vector<std::int32_t> ClipBpe::merge(std::string_view word) const {
  // Symbols are a linked list over the word's bytes: symbol i starts at byte i, while ids[i] >= 0.
  const std::size_t size = word.size();
  std::vector<std::int32_t> ids(size);
  std::vector<std::size_t> next(size);
  std::vector<std::size_t> previous(size);
  for (std::size_t i = 0; i < size; ++i) {
    ids[i] = (i + 1 == size ? ending_ : inner_).find(word.substr(i, 1));
    next[i] = i + 1;
    previous[i] = i - 1;
  }

  // What could be merged, by rank, then place. An entry is stale once its symbols have changed.
  using Candidate = std::pair<std::int32_t, std::size_t>;  // the merged id, the left symbol
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](std::size_t left) {
    const std::size_t right = next[left];
    if (right == size) return;
    const std::size_t end = next[right];
    const std::int32_t id =
        merged_id(word.substr(left, end - left), end == size, {ids[left], ids[right]});
    if (id != TokenTable::kNone) candidates.emplace(id, left);
  };
  for (std::size_t i = 0; i < size; ++i) consider(i);
  while (!candidates.empty()) {
    const auto [id, left] = candidates.top();
    candidates.pop();
    const std::size_t right = next[left];
    if (right == size || !joins(id, {ids[left], ids[right]})) continue;
    ids[left] = id;
    ids[right] = -1;
    next[left] = next[right];
    if (next[left] < size) previous[next[left]] = left;
    consider(left);
    if (left > 0) consider(previous[left]);
  }
  std::erase(ids, -1);
  return ids;
}

void ClipBpe::append_word(std::u32string_view word, std::vector<std::int32_t>& ids) const {
  if (word == special_tokens_[0]) return ids.push_back(start());
  if (word == special_tokens_[1]) return ids.push_back(end());
  const std::string bytes = encode_utf8(word);
  const std::int32_t whole = looks_words_up_ ? ending_.find(bytes) : TokenTable::kNone;
  if (whole != TokenTable::kNone) return ids.push_back(whole);
  const std::vector<std::int32_t> pieces = merge(bytes);
  ids.insert(ids.end(), pieces.begin(), pieces.end());
}

std::vector<std::int32_t> ClipBpe::encode(std::string_view text, int context_length) const {
  if (context_length < 2) {
    fail(ErrorCode::invalid_argument,
         "context length: got {}, expected at least 2 for the start and the end", context_length);
  }
  const auto limit = static_cast<std::size_t>(context_length) - 1;
  const std::u32string clean = clip_clean(decode_utf8(text));
  std::vector<std::int32_t> ids = {start()};
  for (const std::u32string_view word : clip_words(clean, special_tokens_)) {
    if (ids.size() >= limit) break;
    append_word(word, ids);
  }
  if (ids.size() > limit) ids.resize(limit);
  ids.push_back(end());
  return ids;
}

std::string ClipBpe::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary_size()) {
      fail(ErrorCode::invalid_argument, "token id: got {}, expected less than {}", id,
           vocabulary_size());
    }
    if (id >= start()) continue;
    bytes += tokens_[static_cast<std::size_t>(id)];
    if (ends_word_[static_cast<std::size_t>(id)]) bytes += ' ';
  }
  return encode_utf8(decode_utf8_lossy(bytes));
}

}  // namespace text

std::shared_ptr<const Tokenizer> clip_tokenizer(ClipSpecialTokens special_tokens) {
  const auto make = [](ClipSpecialTokens tokens) {
    return std::make_shared<const text::ClipBpe>(embedded::clip_merges(), tokens);
  };
  if (special_tokens == ClipSpecialTokens::openai) {
    static const std::shared_ptr<const Tokenizer> openai = make(ClipSpecialTokens::openai);
    return openai;
  }
  static const std::shared_ptr<const Tokenizer> open_clip = make(ClipSpecialTokens::open_clip);
  return open_clip;
}

}  // namespace diptych
