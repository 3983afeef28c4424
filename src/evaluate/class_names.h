#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diptych::evaluate {

/// A class: the folder its pictures are in, which need not exist, and the name it goes by.
struct NamedClass {
  std::string folder;
  std::string name;
};

/// Returns the classes of sorted folders, after a file of their names (ZeroShotOptions::class_names
/// says its forms) or, without one, after the folders. Throws Error: not_found, io, corrupt_data
/// for a file that cannot be read, invalid_argument for names that are empty, not UTF-8 or do not
/// fit the folders: another number of them, none or several for a folder, and names in the order of
/// folders when that order is doubtful, because they are other folders' names or because the
/// folders are numbers whose order by name is not their order as numbers.
std::vector<NamedClass> name_classes(std::span<const std::string> folders,
                                     const std::filesystem::path& class_names);

/// Returns what in the names themselves makes a result mean little, one sentence each; usually
/// none: codes instead of words, a folder that goes by the name of another.
std::vector<std::string> class_name_notes(std::span<const NamedClass> classes);

}  // namespace diptych::evaluate
