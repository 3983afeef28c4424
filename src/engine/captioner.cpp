#include "engine/captioner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "network/captions.h"

namespace diptych::engine {
namespace {

using State = network::Captions<Tensor>;

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

/// Gives every search its rows of logits, `each` of them.
void step_all(std::vector<Search>& searches, const Tensor& logits, int each) {
  const auto width = static_cast<std::size_t>(logits.width());
  std::vector<float> rows(width * static_cast<std::size_t>(each));
  int row = 0;
  for (Search& search : searches) {
    for (int i = 0; i < each; ++i, ++row)
      std::copy_n(logits.row(row), width, rows.data() + static_cast<std::size_t>(i) * width);
    search.tokens->step(rows);
  }
}

/// Drops the searches that are done and lets the others' captions go on from their parents.
void go_on(Operations& operations, State& state, std::vector<Search>& searches, int each) {
  std::vector<std::int32_t> chosen;
  std::vector<std::int32_t> pictures;
  std::vector<Search> growing;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    if (searches[i].tokens->done()) continue;
    pictures.push_back(static_cast<std::int32_t>(i));
    for (const std::int32_t parent : searches[i].tokens->parents())
      chosen.push_back(static_cast<std::int32_t>(i) * each + parent);
    growing.push_back(std::move(searches[i]));
  }
  searches = std::move(growing);
  if (!searches.empty()) network::choose_captions(operations, state, chosen, pictures);
}

/// The options with their length where none was asked for.
CaptionOptions with_length(CaptionOptions options, const network::Model& model) {
  constexpr int kLength = 30;
  if (options.max_length == 0)
    options.max_length = std::min(kLength, network::context_length(model.config.text));
  return options;
}

}  // namespace

Captioner::Captioner(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool)
    : weights_(std::move(weights)), pool_(std::move(pool)), operations_(*weights_, *pool_) {}

std::vector<std::vector<std::int32_t>> Captioner::caption(const network::Pixels& pixels,
                                                          const CaptionOptions& asked,
                                                          std::span<const std::size_t> places) {
  const network::Model& model = weights_->model();
  const CaptionOptions options = with_length(asked, model);
  const int side = network::image_size(model.config.image);
  if (pixels.height != side || pixels.width != side)
    fail(ErrorCode::invalid_argument, "pixels: got pictures of {} x {}, expected {} x {}",
         pixels.width, pixels.height, side, side);
  check(asked);
  std::vector<std::vector<std::int32_t>> captions(static_cast<std::size_t>(pixels.batch));
  std::vector<Search> searches;
  for (int i = 0; i < pixels.batch; ++i)
    searches.push_back(
        {i, make_token_search(options, special_ids(model), places[static_cast<std::size_t>(i)])});
  const int each = captions_of(options);
  if (searches.empty()) return captions;
  State state = network::begin_captions(operations_, model, pixels, each);
  while (!searches.empty()) {
    const Tensor logits =
        network::append_tokens(operations_, model, state, newest_tokens(searches));
    step_all(searches, logits, each);
    for (const Search& search : searches) {
      if (search.tokens->done())
        captions[static_cast<std::size_t>(search.picture)] = search.tokens->result();
    }
    go_on(operations_, state, searches, each);
  }
  return captions;
}

SpecialIds special_ids(const network::Model& model) {
  const auto& text = std::get<network::TextTransformerConfig>(model.config.text);
  return {.start = text.vocabulary_size - 2, .end = text.vocabulary_size - 1, .pad = text.pad_id};
}

void Captioner::check(const CaptionOptions& asked) const {
  const network::Model& model = weights_->model();
  const CaptionOptions options = with_length(asked, model);
  const int vocabulary = network::vocabulary_size(model.config.text);
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
  check_range("max length", options.max_length, 2, network::context_length(model.config.text));
  check_range("min length", options.min_length, 1, options.max_length - 1);
}

}  // namespace diptych::engine
