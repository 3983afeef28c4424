#include "base/folders.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <system_error>

#include "base/ascii.h"
#include "base/error.h"

namespace diptych {

bool make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.begin() != folder.end() && *folder.begin() == "~" &&
      !std::filesystem::exists("~", error)) {
    fail(ErrorCode::invalid_argument,
         "folder: got {}, expected the home folder by its name or as $HOME: a shell puts it for a "
         "'~' at the beginning of a word alone",
         folder.string());
  }
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::io, "cannot make the folder {}: {}", folder.string(), error.message());
  return made;
}

void refuse_file_name(const std::filesystem::path& folder) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".gguf", ".npz", ".onnx", ".tar", ".csv",
       ".tsv", ".json", ".jsonl", ".parquet", ".zip", ".gz", ".zst"});
  std::error_code unknown;
  const std::string ending = ascii_lower(folder.extension().string());
  if (std::find(kEndings.begin(), kEndings.end(), ending) == kEndings.end() ||
      std::filesystem::is_directory(folder, unknown))
    return;
  fail(ErrorCode::invalid_argument,
       "output: got a name that ends as a file's does, expected a folder's ({})", folder.string());
}

std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::directory_entry> entries;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    entries.push_back(*entry);
  if (error) fail(ErrorCode::io, "cannot read folder {}: {}", folder.string(), error.message());
  return entries;
}

}  // namespace diptych
