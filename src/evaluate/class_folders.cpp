#include "evaluate/class_folders.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "diptych/picture_files.h"

namespace diptych::evaluate {
namespace {

namespace fs = std::filesystem;

/// What a class name file says: a name, and in one of its two forms the folder it is for.
struct NamedClass {
  std::string folder;
  std::string name;
};

std::vector<std::string> list_folders(const fs::path& folder) {
  std::error_code problem;
  if (!fs::exists(folder, problem)) fail(ErrorCode::not_found, "no folder {}", folder.string());
  std::vector<std::string> folders;
  fs::directory_iterator entry(folder, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
    std::error_code unknown;
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(unknown) && !name.starts_with('.')) folders.push_back(name);
  }
  if (problem) fail(ErrorCode::io, "cannot read folder {}: {}", folder.string(), problem.message());
  if (folders.empty()) {
    fail(ErrorCode::invalid_argument, "class folders: got none, expected a folder a class ({})",
         folder.string());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<NamedClass> parse_json(const std::string& text, const std::string& file) {
  const auto document = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() && !document.is_array())
    fail(ErrorCode::corrupt_data, "class names: got neither a JSON object nor an array ({})", file);
  std::vector<NamedClass> classes;
  for (const auto& [key, value] : document.items()) {
    if (!value.is_string())
      fail(ErrorCode::corrupt_data, "class names: got a value that is no text at '{}' ({})", key,
           file);
    classes.push_back({document.is_object() ? key : "", value.get<std::string>()});
  }
  return classes;
}

std::vector<NamedClass> parse_lines(std::string_view text) {
  std::vector<NamedClass> classes;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::size_t tab = line.find('\t');
    const bool has_folder = tab != std::string_view::npos;
    classes.push_back({std::string(has_folder ? line.substr(0, tab) : ""),
                       std::string(has_folder ? line.substr(tab + 1) : line)});
  }
  return classes;
}

std::vector<NamedClass> read_class_names(const fs::path& file) {
  const std::string text = read_text_file(file);
  return file.extension() == ".json" ? parse_json(text, file.string()) : parse_lines(text);
}

/// Gives names without folders the folders in order, and checks that every folder has a name.
void match_folders(std::vector<NamedClass>& classes, const std::vector<std::string>& folders,
                   const std::string& file) {
  const auto has_no_folder = [](const NamedClass& c) { return c.folder.empty(); };
  if (std::all_of(classes.begin(), classes.end(), has_no_folder)) {
    if (classes.size() != folders.size()) {
      fail(ErrorCode::invalid_argument,
           "class names: got {}, expected one for each of {} folders ({})", classes.size(),
           folders.size(), file);
    }
    for (std::size_t i = 0; i < folders.size(); ++i) classes[i].folder = folders[i];
  }
  for (const std::string& folder : folders) {
    const auto count = std::count_if(classes.begin(), classes.end(),
                                     [&](const NamedClass& c) { return c.folder == folder; });
    if (count != 1) {
      fail(ErrorCode::invalid_argument,
           "class names: got {} for the folder '{}', expected one ({})", count, folder, file);
    }
  }
}

std::vector<NamedClass> name_after_folders(const std::vector<std::string>& folders) {
  std::vector<NamedClass> classes;
  for (const std::string& folder : folders) {
    classes.push_back({folder, folder});
    std::replace(classes.back().name.begin(), classes.back().name.end(), '_', ' ');
  }
  return classes;
}

void check_name(const NamedClass& named) {
  if (!is_utf8(named.name)) {
    fail(ErrorCode::invalid_argument,
         "class name: got bytes that are not UTF-8 (class folder '{}')", named.folder);
  }
  if (named.name.find_first_not_of(" \t") == std::string::npos) {
    fail(ErrorCode::invalid_argument, "class name: got an empty one (class folder '{}')",
         named.folder);
  }
}

}  // namespace

ClassFolders read_class_folders(const fs::path& folder, const fs::path& class_names) {
  const std::vector<std::string> folders = list_folders(folder);
  std::vector<NamedClass> classes =
      class_names.empty() ? name_after_folders(folders) : read_class_names(class_names);
  match_folders(classes, folders, class_names.string());
  ClassFolders result;
  for (const NamedClass& named : classes) {
    check_name(named);
    if (std::binary_search(folders.begin(), folders.end(), named.folder)) {
      const fs::path path = folder / named.folder;
      const std::vector<fs::path> images = expand_folders(std::span(&path, 1), &result.skipped);
      result.images.insert(result.images.end(), images.begin(), images.end());
      result.right_classes.resize(result.images.size(), result.names.size());
    }
    result.names.push_back(named.name);
  }
  return result;
}

}  // namespace diptych::evaluate
