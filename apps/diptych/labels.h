#pragma once

#include <string>
#include <vector>

/// The labels of a list between commas (also ， and 、), without the blanks around them.
std::vector<std::string> listed_labels(const std::string& list);

/// The labels of a file, "-" for standard input: one a line without the blanks around it, empty
/// lines at the end left out; or, in a file whose name ends in .json, a JSON array of texts. Throws
/// Error: not_found, io, corrupt_data, invalid_argument for a file without labels.
std::vector<std::string> labels_in_file(const std::string& file);
