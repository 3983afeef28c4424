#include "train/batch.h"

#include <span>

namespace diptych::train {
namespace {

network::Tokens texts_of(const network::Tokens& tokens, int first, int count) {
  network::Tokens part;
  for (int i = first; i < first + count; ++i) {
    const auto begin = static_cast<std::size_t>(tokens.sequences.begin(i));
    const auto length = static_cast<std::size_t>(tokens.sequences.length(i));
    part.append(std::span(tokens.ids).subspan(begin, length),
                std::span(tokens.places).subspan(begin, length));
  }
  return part;
}

void copy_part(const Inputs& inputs, int first, int count, Inputs& part) {
  if (inputs.pairs() == 0) return;
  const auto values =
      static_cast<std::ptrdiff_t>(inputs.pixels.size()) / std::ptrdiff_t{inputs.pairs()};
  part.pixels.assign(inputs.pixels.begin() + first * values,
                     inputs.pixels.begin() + (first + count) * values);
  part.side = inputs.side;
  if (!inputs.sizes.empty())
    part.sizes.assign(inputs.sizes.begin() + first, inputs.sizes.begin() + first + count);
  part.tokens = texts_of(inputs.tokens, first, count);
}

network::PatchSelection patches_of(const network::PatchSelection& patches, int first, int count) {
  network::PatchSelection part;
  part.patches.assign(patches.patches.begin() + patches.sequences.begin(first),
                      patches.patches.begin() + patches.sequences.begin(first + count));
  for (int i = first; i < first + count; ++i) part.sequences.append(patches.sequences.length(i));
  return part;
}

}  // namespace

void Inputs::add(const std::vector<float>& picture, const network::PictureSize& size) {
  const network::PictureSize whole{side, side};
  const std::size_t values_each = network::Pixels{.height = side, .width = side}.values_each();
  const std::size_t before = pixels.size() / values_each;
  if (size != whole && sizes.empty()) sizes.assign(before, whole);
  if (size != whole || !sizes.empty()) sizes.push_back(size);
  pixels.insert(pixels.end(), picture.begin(), picture.end());
  pixels.resize((before + 1) * values_each);
}

Batch part_of(const Batch& batch, int first, int count) {
  Batch part;
  copy_part(batch, first, count, part);
  copy_part(batch.teacher, first, count, part.teacher);
  if (!batch.groups.empty())
    part.groups.assign(batch.groups.begin() + first, batch.groups.begin() + first + count);
  if (!batch.samples.empty())
    part.samples.assign(batch.samples.begin() + first, batch.samples.begin() + first + count);
  if (!batch.places.empty())
    part.places.assign(batch.places.begin() + first, batch.places.begin() + first + count);
  part.epoch = batch.epoch;
  if (batch.patches) part.patches = patches_of(*batch.patches, first, count);
  return part;
}

}  // namespace diptych::train
