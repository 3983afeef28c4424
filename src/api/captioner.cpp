#include "diptych/captioner.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <numeric>
#include <utility>

#include "api/model_implementation.h"
#include "api/pack_weights.h"
#include "api/picture_batch.h"
#include "base/error.h"
#include "base/parallel.h"
#include "engine/captioner.h"

namespace diptych {
namespace {

constexpr std::size_t kDefaultBatch = 8;

/// Model and options as they came, when they are such as can caption.
Model checked(Model model, const EncoderOptions& options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  if (options.precision != Precision::fp32)
    fail(ErrorCode::unsupported, "captions: got precision bf16 or int8, expected fp32");
  if (!model.implementation().file.config.decoder)
    fail(ErrorCode::unsupported, "captions: got a model without a decoder, expected CoCa ({})",
         model.info().name);
  return model;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

class Captioner::Implementation {
 public:
  Implementation(Model model, const EncoderOptions& options)
      : model_(checked(std::move(model), options)),
        pool_(std::make_shared<ThreadPool>(options.threads)),
        engine_(api::pack_weights(model_, *pool_), pool_),
        batch_(options.batch > 0 ? static_cast<std::size_t>(options.batch) : kDefaultBatch) {}

  const Model& model() const { return model_; }

  /// `read(i)` as api::read_pictures takes it.
  template <typename Read>
  CaptionedImages caption_images(std::size_t total, const Read& read,
                                 const CaptionOptions& options);
  std::vector<Caption> caption_pixels(std::span<const float> pixels, std::size_t count,
                                      const CaptionOptions& options);

 private:
  std::vector<Caption> caption(const float* pixels, std::span<const std::size_t> places,
                               const CaptionOptions& options);

  Model model_;
  std::shared_ptr<ThreadPool> pool_;
  std::mutex one_call_at_a_time_;
  engine::Captioner engine_;
  std::size_t batch_;
};

std::vector<Caption> Captioner::Implementation::caption(const float* pixels,
                                                        std::span<const std::size_t> places,
                                                        const CaptionOptions& options) {
  const int size = model_.info().image_size;
  const network::Pixels pictures{pixels, static_cast<int>(places.size()), size, size};
  const auto& tokenizer = model_.implementation().tokenizer;
  std::vector<std::size_t> among_all(places.begin(), places.end());
  for (std::size_t& place : among_all) place += options.first_place;
  std::vector<Caption> captions;
  for (auto& ids : engine_.caption(pictures, options, among_all)) {
    std::string text = tokenizer ? trimmed(tokenizer->decode(ids)) : std::string();
    captions.push_back({.text = std::move(text), .ids = std::move(ids)});
  }
  return captions;
}

template <typename Read>
CaptionedImages Captioner::Implementation::caption_images(std::size_t total, const Read& read,
                                                          const CaptionOptions& options) {
  const std::lock_guard lock(one_call_at_a_time_);
  engine_.check(options);
  CaptionedImages result;
  for (std::size_t first = 0; first < total; first += batch_) {
    const std::size_t count = std::min(batch_, total - first);
    api::PictureBatch batch =
        api::read_pictures(first, count, read, model_.info().preprocessing, *pool_);
    std::move(batch.failures.begin(), batch.failures.end(), std::back_inserter(result.failures));
    result.counts.add(batch.counts);
    std::vector<Caption> captions = caption(batch.pixels.data(), batch.inputs, options);
    std::move(captions.begin(), captions.end(), std::back_inserter(result.captions));
    result.inputs.insert(result.inputs.end(), batch.inputs.begin(), batch.inputs.end());
    if (options.progress) options.progress(first + count, total);
  }
  return result;
}

std::vector<Caption> Captioner::Implementation::caption_pixels(std::span<const float> pixels,
                                                               std::size_t count,
                                                               const CaptionOptions& options) {
  const auto size = static_cast<std::size_t>(model_.info().image_size);
  const std::size_t values = 3 * size * size;
  if (count > pixels.size() || pixels.size() != count * values) {
    fail(ErrorCode::invalid_argument, "pixels: got {} values, expected {} pictures of {}",
         pixels.size(), count, values);
  }
  api::check_finite(pixels, count);
  const std::lock_guard lock(one_call_at_a_time_);
  engine_.check(options);
  std::vector<Caption> result;
  for (std::size_t first = 0; first < count; first += batch_) {
    std::vector<std::size_t> places(std::min(batch_, count - first));
    std::iota(places.begin(), places.end(), first);
    std::vector<Caption> captions = caption(pixels.data() + first * values, places, options);
    std::move(captions.begin(), captions.end(), std::back_inserter(result));
    if (options.progress) options.progress(first + places.size(), count);
  }
  return result;
}

Captioner::Captioner(Model model, const EncoderOptions& options)
    : implementation_(std::make_unique<Implementation>(std::move(model), options)) {}
Captioner::~Captioner() = default;
Captioner::Captioner(Captioner&&) noexcept = default;
Captioner& Captioner::operator=(Captioner&&) noexcept = default;

const Model& Captioner::model() const {
  return implementation_->model();
}

CaptionedImages Captioner::caption_images(std::span<const std::filesystem::path> paths,
                                          const CaptionOptions& options) const {
  const Preprocessing& how = model().info().preprocessing;
  return implementation_->caption_images(
      paths.size(), [&](std::size_t i) { return load_preprocessed(paths[i], how, options.decode); },
      options);
}

CaptionedImages Captioner::caption_images(std::span<const Image> images,
                                          const CaptionOptions& options) const {
  const Preprocessing& how = model().info().preprocessing;
  return implementation_->caption_images(
      images.size(), [&](std::size_t i) { return resize_and_crop(images[i], how); }, options);
}

std::vector<Caption> Captioner::caption_pixels(std::span<const float> pixels, std::size_t count,
                                               const CaptionOptions& options) const {
  return implementation_->caption_pixels(pixels, count, options);
}

}  // namespace diptych
