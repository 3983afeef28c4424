#include "api/picture_copies.h"

#include <vector>

#include "diptych/picture_files.h"

namespace diptych::api {

std::size_t count_copies(std::span<const std::filesystem::path> pictures,
                         std::span<const std::filesystem::path> others) {
  std::vector<std::filesystem::path> all(others.begin(), others.end());
  all.insert(all.end(), pictures.begin(), pictures.end());
  const std::vector<std::size_t> first = first_with_same_bytes(all);
  std::size_t copies = 0;
  for (std::size_t i = others.size(); i < all.size(); ++i) copies += first[i] < others.size();
  return copies;
}

std::size_t count_different(std::span<const std::filesystem::path> pictures) {
  const std::vector<std::size_t> first = first_with_same_bytes(pictures);
  std::size_t different = 0;
  for (std::size_t i = 0; i < first.size(); ++i) different += first[i] == i;
  return different;
}

}  // namespace diptych::api
