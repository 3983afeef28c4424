#include "evaluate/class_folders.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>
#include <system_error>

#include "base/error.h"
#include "base/folders.h"
#include "diptych/picture_files.h"
#include "evaluate/class_names.h"

namespace diptych::evaluate {
namespace {

namespace fs = std::filesystem;

/// What a folder holds itself: folders, sorted, links to nothing, and a number of pictures.
struct Listing {
  std::vector<std::string> folders;
  std::vector<std::string> broken_links;
  std::vector<std::string> left_out;  ///< folders that programs keep for themselves
  std::size_t pictures = 0;
};

Listing list(const fs::path& folder) {
  std::error_code problem;
  if (!fs::exists(folder, problem)) fail(ErrorCode::not_found, "no folder {}", folder.string());
  if (!fs::is_directory(folder, problem)) {
    fail(ErrorCode::invalid_argument,
         "class folders: got a file, expected a folder with a folder of pictures a class ({})",
         folder.string());
  }
  Listing listing;
  for (const fs::directory_entry& entry : entries_of(folder)) {
    std::error_code unknown;
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(unknown)) {
      (is_metadata_folder(name) ? listing.left_out : listing.folders).push_back(name);
    } else if (!entry.exists(unknown)) {
      listing.broken_links.push_back(name);
    } else if (has_picture_name(entry.path())) {
      ++listing.pictures;
    }
  }
  std::sort(listing.folders.begin(), listing.folders.end());
  return listing;
}

/// The pictures in and below a folder; perhaps none.
std::vector<fs::path> pictures_in(const fs::path& folder, SkippedFiles& skipped) {
  try {
    return expand_folders(std::span(&folder, 1), &skipped);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_argument) return {};
    throw;
  }
}

/// A class folder as far as it tells whether it is one.
struct Contents {
  fs::path folder;
  std::size_t pictures = 0;
  std::size_t pictures_below = 0;       ///< of them in folders below
  std::set<std::string> folders_below;  ///< the first of each picture below
};

Contents look_at(const fs::path& folder, std::span<const fs::path> pictures) {
  Contents contents{.folder = folder, .pictures = pictures.size()};
  for (const fs::path& picture : pictures) {
    const fs::path inside = picture.lexically_relative(folder);
    if (std::distance(inside.begin(), inside.end()) < 2) continue;
    ++contents.pictures_below;
    contents.folders_below.insert(inside.begin()->string());
  }
  return contents;
}

/// Whether folders that hold no picture themselves hold folders of the same names: train/cat and
/// val/cat are a cat's twice.
bool hold_the_same_folders(std::span<const Contents> classes) {
  std::set<std::string> seen;
  for (const Contents& contents : classes) {
    for (const std::string& below : contents.folders_below)
      if (!seen.insert(below).second) return true;
  }
  return false;
}

/// Refuses what is a folder too high; a note where it only may be.
void check_level(std::span<const Contents> classes, std::vector<std::string>& notes) {
  std::vector<Contents> used;
  std::copy_if(classes.begin(), classes.end(), std::back_inserter(used),
               [](const Contents& contents) { return contents.pictures > 0; });
  const auto is_nested = [](const Contents& contents) {
    return contents.pictures == contents.pictures_below;
  };
  if (used.empty() || !std::all_of(used.begin(), used.end(), is_nested)) return;
  const Contents& first = used.front();
  const std::string below = *first.folders_below.begin();
  if (classes.size() == 1 || hold_the_same_folders(used)) {
    fail(ErrorCode::invalid_argument,
         "class folders: got '{}', whose pictures are all in folders below ('{}'); expected a "
         "folder of pictures a class: one level down, as in {}?",
         first.folder.filename().string(), below, first.folder.string());
  }
  notes.push_back(
      fmt::format("all pictures are two folders down, as in '{}/{}': if those are the classes, "
                  "evaluate one level down",
                  first.folder.filename().string(), below));
}

void check_count(std::span<const NamedClass> classes, const std::string& folder) {
  if (classes.size() > 1) return;
  fail(ErrorCode::invalid_argument,
       "classes: got one, '{}', and with one every answer is right; expected at least two ({})",
       classes.front().name, folder);
}

}  // namespace

ClassFolders read_class_folders(const fs::path& folder, const fs::path& class_names) {
  const Listing listing = list(folder);
  if (listing.folders.empty()) {
    fail(ErrorCode::invalid_argument,
         "class folders: got none and {} pictures, expected a folder of pictures a class ({})",
         listing.pictures, folder.string());
  }
  const std::vector<NamedClass> classes = name_classes(listing.folders, class_names);
  ClassFolders result{.notes = class_name_notes(classes)};
  std::vector<Contents> contents;
  for (const NamedClass& named : classes) {
    if (std::binary_search(listing.folders.begin(), listing.folders.end(), named.folder)) {
      const std::vector<fs::path> images = pictures_in(folder / named.folder, result.skipped);
      contents.push_back(look_at(folder / named.folder, images));
      result.images.insert(result.images.end(), images.begin(), images.end());
      result.right_classes.resize(result.images.size(), result.names.size());
    }
    result.names.push_back(named.name);
  }
  check_level(contents, result.notes);
  check_count(classes, folder.string());
  if (result.images.empty()) {
    fail(ErrorCode::invalid_argument, "pictures: got none in {} class folders ({})",
         listing.folders.size(), folder.string());
  }
  if (!listing.broken_links.empty()) {
    result.notes.push_back(fmt::format("links to nothing, which may have been classes: {}, as '{}'",
                                       listing.broken_links.size(), listing.broken_links.front()));
  }
  if (!listing.left_out.empty()) {
    result.notes.push_back(
        fmt::format("folders by whose names programs keep their own were left "
                    "out: {}, as '{}'",
                    listing.left_out.size(), listing.left_out.front()));
  }
  if (listing.pictures > 0) {
    result.notes.push_back(
        fmt::format("pictures that are in no class folder were left out: {}", listing.pictures));
  }
  return result;
}

}  // namespace diptych::evaluate
