#include "diptych/encoder.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "api/model_implementation.h"
#include "api/pack_weights.h"
#include "api/picture_batch.h"
#include "base/error.h"
#include "base/parallel.h"
#include "engine/encoder.h"

namespace diptych {
namespace {

constexpr int kDefaultBatch = 32;

void check(const EncoderOptions& options) {
  if (options.threads < 0) {
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  }
  if (options.batch < 0) {
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  }
  if (options.precision != Precision::fp32) {
    fail(ErrorCode::unsupported, "precision: got bf16 or int8, expected fp32 in this version");
  }
}

/// Copies rows [*, width] into `out` from row `first` on.
void place(const TensorBuffer& features, Matrix& out, std::size_t first) {
  const std::span<const float> values = features.floats();
  std::copy(values.begin(), values.end(),
            out.values.begin() + static_cast<std::ptrdiff_t>(first * out.columns));
}

/// Calls `step(first, count)` for every batch and reports the progress.
template <typename Step>
void in_batches(std::size_t total, std::size_t batch, const EncodeOptions& options,
                const Step& step) {
  for (std::size_t first = 0; first < total; first += batch) {
    const std::size_t count = std::min(batch, total - first);
    step(first, count);
    if (options.progress) options.progress(first + count, total);
  }
}

}  // namespace

class Encoder::Implementation {
 public:
  Implementation(Model model, const EncoderOptions& options)
      : model_(std::move(model)),
        pool_(std::make_shared<ThreadPool>(options.threads)),
        engine_(api::pack_weights(model_, *pool_), pool_),
        batch_(static_cast<std::size_t>(options.batch > 0 ? options.batch : kDefaultBatch)) {}

  const Model& model() const { return model_; }

  /// `read(i)` gives picture i, resized and cropped, or throws; it is called from several threads.
  template <typename Read>
  EncodedImages encode_images(std::size_t total, const Read& read, const EncodeOptions& options);
  Matrix encode_pixels(std::span<const float> pixels, std::size_t count,
                       const EncodeOptions& options);
  Matrix encode_texts(std::span<const std::string> texts, const EncodeOptions& options);
  Matrix encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                       const EncodeOptions& options);

 private:
  std::size_t width() const { return static_cast<std::size_t>(model_.info().embedding_width); }
  std::size_t picture_values() const {
    const auto size = static_cast<std::size_t>(model_.info().image_size);
    return 3 * size * size;
  }
  TensorBuffer image_features(const float* pixels, std::size_t count);

  network::Tokens tokenize(std::span<const std::string> texts, std::size_t first,
                           std::size_t count);

  Model model_;
  std::shared_ptr<ThreadPool> pool_;
  std::mutex one_call_at_a_time_;
  engine::Encoder engine_;
  std::size_t batch_;
};

TensorBuffer Encoder::Implementation::image_features(const float* pixels, std::size_t count) {
  const int size = model_.info().image_size;
  return engine_.encode_images({pixels, static_cast<int>(count), size, size});
}

template <typename Read>
EncodedImages Encoder::Implementation::encode_images(std::size_t total, const Read& read,
                                                     const EncodeOptions& options) {
  const std::lock_guard lock(one_call_at_a_time_);
  EncodedImages result;
  result.rows.columns = width();
  in_batches(total, batch_, options, [&](std::size_t first, std::size_t count) {
    api::PictureBatch batch =
        api::read_pictures(first, count, read, model_.info().preprocessing, *pool_);
    std::move(batch.failures.begin(), batch.failures.end(), std::back_inserter(result.failures));
    result.counts.add(batch.counts);
    if (batch.inputs.empty()) return;
    result.inputs.insert(result.inputs.end(), batch.inputs.begin(), batch.inputs.end());
    result.rows.values.resize(result.inputs.size() * width());
    place(image_features(batch.pixels.data(), batch.inputs.size()), result.rows, result.rows.rows);
    result.rows.rows = result.inputs.size();
  });
  if (options.normalise) normalise_rows(result.rows);
  return result;
}

Matrix Encoder::Implementation::encode_pixels(std::span<const float> pixels, std::size_t count,
                                              const EncodeOptions& options) {
  if (pixels.size() != count * picture_values()) {
    fail(ErrorCode::invalid_argument, "pixels: got {} values, expected {} pictures of {}",
         pixels.size(), count, picture_values());
  }
  api::check_finite(pixels, count);
  const std::lock_guard lock(one_call_at_a_time_);
  Matrix result(count, width());
  in_batches(count, batch_, options, [&](std::size_t first, std::size_t part) {
    place(image_features(pixels.data() + first * picture_values(), part), result, first);
  });
  if (options.normalise) normalise_rows(result);
  return result;
}

network::Tokens Encoder::Implementation::tokenize(std::span<const std::string> texts,
                                                  std::size_t first, std::size_t count) {
  const Tokenizer& tokenizer = model_.tokenizer();
  const int context = model_.info().context_length;
  std::vector<std::vector<std::int32_t>> ids(count);
  pool_->run(count, [&](std::size_t i) {
    try {
      ids[i] = tokenizer.encode(texts[first + i], context);
    } catch (const Error& error) {
      fail(error.code(), "text {}: {}", first + i + 1, error.what());
    }
  });
  network::Tokens tokens;
  for (const std::vector<std::int32_t>& text : ids) {
    network::append_text(engine_.weights().model(), text, tokenizer.pad_id(), tokens);
  }
  return tokens;
}

Matrix Encoder::Implementation::encode_texts(std::span<const std::string> texts,
                                             const EncodeOptions& options) {
  const std::lock_guard lock(one_call_at_a_time_);
  Matrix result(texts.size(), width());
  in_batches(texts.size(), batch_, options, [&](std::size_t first, std::size_t count) {
    place(engine_.encode_texts(tokenize(texts, first, count)), result, first);
  });
  if (options.normalise) normalise_rows(result);
  return result;
}

Matrix Encoder::Implementation::encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                                              const EncodeOptions& options) {
  if (count == 0 ? !ids.empty() : ids.size() % count != 0) {
    fail(ErrorCode::invalid_argument, "tokens: got {} ids, expected {} rows of one length",
         ids.size(), count);
  }
  const std::lock_guard lock(one_call_at_a_time_);
  Matrix result(count, width());
  const std::size_t length = count == 0 ? 0 : ids.size() / count;
  in_batches(count, batch_, options, [&](std::size_t first, std::size_t part) {
    const network::Tokens tokens =
        network::pack_tokens(engine_.weights().model(), ids.subspan(first * length, part * length),
                             static_cast<int>(length));
    place(engine_.encode_texts(tokens), result, first);
  });
  if (options.normalise) normalise_rows(result);
  return result;
}

Encoder::Encoder(Model model, const EncoderOptions& options) {
  check(options);
  implementation_ = std::make_unique<Implementation>(std::move(model), options);
}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

const Model& Encoder::model() const {
  return implementation_->model();
}

EncodedImages Encoder::encode_images(std::span<const std::filesystem::path> paths,
                                     const EncodeOptions& options) const {
  const Preprocessing& how = model().info().preprocessing;
  return implementation_->encode_images(
      paths.size(), [&](std::size_t i) { return load_preprocessed(paths[i], how, options.decode); },
      options);
}

EncodedImages Encoder::encode_images(std::span<const Image> images,
                                     const EncodeOptions& options) const {
  const Preprocessing& how = model().info().preprocessing;
  return implementation_->encode_images(
      images.size(), [&](std::size_t i) { return resize_and_crop(images[i], how); }, options);
}

Matrix Encoder::encode_pixels(std::span<const float> pixels, std::size_t count,
                              const EncodeOptions& options) const {
  return implementation_->encode_pixels(pixels, count, options);
}

Matrix Encoder::encode_texts(std::span<const std::string> texts,
                             const EncodeOptions& options) const {
  return implementation_->encode_texts(texts, options);
}

Matrix Encoder::encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                              const EncodeOptions& options) const {
  return implementation_->encode_tokens(ids, count, options);
}

}  // namespace diptych
