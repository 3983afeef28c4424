#include "train/captions_as_read.h"

#include <fmt/core.h>

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "diptych/special_tokens.h"
#include "shards/refusal.h"

namespace diptych::train {
namespace {

/// Bytes of a caption in a sentence about it.
constexpr std::size_t kQuotedBytes = 60;

std::string quoted(const std::string& caption) {
  return fmt::format("'{}'", shards::one_line(shards::shortened(caption, kQuotedBytes)));
}

/// Captions as a text tower gets them.
class CaptionsAsRead {
 public:
  CaptionsAsRead(const Tokenizer& tokenizer, int context_length)
      : tokenizer_(tokenizer), context_length_(context_length) {}

  void add(const std::string& caption) {
    constexpr int kNoLimit = 1 << 20;
    ++captions_;
    texts_.insert(caption);
    std::vector<std::int32_t> tokens = tokenizer_.encode(caption, kNoLimit);
    if (tokens.size() > static_cast<std::size_t>(context_length_)) {
      ++cut_;
      tokens = tokenizer_.encode(caption, context_length_);
    }
    if (has_unknown_words(tokenizer_, caption) && unknown_++ == 0) first_unknown_ = caption;
    if (has_special_tokens(tokenizer_, caption) && special_++ == 0) first_special_ = caption;
    const auto [earlier, is_new] = read_.try_emplace(std::move(tokens), caption);
    if (!is_new && !same_ && earlier->second != caption) same_ = {earlier->second, caption};
  }

  std::vector<std::string> sentences() const {
    refuse_if_none_differ();
    std::vector<std::string> sentences;
    if (cut_ > 0) {
      sentences.push_back(
          fmt::format("captions longer than the {} tokens that the text tower sees: {} of {} "
                      "looked at, which lose their ends",
                      context_length_, cut_, captions_));
    }
    if (unknown_ > 0) {
      sentences.push_back(
          fmt::format("captions with words that the tokenizer does not know: {} of {} looked at, "
                      "the first: {}",
                      unknown_, captions_, quoted(first_unknown_)));
    }
    if (special_ > 0) {
      sentences.push_back(
          fmt::format("captions with what the tokenizer takes for a text's start or end: {} of {} "
                      "looked at, the first: {}",
                      special_, captions_, quoted(first_special_)));
    }
    if (same_) {
      sentences.push_back(
          fmt::format("captions that differ and are the same to the text tower: of {} different "
                      "ones looked at {} are left, as of {} and {}",
                      texts_.size(), read_.size(), quoted(same_->first), quoted(same_->second)));
    }
    return sentences;
  }

 private:
  void refuse_if_none_differ() const {
    if (read_.size() != 1 || texts_.size() < 2 || (cut_ == 0 && unknown_ == 0)) return;
    fail(ErrorCode::invalid_argument,
         "train: captions: of {} looked at all are the same within the {} tokens that the text "
         "tower sees, expected {}",
         captions_, context_length_,
         cut_ > 0 ? "a longer context (force-context-length)"
                  : "a tokenizer that knows their words (tokenizer)");
  }

  const Tokenizer& tokenizer_;
  int context_length_;
  std::size_t captions_ = 0;
  std::size_t cut_ = 0;
  std::size_t unknown_ = 0;
  std::string first_unknown_;
  std::size_t special_ = 0;
  std::string first_special_;
  std::set<std::string> texts_;
  std::map<std::vector<std::int32_t>, std::string> read_;  ///< with the first caption of each
  std::optional<std::pair<std::string, std::string>> same_;
};

}  // namespace

std::vector<std::string> check_captions_as_read(const std::vector<std::string>& captions,
                                                const Tokenizer& tokenizer, int context_length) {
  CaptionsAsRead read(tokenizer, context_length);
  for (const std::string& caption : captions) read.add(caption);
  return read.sentences();
}

}  // namespace diptych::train
