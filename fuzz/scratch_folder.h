#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace diptych {

/// Returns a folder of this process's own, for readers of files; it goes when the process ends.
inline const std::filesystem::path& scratch_folder() {
  static const std::filesystem::path folder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "diptych_fuzz_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    static std::string made = pattern;
    std::atexit([] { std::filesystem::remove_all(made); });
    return made;
  }();
  return folder;
}

}  // namespace diptych
