#include "diptych/captioner.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "api/picture_sources.h"
#include "base/error.h"
#include "engine/captioner.h"

namespace diptych {
namespace {

using api::append;

/// A step of so many pictures' beams is large enough for full speed.
constexpr std::size_t kDefaultBatch = 8;

/// Returns `model` after checking that it can caption.
Model checked(Model model) {
  if (!model.implementation().file.config.decoder)
    fail(ErrorCode::unsupported, "captions: got a model without a decoder, expected CoCa ({})",
         model.info().name);
  return model;
}

std::size_t batch_of(const PackedModel& packed) {
  const int asked = packed.options().batch;
  return asked > 0 ? static_cast<std::size_t>(asked) : kDefaultBatch;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<Caption> caption_batch(const PackedModel& packed, const float* pixels,
                                   std::vector<std::size_t> places, const CaptionOptions& options) {
  const int size = packed.model().info().image_size;
  const network::Pixels pictures{pixels, static_cast<int>(places.size()), size, size};
  const auto& tokenizer = packed.model().implementation().tokenizer;
  for (std::size_t& place : places) place += options.first_place;
  const engine::Captioner captioner(packed.implementation().engine);
  std::vector<Caption> captions;
  for (auto& ids : captioner.caption(pictures, options, places)) {
    std::string text = tokenizer ? trimmed(tokenizer->decode(ids)) : std::string();
    captions.push_back({.text = std::move(text), .ids = std::move(ids)});
  }
  return captions;
}

using TakeCaptions = std::function<bool(CaptionedImages)>;

void caption_in_batches(const PackedModel& packed, std::size_t total, api::PictureReader::Read read,
                        const CaptionOptions& options, const TakeCaptions& take) {
  engine::Captioner(packed.implementation().engine).check(options);
  api::PictureReader reader(total, std::move(read), packed.model().info().preprocessing,
                            batch_of(packed), packed.implementation().engine->threads());
  while (std::optional<api::PictureBatch> batch = reader.next()) {
    const bool goes_on =
        take({.captions = caption_batch(packed, batch->pixels.data(), batch->inputs, options),
              .inputs = batch->inputs,
              .failures = std::move(batch->failures),
              .counts = batch->counts});
    if (options.progress) options.progress(batch->end, total);
    if (!goes_on) return;
  }
}

template <typename Picture>
CaptionedImages caption_all(const PackedModel& packed, std::span<const Picture> pictures,
                            const CaptionOptions& options) {
  CaptionedImages all;
  const auto take = [&all](CaptionedImages batch) {
    append(std::move(batch.captions), all.captions);
    append(std::move(batch.inputs), all.inputs);
    append(std::move(batch.failures), all.failures);
    all.counts.add(batch.counts);
    return true;
  };
  const Preprocessing& how = packed.model().info().preprocessing;
  caption_in_batches(packed, pictures.size(), api::read_from(pictures, how, options.decode),
                     options, take);
  return all;
}

}  // namespace

Captioner::Captioner(PackedModel packed) : packed_(std::move(packed)) {
  checked(packed_.model());
}
Captioner::Captioner(Model model, const ComputeOptions& options)
    : packed_(checked(std::move(model)), options) {}

CaptionedImages Captioner::caption_images(std::span<const std::filesystem::path> paths,
                                          const CaptionOptions& options) const {
  return caption_all(packed_, paths, options);
}

CaptionedImages Captioner::caption_images(std::span<const PictureBytes> pictures,
                                          const CaptionOptions& options) const {
  return caption_all(packed_, pictures, options);
}

CaptionedImages Captioner::caption_images(std::span<const Image> images,
                                          const CaptionOptions& options) const {
  return caption_all(packed_, images, options);
}

void Captioner::caption_images(std::span<const std::filesystem::path> paths,
                               const CaptionOptions& options, const TakeCaptions& take) const {
  const Preprocessing& how = model().info().preprocessing;
  caption_in_batches(packed_, paths.size(), api::read_from(paths, how, options.decode), options,
                     take);
}

std::vector<Caption> Captioner::caption_pixels(std::span<const float> pixels, std::size_t count,
                                               const CaptionOptions& options) const {
  const int size = model().info().image_size;
  api::check_pixels(pixels, count, size);
  engine::Captioner(packed_.implementation().engine).check(options);
  const std::size_t values = count == 0 ? 0 : pixels.size() / count;
  std::vector<Caption> captions;
  for (std::size_t first = 0; first < count; first += batch_of(packed_)) {
    std::vector<std::size_t> places(std::min(batch_of(packed_), count - first));
    std::iota(places.begin(), places.end(), first);
    const std::size_t done = first + places.size();
    append(caption_batch(packed_, pixels.data() + first * values, std::move(places), options),
           captions);
    if (options.progress) options.progress(done, count);
  }
  return captions;
}

}  // namespace diptych
