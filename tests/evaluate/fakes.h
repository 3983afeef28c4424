#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "evaluate/embedder.h"

namespace diptych::evaluate::test {

inline Matrix matrix(const std::vector<std::vector<float>>& rows) {
  Matrix result(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy(rows[i].begin(), rows[i].end(), result.row(i).begin());
  return result;
}

inline void write(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// Embeds texts and "pictures" (files whose content is a word) by looking them up. A picture that
/// is not in the table fails; a text that is not throws.
class FakeEmbedder final : public Embedder {
 public:
  explicit FakeEmbedder(std::map<std::string, std::vector<float>> table)
      : table_(std::move(table)) {}

  EncodedImages embed_images(std::span<const std::filesystem::path> paths,
                             const Progress& progress) const override {
    EncodedImages images;
    std::vector<std::vector<float>> rows;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto found = table_.find(read_text_file(paths[i]));
      if (found == table_.end()) {
        images.failures.push_back({i, ErrorCode::corrupt_data, "bad " + paths[i].string()});
        continue;
      }
      rows.push_back(found->second);
      images.inputs.push_back(i);
    }
    if (progress) progress(paths.size(), paths.size());
    images.rows = matrix(rows);
    normalise_rows(images.rows);
    return images;
  }

  Matrix embed_texts(std::span<const std::string> texts) const override {
    std::vector<std::vector<float>> rows;
    for (const std::string& text : texts) {
      if (!table_.contains(text)) fail(ErrorCode::invalid_argument, "no text '{}'", text);
      rows.push_back(table_.at(text));
    }
    Matrix result = matrix(rows);
    normalise_rows(result);
    return result;
  }

 private:
  std::map<std::string, std::vector<float>> table_;
};

}  // namespace diptych::evaluate::test
