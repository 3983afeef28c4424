#include "evaluate/class_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "diptych/blank_text.h"
#include "json/json.h"

namespace diptych::evaluate {
namespace {

constexpr const char* kSayFolders =
    "lines \"folder<TAB>name\" in place of \"name\" say which is which";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<NamedClass> names_from_json(const std::string& text, const std::string& file) {
  const OrderedJson document = parse_ordered_json(text, file);
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

/// A line of a class name file, its tab taken as the end of the folder.
NamedClass parse_line(std::string_view line, const std::string& file) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return {"", std::string(line)};
  if (tab == 0 || line.find('\t', tab + 1) != std::string_view::npos) {
    fail(ErrorCode::invalid_argument, "class names: got '{}', expected \"folder<TAB>name\" ({})",
         line, file);
  }
  return {std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))};
}

std::vector<NamedClass> parse_lines(std::string_view text, const std::string& file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<NamedClass> classes;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    classes.push_back(parse_line(line, file));
    if (classes.front().folder.empty() != classes.back().folder.empty()) {
      fail(ErrorCode::invalid_argument,
           "class names: got lines with a tab and without one, as '{}' ({})", line, file);
    }
  }
  return classes;
}

std::vector<NamedClass> read_class_names(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  if (!is_utf8(text)) {
    fail(ErrorCode::invalid_argument, "class names: got bytes that are not UTF-8 ({})",
         file.string());
  }
  return file.extension() == ".json" ? names_from_json(text, file.string())
                                     : parse_lines(text, file.string());
}

std::vector<NamedClass> name_after_folders(std::span<const std::string> folders) {
  std::vector<NamedClass> classes;
  for (const std::string& folder : folders) {
    classes.push_back({folder, folder});
    std::replace(classes.back().name.begin(), classes.back().name.end(), '_', ' ');
  }
  return classes;
}

/// A name as it is compared with a folder's: without case, `_` and `-`.
std::string plain(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    c = c == '_' || c == '-' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// The first class whose name is another folder's and not its own; `classes.end()` without one.
auto find_taken_name(std::span<const NamedClass> classes) {
  std::map<std::string, std::string> folders;
  for (const NamedClass& named : classes) folders.emplace(plain(named.folder), named.folder);
  return std::find_if(classes.begin(), classes.end(), [&](const NamedClass& named) {
    return plain(named.name) != plain(named.folder) && folders.contains(plain(named.name));
  });
}

/// Numbers sort otherwise by name (0, 1, 10, 2) than as numbers, and nothing says which is meant.
void refuse_doubtful_order(std::span<const std::string> folders, const std::string& file) {
  const auto is_number = [](const std::string& folder) {
    return std::all_of(folder.begin(), folder.end(), is_digit);
  };
  if (!std::all_of(folders.begin(), folders.end(), is_number)) return;
  const auto longer = std::adjacent_find(
      folders.begin(), folders.end(),
      [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  if (longer == folders.end()) return;
  fail(ErrorCode::invalid_argument,
       "class names: got them in the order of folders that are numbers, and sorted by name '{}' "
       "comes before '{}'; {} ({})",
       *longer, *std::next(longer), kSayFolders, file);
}

/// Lines such as "n01440764 tench" or "cat,a cat": the folder is in them, but no tab is.
void refuse_folders_in_names(std::span<const NamedClass> classes,
                             std::span<const std::string> folders, const std::string& file) {
  const auto begins_with_folder = [&](const NamedClass& named) {
    const std::string first = named.name.substr(0, named.name.find_first_of(" ,;:"));
    return first.size() < named.name.size() &&
           std::binary_search(folders.begin(), folders.end(), first);
  };
  if (!std::all_of(classes.begin(), classes.end(), begins_with_folder)) return;
  fail(ErrorCode::invalid_argument,
       "class names: got '{}', which begins with a folder's name; {} ({})", classes.front().name,
       kSayFolders, file);
}

/// Gives names in the order of the folders their folders.
void take_folders_in_order(std::vector<NamedClass>& classes, std::span<const std::string> folders,
                           const std::string& file) {
  if (classes.size() != folders.size()) {
    fail(ErrorCode::invalid_argument,
         "class names: got {} for {} folders, expected one for each; {} ({})", classes.size(),
         folders.size(), kSayFolders, file);
  }
  refuse_folders_in_names(classes, folders, file);
  refuse_doubtful_order(folders, file);
  for (std::size_t i = 0; i < folders.size(); ++i) classes[i].folder = folders[i];
  const auto taken = find_taken_name(classes);
  if (taken == std::span<const NamedClass>(classes).end()) return;
  fail(ErrorCode::invalid_argument,
       "class names: got '{}' for the folder '{}', and there is a folder '{}': names go in the "
       "order "
       "of the folders, sorted by name; {} ({})",
       taken->name, taken->folder, taken->name, kSayFolders, file);
}

void check_every_folder_has_one(std::span<const NamedClass> classes,
                                std::span<const std::string> folders, const std::string& file) {
  std::map<std::string_view, std::size_t> names;
  for (const NamedClass& named : classes) ++names[named.folder];
  for (const auto& [folder, count] : names) {
    if (count > 1) {
      fail(ErrorCode::invalid_argument,
           "class names: got {} for the folder '{}', expected one ({})", count, folder, file);
    }
  }
  for (const std::string& folder : folders) {
    if (!names.contains(folder)) {
      fail(ErrorCode::invalid_argument, "class names: got 0 for the folder '{}', expected one ({})",
           folder, file);
    }
  }
}

void check_name(const NamedClass& named) {
  if (!is_utf8(named.name)) {
    fail(ErrorCode::invalid_argument,
         "class name: got bytes that are not UTF-8 (class folder '{}')", named.folder);
  }
  if (is_blank(named.name)) {
    fail(ErrorCode::invalid_argument, "class name: got an empty one (class folder '{}')",
         named.folder);
  }
}

/// Whether a name is no words: "17", "n01440764", "001.Albatross".
bool is_code(std::string_view name) {
  const auto digit = std::find_if(name.begin(), name.end(), is_digit);
  const auto after_digits = std::find_if_not(digit, name.end(), is_digit);
  if (digit != name.end() && digit - name.begin() <= 1 && after_digits == name.end()) return true;
  return digit == name.begin() && after_digits != name.end() && *after_digits == '.';
}

bool is_called(const NamedClass& named, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), plain(named.name)) != names.end();
}

/// What parts of a data set are called.
bool is_part(const NamedClass& named) {
  constexpr auto kParts = std::to_array<std::string_view>(
      {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "images",
       "labels", "masks", "annotations"});
  return is_called(named, kParts);
}

/// What folders of pictures that nobody has sorted are called.
bool is_unsorted(const NamedClass& named) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"unlabeled", "unlabelled", "unsorted", "todo"});
  return is_called(named, kNames);
}

}  // namespace

std::vector<NamedClass> name_classes(std::span<const std::string> folders,
                                     const std::filesystem::path& class_names) {
  const std::string file = class_names.string();
  std::vector<NamedClass> classes =
      class_names.empty() ? name_after_folders(folders) : read_class_names(class_names);
  const auto has_no_folder = [](const NamedClass& named) { return named.folder.empty(); };
  if (std::all_of(classes.begin(), classes.end(), has_no_folder))
    take_folders_in_order(classes, folders, file);
  check_every_folder_has_one(classes, folders, file);
  for (const NamedClass& named : classes) check_name(named);
  return classes;
}

std::vector<std::string> class_name_notes(std::span<const NamedClass> classes) {
  std::vector<std::string> notes;
  const auto named_as_code = [](const NamedClass& named) { return is_code(named.name); };
  const auto codes =
      static_cast<std::size_t>(std::count_if(classes.begin(), classes.end(), named_as_code));
  if (2 * codes > classes.size()) {
    const auto first = std::find_if(classes.begin(), classes.end(), named_as_code);
    notes.push_back(
        fmt::format("{} of {} class names are codes, as '{}': a model knows words; a file of class "
                    "names can give them",
                    codes, classes.size(), first->name));
  }
  if (!classes.empty() && std::all_of(classes.begin(), classes.end(), is_part)) {
    notes.push_back(fmt::format("class names, as '{}', are what parts of a data set are called",
                                classes.front().name));
  }
  const auto unsorted = std::find_if(classes.begin(), classes.end(), is_unsorted);
  if (unsorted != classes.end()) {
    notes.push_back(
        fmt::format("'{}' is a class as any other, of which the pictures are to be answered so",
                    unsorted->name));
  }
  const auto taken = find_taken_name(classes);
  if (taken != classes.end()) {
    notes.push_back(
        fmt::format("the folder '{}' goes by the name '{}', as another folder is called",
                    taken->folder, taken->name));
  }
  return notes;
}

}  // namespace diptych::evaluate
