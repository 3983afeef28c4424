#include "diptych/picture_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr const char* kWithoutEnding = "without an ending";
constexpr const char* kHiddenFile = "hidden file";
constexpr const char* kHiddenFolder = "hidden folder";
constexpr const char* kMacMetadata = "macOS metadata";
constexpr const char* kServerMetadata = "NAS metadata folder";
constexpr const char* kDeleted = "recycle bin";
constexpr const char* kLinkToFolder = "linked folder";
constexpr const char* kSpecial = "special file";
constexpr const char* kUnreadable = "that cannot be read";

std::string lower_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

/// Whether the file starts as a picture does. The formats whose start says little (BMP, TIFF) count
/// by their names alone.
bool starts_as_picture(std::ifstream& file) {
  std::array<char, 12> start{};
  file.read(start.data(), start.size());
  const std::string_view bytes(start.data(), static_cast<std::size_t>(file.gcount()));
  if (bytes.size() < start.size()) return false;
  const std::string_view brand = bytes.substr(8);
  return bytes.starts_with("\xFF\xD8\xFF"sv) || bytes.starts_with("\x89PNG\r\n\x1A\n"sv) ||
         bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv) ||
         (bytes.starts_with("RIFF"sv) && brand == "WEBP"sv) ||
         (bytes.substr(4, 4) == "ftyp"sv &&
          (brand == "heic"sv || brand == "heix"sv || brand == "mif1"sv || brand == "avif"sv));
}

/// Where Windows and network drives keep what was deleted.
bool is_recycle_bin(std::string_view name) {
  constexpr auto kBins =
      std::to_array<std::string_view>({"$recycle.bin", "recycler", "#recycle", "@recycle"});
  return std::find(kBins.begin(), kBins.end(), ascii_lower(name)) != kBins.end();
}

/// What programs keep beside pictures for themselves, smaller copies of them among it; null for an
/// ordinary name.
const char* metadata_kind(std::string_view name, bool is_folder) {
  if (name.starts_with("._")) return kMacMetadata;
  if (name.starts_with('.')) return is_folder ? kHiddenFolder : kHiddenFile;
  if (!is_folder) return nullptr;
  if (name == "__MACOSX") return kMacMetadata;
  if (is_recycle_bin(name)) return kDeleted;
  return name == "@eaDir" ? kServerMetadata : nullptr;
}

/// The files below one folder, told apart.
class Folder {
 public:
  explicit Folder(const fs::path& path) {
    std::vector<fs::path> folders = {path};
    while (!folders.empty()) {
      const fs::path folder = std::move(folders.back());
      folders.pop_back();
      read(folder, folders);
    }
    std::sort(pictures_.begin(), pictures_.end());
  }

  const std::vector<fs::path>& pictures() const { return pictures_; }
  const SkippedFiles& skipped() const { return skipped_; }

 private:
  /// Adds what lies in a folder itself; folders there to `folders`. One that cannot be read is
  /// taken for a picture: reading it says what is wrong.
  void read(const fs::path& folder, std::vector<fs::path>& folders) {
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      std::error_code unknown;
      const bool is_folder = entry->is_directory(unknown);
      if (const char* kind = metadata_kind(entry->path().filename().string(), is_folder)) {
        ++skipped_[kind];
      } else if (!is_folder) {
        add(*entry);
      } else if (entry->is_symlink(unknown)) {
        ++skipped_[kLinkToFolder];
      } else {
        folders.push_back(entry->path());
      }
    }
    if (problem) pictures_.push_back(folder);
  }

  void add(const fs::directory_entry& entry) {
    std::error_code unknown;
    const fs::file_status status = entry.status(unknown);
    const bool named = has_picture_name(entry.path());
    const bool regular = status.type() == fs::file_type::regular;
    // A link that leads nowhere is taken too: reading it says what is wrong.
    const bool missing =
        status.type() == fs::file_type::not_found || status.type() == fs::file_type::none;
    if (named && (regular || missing)) {
      pictures_.push_back(entry.path());
    } else if (!regular && !missing) {
      ++skipped_[kSpecial];
    } else {
      add_by_content(entry.path(), regular);
    }
  }

  void add_by_content(const fs::path& path, bool is_there) {
    std::ifstream file(path, std::ios::binary);
    if (file && starts_as_picture(file)) {
      pictures_.push_back(path);
    } else if (is_there && !file.is_open()) {
      ++skipped_[kUnreadable];
    } else {
      const std::string ending = lower_ending(path);
      ++skipped_[ending.empty() ? kWithoutEnding : ending];
    }
  }

  std::vector<fs::path> pictures_;
  SkippedFiles skipped_;
};

}  // namespace

bool has_picture_name(const fs::path& path) {
  static constexpr auto kEndings = std::to_array<std::string_view>(
      {".jpg", ".jpeg", ".jpe",  ".jfif", ".png",  ".webp", ".gif",  ".bmp",
       ".dib", ".tif",  ".tiff", ".heic", ".heif", ".hif",  ".avif", ".dng",
       ".cr2", ".nef",  ".nrw",  ".arw",  ".sr2",  ".pef",  ".raf"});
  return std::find(kEndings.begin(), kEndings.end(), lower_ending(path)) != kEndings.end();
}

bool is_metadata_folder(const fs::path& folder) {
  return metadata_kind(folder.filename().string(), /*is_folder=*/true) != nullptr;
}

std::vector<fs::path> expand_folders(std::span<const fs::path> paths, SkippedFiles* skipped) {
  std::vector<fs::path> expanded;
  for (const fs::path& path : paths) {
    std::error_code unknown;
    if (!fs::is_directory(path, unknown)) {
      expanded.push_back(path);
      continue;
    }
    const Folder folder(path);
    if (folder.pictures().empty()) {
      fail(ErrorCode::invalid_argument,
           "pictures: got a folder without any, expected .jpg, .png, .webp, .heic or other picture "
           "files; there is {} ({})",
           describe(folder.skipped()), path.string());
    }
    expanded.insert(expanded.end(), folder.pictures().begin(), folder.pictures().end());
    if (skipped == nullptr) continue;
    for (const auto& [kind, count] : folder.skipped()) (*skipped)[kind] += count;
  }
  return expanded;
}

std::string describe(const SkippedFiles& skipped) {
  std::vector<std::pair<std::string, std::size_t>> kinds(skipped.begin(), skipped.end());
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [kind, count] : kinds)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text.empty() ? "nothing" : text;
}

}  // namespace diptych
