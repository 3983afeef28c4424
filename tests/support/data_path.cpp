#include <algorithm>

#include "support/support.h"

namespace diptych::test {

std::filesystem::path data_path(const std::string& name) {
  return std::filesystem::path(DIPTYCH_TEST_DATA) / name;
}

std::vector<std::string> data_folders_with(const std::string& file) {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(DIPTYCH_TEST_DATA)) {
    if (std::filesystem::exists(entry.path() / file)) folders.push_back(entry.path().filename());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace diptych::test
