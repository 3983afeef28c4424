#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace diptych::test {

/// Puts stand-ins for all that the examples of pages and help texts name into a folder, small
/// enough to run each of them: pictures and folders of pictures, captions, labels, class names,
/// models, shards, configurations, and `examples/pictures` itself.
void write_example_files(const std::filesystem::path& folder);

/// The labels that are right for a picture that an example names, by
/// `examples/pictures/labels.tsv`.
std::set<std::string> right_labels(const std::filesystem::path& picture);

}  // namespace diptych::test
