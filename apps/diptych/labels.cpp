#include "labels.h"

#include <diptych/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "console.h"
#include "inputs.h"

namespace {

using diptych::ErrorCode;

std::vector<std::string> parse_json(const std::string& text, const std::string& file) {
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> labels;
  for (const Json& label : document.is_array() ? document : Json::array()) {
    if (label.is_string()) labels.push_back(label.get<std::string>());
  }
  if (!document.is_array() || labels.size() != document.size()) {
    throw diptych::Error(
        ErrorCode::corrupt_data,
        fmt::format("labels: got JSON that is no array of texts, expected one ({})", file));
  }
  return labels;
}

}  // namespace

std::vector<std::string> listed_labels(const std::string& list) {
  std::vector<std::string> labels = split_list(list);
  if (labels.size() == 1 && std::filesystem::is_regular_file(list)) {
    print_note(fmt::format("the label '{}' is a file's name; --labels-file reads one", list));
  }
  return labels;
}

std::vector<std::string> labels_in_file(const std::string& file) {
  std::vector<std::string> labels = read_lines(file);
  if (file.ends_with(".json"))
    labels = parse_json(fmt::format("{}", fmt::join(labels, "\n")), file);
  for (std::string& label : labels) label = trim(label);
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) {
    throw diptych::Error(
        ErrorCode::invalid_argument,
        fmt::format("labels: got an empty file, expected a label a line ({})", file));
  }
  return labels;
}
