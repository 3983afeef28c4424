#include "labels.h"

#include <diptych/error.h>
#include <diptych/prompts.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "console.h"
#include "inputs.h"
#include "json/json.h"

namespace {

using diptych::ErrorCode;

std::vector<std::string> labels_from_json(const std::string& text, const std::string& file) {
  const diptych::Json document = diptych::parse_json(text, file);
  std::vector<std::string> labels;
  if (document.is_array()) {
    for (const diptych::Json& label : document)
      if (label.is_string()) labels.push_back(label.get<std::string>());
  }
  if (!document.is_array() || labels.size() != document.size()) {
    throw diptych::Error(
        ErrorCode::corrupt_data,
        fmt::format("labels: got JSON that is no array of texts, expected one ({})", file));
  }
  return labels;
}

/// The lines of a list, as `--labels "$(cat labels.txt)"` has them; empty ones at its end do not
/// count.
std::vector<std::string> lines_of(const std::string& list) {
  std::istringstream text(list);
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.emplace_back(trim(line));
  while (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  if (lines.empty()) lines.emplace_back();
  return lines;
}

/// Names the file in what is wrong with its labels.
void check(const std::vector<std::string>& labels, const std::string& file) {
  const std::string& first = labels.front();
  if (first.starts_with("\xFF\xFE") || first.starts_with("\xFE\xFF")) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         fmt::format("labels: got UTF-16, expected UTF-8 ({})", file));
  }
  try {
    diptych::check_labels(labels);
  } catch (const diptych::Error& error) {
    throw diptych::Error(error.code(), fmt::format("{} ({})", error.what(), file));
  }
}

bool is_number(const std::string& label) {
  return !label.empty() && label.find_first_not_of("0123456789.+-") == std::string::npos;
}

void note_numbers(const std::vector<std::string>& labels, const std::string& where) {
  const auto numbers = std::count_if(labels.begin(), labels.end(), is_number);
  if (2 * static_cast<std::size_t>(numbers) <= labels.size()) return;
  print_note(fmt::format("{} of {} labels are numbers, as '{}': a model knows words{}", numbers,
                         labels.size(), *std::find_if(labels.begin(), labels.end(), is_number),
                         where));
}

/// What the lines show; what their list shows is among the classifier's notes.
void note_lines(const std::vector<std::string>& labels, const std::string& file) {
  const auto has_columns = [](const std::string& label) {
    return label.find('\t') != std::string::npos || label.ends_with(',');
  };
  const auto found = std::find_if(labels.begin(), labels.end(), has_columns);
  if (found != labels.end()) {
    print_note(
        fmt::format("a label is a whole line, tabs and commas included: '{}' ({})", *found, file));
  }
  note_numbers(labels, fmt::format(" ({})", file));
}

}  // namespace

std::vector<std::string> listed_labels(const std::string& list) {
  std::vector<std::string> labels;
  for (const std::string& line : lines_of(list)) {
    for (std::string& label : split_list(line)) labels.push_back(std::move(label));
  }
  note_numbers(labels, "");
  const std::string file = list.starts_with('@') ? list.substr(1) : list;
  std::error_code unknown;
  if (labels.size() == 1 && std::filesystem::is_regular_file(file, unknown)) {
    print_note(fmt::format("the label '{}' is a file's name; --labels-file reads one", list));
  }
  return labels;
}

std::vector<std::string> labels_in_file(const std::string& file) {
  std::vector<std::string> labels = read_lines(file);
  if (file.ends_with(".json"))
    labels = labels_from_json(fmt::format("{}", fmt::join(labels, "\n")), file);
  for (std::string& label : labels) label = trim(label);
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) {
    throw diptych::Error(
        ErrorCode::invalid_argument,
        fmt::format("labels: got an empty file, expected a label a line ({})", file));
  }
  check(labels, file);
  note_lines(labels, file);
  return labels;
}
