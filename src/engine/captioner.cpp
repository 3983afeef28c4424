#include "engine/captioner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "engine/encoder.h"

namespace diptych::engine {
namespace {

void check_range(const char* field, int value, int low, int high) {
  if (value < low || value > high)
    fail(ErrorCode::invalid_argument, "caption: {}: got {}, expected {} to {}", field, value, low,
         high);
}

void check_positive(const char* field, float value) {
  if (!(value > 0.0F) || !std::isfinite(value))
    fail(ErrorCode::invalid_argument, "caption: {}: got {}, expected a number above 0", field,
         value);
}

/// Captions of different pictures, searched for in step.
struct Search {
  int picture;  ///< its place in the batch
  std::unique_ptr<TokenSearch> tokens;
};

std::vector<std::int32_t> newest_tokens(const std::vector<Search>& searches) {
  std::vector<std::int32_t> ids;
  for (const Search& search : searches) {
    const auto tokens = search.tokens->tokens();
    ids.insert(ids.end(), tokens.begin(), tokens.end());
  }
  return ids;
}

/// Gives every search its rows of logits, [captions, vocabulary].
void step_all(std::vector<Search>& searches, std::span<float> logits) {
  const std::size_t share = logits.size() / searches.size();
  for (std::size_t i = 0; i < searches.size(); ++i)
    searches[i].tokens->step(logits.subspan(i * share, share));
}

/// How the captions go on: those of the searches that are not done, from their parents.
struct Choice {
  std::vector<std::int32_t> captions;
  std::vector<std::int32_t> pictures;
};

/// Drops the searches that are done.
Choice drop_done(std::vector<Search>& searches, int each) {
  Choice choice;
  std::vector<Search> growing;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    if (searches[i].tokens->done()) continue;
    choice.pictures.push_back(static_cast<std::int32_t>(i));
    for (const std::int32_t parent : searches[i].tokens->parents())
      choice.captions.push_back(static_cast<std::int32_t>(i) * each + parent);
    growing.push_back(std::move(searches[i]));
  }
  searches = std::move(growing);
  return choice;
}

/// The steps of a batch's captions, each in a turn of its own.
class Steps {
 public:
  Steps(PackedModel& packed, const network::Pixels& pixels, int each)
      : packed_(packed), pixels_(pixels), each_(each) {}

  /// Returns the logits of what may follow the captions and these tokens, [captions, vocabulary].
  std::span<float> append(const std::vector<std::int32_t>& tokens) {
    const int vocabulary = network::vocabulary_size(packed_.model().config.text);
    logits_.resize(tokens.size() * static_cast<std::size_t>(vocabulary));
    packed_.in_turn(Turns::Size::large, [&](Executor& executor) {
      if (steps_) {
        steps_->choose(choice_.captions, choice_.pictures);
      } else {
        steps_ = executor.begin_captions(pixels_, each_);
      }
      steps_->append(tokens, logits_);
    });
    return logits_;
  }
  void continue_from(Choice choice) { choice_ = std::move(choice); }

 private:
  PackedModel& packed_;
  const network::Pixels& pixels_;
  int each_;
  std::unique_ptr<CaptionSteps> steps_;
  Choice choice_;
  std::vector<float> logits_;
};

/// The options with their length where none was asked for.
CaptionOptions with_length(CaptionOptions options, const network::Model& model) {
  constexpr int kLength = 30;
  if (options.max_length == 0)
    options.max_length = std::min(kLength, network::context_length(model.config.text));
  return options;
}

}  // namespace

std::vector<std::vector<std::int32_t>> Captioner::caption(
    const network::Pixels& pixels, const CaptionOptions& asked,
    std::span<const std::size_t> places) const {
  check_image_size(model(), pixels);
  check(asked);
  const CaptionOptions options = with_length(asked, model());
  std::vector<std::vector<std::int32_t>> captions(static_cast<std::size_t>(pixels.batch));
  std::vector<Search> searches;
  for (int i = 0; i < pixels.batch; ++i)
    searches.push_back(
        {i, make_token_search(options, caption_ids(model()), places[static_cast<std::size_t>(i)])});
  Steps steps(*packed_, pixels, beams_per_group(options));
  while (!searches.empty()) {
    step_all(searches, steps.append(newest_tokens(searches)));
    for (const Search& search : searches) {
      if (search.tokens->done())
        captions[static_cast<std::size_t>(search.picture)] = search.tokens->result();
    }
    steps.continue_from(drop_done(searches, beams_per_group(options)));
  }
  return captions;
}

CaptionIds caption_ids(const network::Model& model) {
  const auto& text = std::get<network::TextTransformerConfig>(model.config.text);
  return {.start = text.vocabulary_size - 2, .end = text.vocabulary_size - 1, .pad = text.pad_id};
}

void Captioner::check(const CaptionOptions& asked) const {
  const CaptionOptions options = with_length(asked, model());
  const int vocabulary = network::vocabulary_size(model().config.text);
  // A step takes twice as many tokens as there are beams.
  check_range("beams", options.beams, 1, (vocabulary - 1) / 2);
  check_range("beam groups", options.beam_groups, 1, options.beams);
  if (options.beams % options.beam_groups != 0)
    fail(ErrorCode::invalid_argument, "caption: beam groups: got {}, expected a divisor of {}",
         options.beam_groups, options.beams);
  check_range("top k", options.top_k, 1, vocabulary);
  check_positive("top p", options.top_p);
  if (options.top_p > 1.0F)
    fail(ErrorCode::invalid_argument, "caption: top p: got {}, expected at most 1", options.top_p);
  check_positive("temperature", options.temperature);
  check_positive("repetition penalty", options.repetition_penalty);
  check_range("max length", options.max_length, 2, network::context_length(model().config.text));
  check_range("min length", options.min_length, 1, options.max_length - 1);
}

}  // namespace diptych::engine
