#include "curate/sink_parts.h"

#include <fmt/core.h>

#include "base/trimmed.h"
#include "shards/sample_text.h"

namespace diptych::curate {

std::vector<std::string> Unplaced::notes(std::string_view form) const {
  std::vector<std::string> sentences;
  for (const auto& [extension, count] : counts_)
    sentences.push_back(fmt::format("{} has no place for {} parts: {}", form, extension, count));
  return sentences;
}

std::vector<std::string> captions_of(const shards::Sample& sample) {
  std::vector<std::string> captions =
      shards::read_text(sample, {.json_text_key = "texts"}).captions;
  for (std::string& caption : captions) caption = std::string(trimmed(caption));
  return captions;
}

std::string image_extension(const shards::Sample& sample) {
  for (const std::string_view extension : shards::kImageExtensions) {
    if (sample.parts.contains(extension)) return std::string(extension);
  }
  return {};
}

}  // namespace diptych::curate
