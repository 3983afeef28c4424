#include "diptych/picture_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/error.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pictures_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code problem;
  fs::recursive_directory_iterator entry(folder, problem);
  for (; !problem && entry != fs::recursive_directory_iterator(); entry.increment(problem)) {
    std::error_code unknown;
    if (has_picture_name(entry->path()) && entry->is_regular_file(unknown)) {
      found.push_back(entry->path());
    }
  }
  if (problem) fail(ErrorCode::io, "cannot read folder {}: {}", folder.string(), problem.message());
  if (found.empty()) {
    fail(ErrorCode::invalid_argument,
         "pictures: got a folder without any, expected .jpg, .png, .webp, .gif or .bmp files ({})",
         folder.string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool has_picture_name(const fs::path& path) {
  static constexpr std::array<std::string_view, 6> kEndings = {".jpg",  ".jpeg", ".png",
                                                               ".webp", ".gif",  ".bmp"};
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::vector<fs::path> expand_folders(std::span<const fs::path> paths) {
  std::vector<fs::path> expanded;
  for (const fs::path& path : paths) {
    std::error_code unknown;
    if (fs::is_directory(path, unknown)) {
      const std::vector<fs::path> below = pictures_below(path);
      expanded.insert(expanded.end(), below.begin(), below.end());
    } else {
      expanded.push_back(path);
    }
  }
  return expanded;
}

}  // namespace diptych
