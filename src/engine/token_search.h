#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "diptych/captioner.h"

namespace diptych::engine {

/// Token ids with a meaning of their own.
struct CaptionIds {
  std::int32_t start = 0;
  std::int32_t end = 0;
  std::int32_t pad = 0;
};

/// The search for one picture's caption. It has captions that grow side by side by a token a step:
/// who runs it appends `tokens` to them, gives their logits to `step`, and goes on until `done`.
class TokenSearch {
 public:
  virtual ~TokenSearch() = default;

  /// Returns the newest token of every caption; at first the start tokens.
  virtual std::span<const std::int32_t> tokens() const = 0;
  /// Returns for every caption which one of those before the step it goes on with.
  virtual std::span<const std::int32_t> parents() const = 0;
  /// Takes a step from `logits` [captions, vocabulary] of what follows; overwritten.
  virtual void step(std::span<float> logits) = 0;
  virtual bool done() const = 0;
  /// Returns the caption that was found, with its start token, and its end token where it came to
  /// one.
  virtual std::vector<std::int32_t> result() const = 0;
};

/// Returns how many captions the search for one picture has.
int beams_per_group(const CaptionOptions& options);

/// Makes a search; `stream` tells pictures with the same seed apart.
std::unique_ptr<TokenSearch> make_token_search(const CaptionOptions& options, const CaptionIds& ids,
                                               std::uint64_t stream);

/// Keeps captions from ending before `min_length` tokens and makes the tokens of `caption` less
/// probable (arXiv 1909.05858, section 4.1).
void apply_rules(const CaptionOptions& options, std::int32_t end,
                 std::span<const std::int32_t> caption, std::span<float> logits);

}  // namespace diptych::engine
