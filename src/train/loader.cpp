#include "train/loader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "train/teacher.h"

namespace diptych::train {
namespace {

/// Batches that may be built ahead, for every worker.
constexpr std::uint64_t kAheadPerWorker = 2;

int workers(const LoaderOptions& options) {
  return options.workers > 0 ? options.workers : available_cpus();
}

shards::Sampler sampler_at(shards::SamplerPosition position, std::size_t samples,
                           const shards::SamplerOptions& options) {
  shards::Sampler sampler(samples, options);
  sampler.seek(position);
  return sampler;
}

shards::SamplerOptions sampler_options(const LoaderOptions& options) {
  return {.seed = options.seed,
          .batch_size = static_cast<std::size_t>(options.batch_size),
          .groups = options.groups};
}

/// Which of so many samples of a step this process makes pairs of: neighbours, from the first to
/// before the second.
std::pair<std::size_t, std::size_t> own_part(std::size_t samples, const LoaderOptions& options) {
  const auto rank = static_cast<std::size_t>(options.rank);
  const auto world = static_cast<std::size_t>(options.world);
  return {samples * rank / world, samples * (rank + 1) / world};
}

/// What a model is given of a pair.
struct PairInputs {
  std::vector<float> pixels;
  network::PictureSize size;
  std::vector<std::int32_t> ids;
};

/// One pair, ready for its batch.
struct Pair : PairInputs {
  PairInputs teacher;  ///< empty without one
  std::int64_t group = 0;
  std::int64_t sample = 0;
  std::int32_t place = 0;
};

PairInputs inputs_of(const Image& picture, const Preprocessing& preprocessing,
                     const std::string& caption, const Tokenizer& tokenizer, int context_length) {
  PairInputs inputs{.size = {picture.height, picture.width},
                    .ids = tokenizer.encode(caption, context_length)};
  inputs.pixels.resize(picture.rgb.size());
  normalise(picture, preprocessing, inputs.pixels);
  return inputs;
}

/// The augmented picture in the teacher's size, and the caption in its ids.
PairInputs teacher_inputs(const Teacher& teacher, const Image& picture,
                          const std::string& caption) {
  return inputs_of(resize_and_crop(picture, teacher.preprocessing()), teacher.preprocessing(),
                   caption, teacher.tokenizer(),
                   network::context_length(teacher.model().config.text));
}

std::optional<std::array<std::uint8_t, 3>> draw_background(const LoaderOptions& options,
                                                           Random& random) {
  if (random.uniform() >= options.random_background) return options.preprocessing.background;
  std::array<std::uint8_t, 3> colour;
  for (std::uint8_t& channel : colour) channel = static_cast<std::uint8_t>(random.below(256));
  return colour;
}

Pair make_pair(const shards::Sample& sample, const std::vector<std::string>& captions,
               const Tokenizer& tokenizer, int context_length, const LoaderOptions& options,
               Random random) {
  const auto image_bytes = sample.image();
  if (!image_bytes) fail(ErrorCode::corrupt_data, "sample without a picture");
  const std::string& caption = captions[random.below(captions.size())];
  DecodeOptions decoding;
  decoding.background = draw_background(options, random);
  decoding.upright = options.upright;
  decoding.wide = options.wide;
  const Image picture = image::augment(decode_image(*image_bytes, sample.key, decoding),
                                       options.augmentation, options.preprocessing, random);
  Pair pair{inputs_of(picture, options.preprocessing, caption, tokenizer, context_length)};
  if (options.teacher != nullptr) pair.teacher = teacher_inputs(*options.teacher, picture, caption);
  return pair;
}

/// Shortest texts first: neighbours of one length share an attention call, and a batch has no
/// order.
void sort_by_length(std::vector<Pair>& pairs) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.ids.size() < b.ids.size(); });
}

void append(const PairInputs& pair, const network::Model& model, std::int32_t pad_id,
            Inputs& inputs) {
  inputs.add(pair.pixels, pair.size);
  network::append_text(model, pair.ids, pad_id, inputs.tokens);
}

Batch join(std::vector<Pair> pairs, const network::Model& model, std::int32_t pad_id,
           const LoaderOptions& options) {
  sort_by_length(pairs);
  Batch batch;
  batch.side = options.preprocessing.size;
  for (const Pair& pair : pairs) {
    append(pair, model, pad_id, batch);
    if (!options.groups.empty()) batch.groups.push_back(pair.group);
    batch.samples.push_back(pair.sample);
    batch.places.push_back(pair.place);
  }
  if (options.teacher == nullptr) return batch;
  const Teacher& teacher = *options.teacher;
  batch.teacher.side = teacher.preprocessing().size;
  for (const Pair& pair : pairs)
    append(pair.teacher, teacher.model(), teacher.tokenizer().pad_id(), batch.teacher);
  return batch;
}

}  // namespace

Loader::Loader(const shards::Dataset& dataset, const network::Model& model,
               const Tokenizer& tokenizer, const LoaderOptions& options,
               shards::SamplerPosition position)
    : dataset_(dataset),
      model_(model),
      tokenizer_(tokenizer),
      options_(options),
      sampler_(sampler_at(position, dataset.size(), sampler_options(options))),
      batches_(
          workers(options), kAheadPerWorker * static_cast<std::uint64_t>(workers(options)),
          [this] { return take_ticket(); },
          [this](const Ticket& ticket) { return build(ticket); }) {}

LoadedBatch Loader::next() {
  return *batches_.next();  // the sampler goes on for ever
}

Loader::Ticket Loader::take_ticket() {
  Ticket ticket{.begin = sampler_.position()};
  ticket.samples = sampler_.next();
  ticket.next = sampler_.position();
  return ticket;
}

LoadedBatch Loader::build(const Ticket& ticket) const {
  LoadedBatch result{.next = ticket.next};
  const bool grouped = !options_.groups.empty();
  std::vector<Pair> pairs;
  const auto [first, end] = own_part(ticket.samples.size(), options_);
  for (std::size_t i = first; i < end; ++i) {
    const std::size_t index = ticket.samples[i];
    try {
      const shards::Sample sample = dataset_.at(index);
      const shards::SampleText text = shards::read_text(sample, options_.text_keys);
      if (text.captions.empty()) {
        result.refused.push_back({index, text.refused.front()});
        continue;
      }
      // Streams 0 to 2^32 of a seed belong to other uses; epochs of up to 2^40 samples never meet.
      const std::uint64_t stream = ((ticket.begin.epoch + 1) << 40) + ticket.begin.index + i;
      pairs.push_back(make_pair(sample, text.captions, tokenizer_,
                                network::context_length(model_.config.text), options_,
                                Random(options_.seed, stream)));
      pairs.back().sample = static_cast<std::int64_t>(index);
      pairs.back().place = static_cast<std::int32_t>(i);
      if (grouped) pairs.back().group = options_.groups[index];
      for (const shards::Refusal& refusal : text.refused)
        result.captions_left_out.push_back({index, refusal});
    } catch (const Error& error) {
      // An option that cannot be, or a bug: nothing that the sample could be blamed for.
      const bool of_the_sample =
          error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::internal;
      if (!of_the_sample) throw;
      result.refused.push_back({index, dataset_.refusal(index, error)});
    }
  }
  result.pairs = static_cast<int>(pairs.size());
  result.batch = join(std::move(pairs), model_, tokenizer_.pad_id(), options_);
  result.batch.epoch = ticket.begin.epoch;
  return result;
}

}  // namespace diptych::train
