#include "diptych/gallery.h"

#include <utility>

namespace diptych {

Gallery::Gallery(const Encoder& encoder, std::span<const std::filesystem::path> paths,
                 EncodeOptions options)
    : encoder_(encoder) {
  options.normalise = true;
  std::vector<std::filesystem::path> expanded = expand_folders(paths, &skipped_);
  EncodedImages encoded = encoder.encode_images(expanded, options);
  for (const std::size_t i : encoded.inputs) paths_.push_back(std::move(expanded[i]));
  embeddings_ = std::move(encoded.rows);
  failures_ = std::move(encoded.failures);
  counts_ = encoded.counts;
}

std::vector<Gallery::Match> Gallery::find(const std::string& sentence, std::size_t count) const {
  return find(encoder_.encode_text(sentence), count);
}

std::vector<Gallery::Match> Gallery::find(std::span<const float> embedding,
                                          std::size_t count) const {
  Matrix query(1, embedding.size());
  query.values.assign(embedding.begin(), embedding.end());
  const Matrix cosines = similarities(query, embeddings_);
  std::vector<Match> matches;
  for (const auto& [index, score] : largest(cosines.row(0), count)) {
    matches.push_back({paths_[index], score});
  }
  return matches;
}

}  // namespace diptych
