#include "train/caption_lengths.h"

#include <set>
#include <utility>

#include "base/error.h"

namespace diptych::train {

std::optional<std::string> check_caption_lengths(const std::vector<std::string>& captions,
                                                 const Tokenizer& tokenizer, int context_length) {
  constexpr int kNoLimit = 1 << 20;
  std::set<std::vector<std::int32_t>> different;
  std::set<std::vector<std::int32_t>> seen;
  std::size_t cut = 0;
  for (const std::string& caption : captions) {
    std::vector<std::int32_t> whole = tokenizer.encode(caption, kNoLimit);
    const bool is_cut = whole.size() > static_cast<std::size_t>(context_length);
    cut += is_cut ? 1 : 0;
    seen.insert(is_cut ? tokenizer.encode(caption, context_length) : whole);
    different.insert(std::move(whole));
  }
  if (cut == 0) return std::nullopt;
  if (seen.size() == 1 && different.size() > 1) {
    fail(ErrorCode::invalid_argument,
         "train: captions: of {} looked at all are the same within the {} tokens that the text "
         "tower sees, expected a longer context (force-context-length)",
         captions.size(), context_length);
  }
  const std::string lost =
      seen.size() == different.size()
          ? ""
          : fmt::format("; of {} different ones {} are left", different.size(), seen.size());
  return fmt::format(
      "captions longer than the {} tokens that the text tower sees: {} of {} looked "
      "at, which lose their ends{}",
      context_length, cut, captions.size(), lost);
}

}  // namespace diptych::train
