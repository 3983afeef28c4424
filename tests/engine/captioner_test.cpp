// What open_clip's CoCa writes (tests/data/open_clip_coca_captions/make says how it was made).
#include "engine/captioner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "checkpoint/source/model_file.h"
#include "engine/cpu_executor.h"
#include "network/captions.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using testing::ElementsAreArray;
using Ids = std::vector<std::int32_t>;

class CaptionerTest : public testing::Test {
 protected:
  CaptionerTest()
      : folder_(test::data_path("open_clip_coca_captions")),
        io_(checkpoint::read_safetensors(folder_ / "captions.safetensors")),
        values_(to_floats(io_.at("pixels"))) {
    const checkpoint::ModelFile file = checkpoint::load_model_file(folder_);
    weights_ =
        std::make_shared<engine::Weights>(network::make_model(file.config), file.weights, *pool_);
  }

  network::Pixels pixels() const {
    const Shape& shape = io_.at("pixels").shape;
    return {values_.data(), static_cast<int>(shape[0]), static_cast<int>(shape[2]),
            static_cast<int>(shape[3])};
  }

  std::vector<Ids> caption(const CaptionOptions& options) {
    std::vector<std::size_t> places(static_cast<std::size_t>(pixels().batch));
    std::iota(places.begin(), places.end(), std::size_t{0});
    return engine::Captioner(engine::on_cpu(weights_, pool_)).caption(pixels(), options, places);
  }

  /// The ids that the reference gave, which fills its rows up with the padding id.
  void expect_captions(const char* name, const CaptionOptions& options) {
    const std::vector<std::int64_t> rows = to_integers(io_.at(name));
    const std::vector<Ids> captions = caption(options);
    const auto length = static_cast<std::size_t>(io_.at(name).shape[1]);
    ASSERT_EQ(captions.size() * length, rows.size());
    for (std::size_t i = 0; i < captions.size(); ++i) {
      Ids padded = captions[i];
      padded.resize(length, 0);
      EXPECT_THAT(padded, ElementsAreArray(rows.data() + i * length, length)) << name << ' ' << i;
    }
  }

  std::filesystem::path folder_;
  TensorMap io_;
  std::vector<float> values_;
  std::shared_ptr<ThreadPool> pool_ = std::make_shared<ThreadPool>(2);
  std::shared_ptr<const engine::Weights> weights_;
};

// Token by token with keys and values kept, among them texts with the padding id as a word.
TEST_F(CaptionerTest, GivesTheLogitsOfTheReference) {
  const std::vector<std::int64_t> tokens = to_integers(io_.at("tokens"));
  const std::vector<float> expected = to_floats(io_.at("logits"));
  const auto length = static_cast<std::size_t>(io_.at("tokens").shape[1]);
  const auto vocabulary = static_cast<std::size_t>(io_.at("logits").shape[2]);
  engine::Operations operations(*weights_, *pool_);
  auto captions = network::begin_captions(operations, weights_->model(), pixels(), 1);
  for (std::size_t place = 0; place < length; ++place) {
    Ids newest;
    for (std::size_t i = place; i < tokens.size(); i += length)
      newest.push_back(static_cast<std::int32_t>(tokens[i]));
    const engine::Tensor logits =
        network::append_tokens(operations, weights_->model(), captions, newest);
    for (int i = 0; i < logits.rows(); ++i) {
      const std::size_t row = static_cast<std::size_t>(i) * length + place;
      EXPECT_LE(test::relative_error(std::span(logits.row(i), vocabulary),
                                     std::span(expected).subspan(row * vocabulary, vocabulary)),
                test::kFeatureTolerance)
          << "text " << i << ", token " << place;
    }
  }
}

TEST_F(CaptionerTest, FindsTheCaptionsOfTheReferenceByBeamSearch) {
  expect_captions("beams", {.max_length = 14});
  expect_captions("four_beams", {.beams = 4, .beam_groups = 1, .min_length = 2, .max_length = 14});
  expect_captions("repetition",
                  {.beams = 6, .beam_groups = 2, .repetition_penalty = 1.5F, .max_length = 12});
}

TEST_F(CaptionerTest, TakesTheMostProbableTokensOfTheReference) {
  CaptionOptions options{.search = CaptionSearch::top_k, .max_length = 14};
  expect_captions("most_probable", options);
  options.repetition_penalty = 1.3F;
  expect_captions("most_probable_repetition", options);
  options = {.search = CaptionSearch::top_p, .top_p = 1e-6F, .max_length = 14};
  expect_captions("most_probable", options);
}

TEST_F(CaptionerTest, CaptionsAPictureTheSameAloneAndDrawsBySeed) {
  CaptionOptions options{
      .search = CaptionSearch::top_p, .top_p = 0.99F, .temperature = 2.0F, .max_length = 14};
  const std::vector<Ids> together = caption(options);
  engine::Captioner captioner(engine::on_cpu(weights_, pool_));
  for (std::size_t i = 0; i < together.size(); ++i) {
    network::Pixels one = pixels();
    one.data += i * values_.size() / together.size();
    one.batch = 1;
    EXPECT_EQ(captioner.caption(one, options, std::vector<std::size_t>{i}).front(), together[i]);
  }
  EXPECT_EQ(caption(options), together);
  options.seed = 1;
  EXPECT_NE(caption(options), together);
}

TEST_F(CaptionerTest, RefusesOptionsOutsideTheirRanges) {
  const engine::Captioner captioner(engine::on_cpu(weights_, pool_));
  const auto expect_refused = [&](CaptionOptions options, const char* message) {
    test::expect_error([&] { captioner.check(options); }, ErrorCode::invalid_argument, message);
  };
  EXPECT_NO_THROW(captioner.check({.max_length = 16}));
  EXPECT_NO_THROW(captioner.check({}));  // a context of 16 tokens, less than the usual 30
  expect_refused({.beams = 0}, "beams");
  expect_refused({.beams = 20, .beam_groups = 1}, "beams");
  expect_refused({.beam_groups = 4}, "beam groups");
  expect_refused({.beam_groups = 7}, "beam groups");
  expect_refused({.top_k = 0}, "top k");
  expect_refused({.top_p = 0.0F}, "top p");
  expect_refused({.top_p = 1.1F}, "top p");
  expect_refused({.temperature = -1.0F}, "temperature");
  expect_refused({.repetition_penalty = 0.0F}, "repetition penalty");
  expect_refused({.max_length = 17}, "max length");
  expect_refused({.max_length = -1}, "max length");
  expect_refused({.min_length = 14, .max_length = 14}, "min length");
  expect_refused({.min_length = 16}, "min length");
}

}  // namespace
}  // namespace diptych
