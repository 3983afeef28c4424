#include "diptych/encoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/feature_check.h"
#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "api/picture_sources.h"
#include "base/error.h"
#include "engine/encoder.h"

namespace diptych {
namespace {

using api::append;

/// Texts that are tokenised, and sorted by length, at a time.
constexpr std::size_t kTextWindow = 8192;
/// Fewer are tokenised on the calling thread.
constexpr std::size_t kFewTexts = 16;

engine::Encoder encoder_of(const PackedModel& packed) {
  return engine::Encoder(packed.implementation().engine, packed.options().batch);
}

/// The features of `inputs`, pictures or texts, of unit length where that is wanted. Throws
/// Error(corrupt_data) as feature_check.h says.
template <typename Inputs>
Matrix to_matrix(const PackedModel& packed, const TensorBuffer& features, const Inputs& inputs,
                 bool normalised) {
  const std::string& name = packed.model().info().name;
  api::check_features(features, name);
  api::check_told_apart(features, inputs, name);
  Matrix matrix;
  matrix.rows = static_cast<std::size_t>(features.shape()[0]);
  matrix.columns = static_cast<std::size_t>(features.shape()[1]);
  matrix.values.assign(features.floats().begin(), features.floats().end());
  if (normalised) normalise_rows(matrix);
  return matrix;
}

engine::Encoder::Progress progress_of(const EncodeOptions& options, std::size_t before,
                                      std::size_t total) {
  if (!options.progress) return {};
  return [&options, before, total](int done) {
    options.progress(before + static_cast<std::size_t>(done), total);
  };
}

void append(Matrix from, Matrix& to) {
  to.rows += from.rows;
  append(std::move(from.values), to.values);
}

using TakeImages = std::function<bool(EncodedImages)>;

void encode_in_batches(const PackedModel& packed, std::size_t total, api::PictureReader::Read read,
                       const EncodeOptions& options, const TakeImages& take) {
  require_image_tower(packed.model().info());
  const engine::Encoder encoder = encoder_of(packed);
  const Preprocessing& how = packed.model().info().preprocessing;
  api::PictureReader reader(total, std::move(read), how,
                            static_cast<std::size_t>(encoder.batch_size(total)),
                            encoder.packed().threads());
  while (std::optional<api::PictureBatch> batch = reader.next()) {
    const auto count = static_cast<int>(batch->inputs.size());
    const network::Pixels pixels = {batch->pixels.data(), count, how.size, how.size, batch->sizes};
    Matrix rows = to_matrix(packed, encoder.encode_images(pixels), pixels, options.normalise);
    const bool goes_on = take({.rows = std::move(rows),
                               .inputs = std::move(batch->inputs),
                               .failures = std::move(batch->failures),
                               .counts = batch->counts});
    if (options.progress) options.progress(batch->end, total);
    if (!goes_on) return;
  }
}

template <typename Picture>
EncodedImages encode_all(const PackedModel& packed, std::span<const Picture> pictures,
                         const EncodeOptions& options) {
  EncodedImages all;
  all.rows.columns = static_cast<std::size_t>(packed.model().info().embedding_width);
  const auto take = [&all](EncodedImages batch) {
    append(std::move(batch.rows), all.rows);
    append(std::move(batch.inputs), all.inputs);
    append(std::move(batch.failures), all.failures);
    all.counts.add(batch.counts);
    return true;
  };
  const Preprocessing& how = packed.model().info().preprocessing;
  encode_in_batches(packed, pictures.size(), api::read_from(pictures, how, options.decode), options,
                    take);
  return all;
}

/// Texts [first, last) of a call as ids, or why one has none.
struct TextWindow {
  std::size_t first;
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<char> cut;  ///< whether ids have no place for a text's end
  std::vector<std::optional<Failure>> failures;

  TextWindow(std::size_t begin, std::size_t count)
      : first(begin), ids(count), cut(count, 0), failures(count) {}
};

/// A text that fills the context may have been longer; all others are whole.
bool is_cut(const Tokenizer& tokenizer, const std::string& text,
            const std::vector<std::int32_t>& ids, int context) {
  const auto most = static_cast<std::size_t>(context);
  return ids.size() >= most && tokenizer.encode(text, context + 1).size() > most;
}

TextWindow tokenize(const PackedModel& packed, std::span<const std::string> texts,
                    std::size_t first) {
  const Tokenizer& tokenizer = packed.model().tokenizer();
  const int context = packed.model().info().context_length;
  TextWindow window(first, std::min(kTextWindow, texts.size() - first));
  const auto tokenize_one = [&](std::size_t i) {
    try {
      window.ids[i] = tokenizer.encode(texts[first + i], context);
      window.cut[i] = is_cut(tokenizer, texts[first + i], window.ids[i], context) ? 1 : 0;
    } catch (const Error& error) {
      window.failures[i] =
          Failure{first + i, error.code(), fmt::format("text {}: {}", first + i + 1, error.what())};
    }
  };
  if (window.ids.size() > kFewTexts) {
    packed.implementation().engine->loop_in_turn(window.ids.size(), tokenize_one);
  } else {
    for (std::size_t i = 0; i < window.ids.size(); ++i) tokenize_one(i);
  }
  return window;
}

/// Packs the good texts and lists all.
network::Tokens pack(const PackedModel& packed, TextWindow window, EncodedTexts& encoded) {
  const network::Model& model = packed.implementation().engine->model();
  const std::int32_t pad = packed.model().tokenizer().pad_id();
  network::Tokens tokens;
  for (std::size_t i = 0; i < window.ids.size(); ++i) {
    if (window.failures[i]) {
      encoded.failures.push_back(std::move(*window.failures[i]));
      continue;
    }
    network::append_text(model, window.ids[i], pad, tokens);
    encoded.inputs.push_back(window.first + i);
    if (window.cut[i] != 0) encoded.cut.push_back(window.first + i);
  }
  return tokens;
}

void throw_first(const std::vector<Failure>& failures) {
  if (!failures.empty()) throw Error(failures.front().code, failures.front().message);
}

}  // namespace

const Matrix& EncodedImages::all() const {
  throw_first(failures);
  return rows;
}

const Matrix& EncodedTexts::all() const {
  throw_first(failures);
  return rows;
}

Encoder::Encoder(PackedModel packed) : packed_(std::move(packed)) {}
Encoder::Encoder(Model model, const ComputeOptions& options) : packed_(std::move(model), options) {}

EncodedImages Encoder::encode_images(std::span<const std::filesystem::path> paths,
                                     const EncodeOptions& options) const {
  return encode_all(packed_, paths, options);
}

EncodedImages Encoder::encode_images(std::span<const PictureBytes> pictures,
                                     const EncodeOptions& options) const {
  return encode_all(packed_, pictures, options);
}

EncodedImages Encoder::encode_images(std::span<const Image> images,
                                     const EncodeOptions& options) const {
  return encode_all(packed_, images, options);
}

void Encoder::encode_images(std::span<const std::filesystem::path> paths,
                            const EncodeOptions& options, const TakeImages& take) const {
  const Preprocessing& how = model().info().preprocessing;
  encode_in_batches(packed_, paths.size(), api::read_from(paths, how, options.decode), options,
                    take);
}

Matrix Encoder::encode_pixels(std::span<const float> pixels, std::size_t count,
                              const EncodeOptions& options) const {
  require_image_tower(model().info());
  const int size = model().info().image_size;
  api::check_pixels(pixels, count, size);
  const network::Pixels pictures = {pixels.data(), static_cast<int>(count), size, size};
  return to_matrix(packed_,
                   encoder_of(packed_).encode_images(pictures, progress_of(options, 0, count)),
                   pictures, options.normalise);
}

EncodedTexts Encoder::encode_texts(std::span<const std::string> texts,
                                   const EncodeOptions& options) const {
  require_text_tower(model().info());
  EncodedTexts encoded;
  encoded.rows.columns = static_cast<std::size_t>(model().info().embedding_width);
  for (std::size_t first = 0; first < texts.size(); first += kTextWindow) {
    const network::Tokens tokens = pack(packed_, tokenize(packed_, texts, first), encoded);
    const auto progress =
        progress_of(options, encoded.rows.rows + encoded.failures.size(), texts.size());
    append(to_matrix(packed_, encoder_of(packed_).encode_texts(tokens, progress), tokens,
                     options.normalise),
           encoded.rows);
  }
  return encoded;
}

std::vector<float> Encoder::encode_text(const std::string& text,
                                        const EncodeOptions& options) const {
  return encode_texts({&text, 1}, options).all().values;
}

Matrix Encoder::encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                              const EncodeOptions& options) const {
  if (count == 0 ? !ids.empty() : ids.size() % count != 0) {
    fail(ErrorCode::invalid_argument, "tokens: got {} ids, expected {} rows of one length",
         ids.size(), count);
  }
  require_text_tower(model().info());
  const engine::Encoder encoder = encoder_of(packed_);
  const std::size_t length = count == 0 ? 0 : ids.size() / count;
  Matrix rows(0, static_cast<std::size_t>(model().info().embedding_width));
  for (std::size_t first = 0; first < count; first += kTextWindow) {
    const std::size_t some = std::min(kTextWindow, count - first);
    const network::Tokens tokens = network::pack_tokens(
        encoder.model(), ids.subspan(first * length, some * length), static_cast<int>(length));
    append(to_matrix(packed_, encoder.encode_texts(tokens, progress_of(options, first, count)),
                     tokens, options.normalise),
           rows);
  }
  return rows;
}

}  // namespace diptych
