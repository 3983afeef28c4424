#include "curate/query_lists.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "curate/line_blocks.h"
#include "json/json.h"

namespace diptych::curate {

namespace {

using Json = nlohmann::json;

std::string_view text_of(const MappedFile& file) {
  std::string_view text = as_text(file.bytes());
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::vector<std::string> entries_from_json(std::string_view text, const std::string& name) {
  const Json list = parse_json(text, name);
  const auto is_text = [](const Json& entry) { return entry.is_string(); };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_text)) {
    fail(ErrorCode::invalid_argument, "entries: got other JSON, expected an array of texts ({})",
         name);
  }
  return list.get<std::vector<std::string>>();
}

/// Records with texts, which is what the other input of matching has.
void refuse_objects(std::string_view text, const std::string& name) {
  for (const std::string_view part : {text.substr(0, text.find('\n')), text}) {
    const std::optional<Json> document = read_json(part);
    if (!document || !document->is_object()) continue;
    fail(ErrorCode::invalid_argument,
         "entries: got JSON objects, expected an array of texts, or one a line ({})", name);
  }
}

std::vector<std::string> entries_from_lines(std::string_view text, const std::string& name,
                                            std::uint64_t* blank_lines) {
  std::vector<std::string> entries;
  Lines lines({text, 0});
  std::string_view line;
  while (lines.next(line)) {
    if (blank_lines != nullptr && line.find_first_not_of(" \t") == std::string_view::npos) {
      ++*blank_lines;
      continue;
    }
    if (line.empty()) {
      fail(ErrorCode::invalid_argument, "entries: got an empty line {}, expected a text ({})",
           entries.size() + 1, name);
    }
    if (!is_utf8(line)) {
      fail(ErrorCode::invalid_argument,
           "entries: got bytes that are not UTF-8 in line {}, expected UTF-8 ({})",
           entries.size() + 1, name);
    }
    entries.emplace_back(line);
  }
  return entries;
}

std::vector<std::uint64_t> counts_of(const Json& list, const std::string& name) {
  const auto is_count = [](const Json& count) { return count.is_number_unsigned(); };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_count)) {
    fail(ErrorCode::invalid_argument,
         "counts: got other JSON, expected an array of whole numbers, or an object of them ({})",
         name);
  }
  return list.get<std::vector<std::uint64_t>>();
}

void add_counts(Counts& sum, const std::string& language, std::vector<std::uint64_t> counts,
                const std::string& name) {
  std::vector<std::uint64_t>& total = sum[language];
  if (total.empty()) total.resize(counts.size());
  if (total.size() != counts.size()) {
    fail(ErrorCode::invalid_argument, "counts: got {} entries, expected {} as before ({})",
         counts.size(), total.size(), name);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) total[i] += counts[i];
}

std::vector<std::string> queries_in(const MappedFile& file, std::uint64_t* blank_lines) {
  const std::string_view text = text_of(file);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{')
    refuse_objects(text.substr(first), file.name());
  const bool is_json = first != std::string_view::npos && text[first] == '[';
  std::vector<std::string> entries = is_json ? entries_from_json(text, file.name())
                                             : entries_from_lines(text, file.name(), blank_lines);
  if (entries.empty())
    fail(ErrorCode::invalid_argument, "entries: got none, expected some ({})", file.name());
  return entries;
}

/// What keeps entries from being found, or finds them twice.
void note_odd_entries(const std::vector<std::string>& entries, const std::filesystem::path& path,
                      std::vector<std::string>& notes) {
  const auto has_blank = [](const std::string& entry) {
    return entry.front() == ' ' || entry.back() == ' ';
  };
  const auto blank = std::find_if(entries.begin(), entries.end(), has_blank);
  if (blank != entries.end()) {
    notes.push_back(fmt::format(
        "entries that begin or end with a blank, and are found where two stand alone: {}, the "
        "first '{}' ({})",
        std::count_if(blank, entries.end(), has_blank), *blank, path.string()));
  }
  std::unordered_set<std::string_view> seen;
  const auto is_repeated = [&](const std::string& entry) { return !seen.insert(entry).second; };
  const auto repeated = std::count_if(entries.begin(), entries.end(), is_repeated);
  if (repeated > 0) {
    notes.push_back(
        fmt::format("entries that stand in their list before: {} ({})", repeated, path.string()));
  }
}

}  // namespace

std::vector<std::string> read_entries(const std::filesystem::path& path,
                                      std::uint64_t* blank_lines) {
  return queries_in(open_input(path), blank_lines);
}

QueryMatcher load_matcher(const std::filesystem::path& path, const MatcherOptions& options,
                          std::vector<std::string>& notes) {
  constexpr std::string_view kSaved = "dptquery";
  const MappedFile file = open_input(path);
  if (!text_of(file).starts_with(kSaved)) {
    const std::vector<std::string> entries = queries_in(file, nullptr);
    note_odd_entries(entries, path, notes);
    return QueryMatcher(entries, options);
  }
  if (is_pipe(path.native())) {
    fail(ErrorCode::invalid_argument,
         "saved queries: got a pipe, expected a file, as they are mapped ({})", path.string());
  }
  QueryMatcher matcher(path);
  const MatcherOptions saved = matcher.options();
  if (saved.fold_case != options.fold_case || saved.space_entries != options.space_entries ||
      saved.script != options.script) {
    fail(ErrorCode::invalid_argument,
         "saved queries: got other options for case, marks or language, expected those that they "
         "were saved with ({})",
         path.string());
  }
  return matcher;
}

Script script_of(std::string_view language) {
  constexpr std::array<std::string_view, 9> kUnspaced = {"bo", "dz",  "ja", "km", "lo",
                                                         "my", "ryu", "th", "zh"};
  const bool is_unspaced = std::find(kUnspaced.begin(), kUnspaced.end(),
                                     language.substr(0, language.find('-'))) != kUnspaced.end();
  return is_unspaced ? Script::unspaced : Script::spaced;
}

void write_counts(const std::filesystem::path& path, const Counts& counts) {
  const bool is_one = counts.size() == 1 && counts.begin()->first.empty();
  const Json document = is_one ? Json(counts.begin()->second) : Json(counts);
  write_file(path, document.dump() + "\n");
}

Counts read_counts(const std::vector<std::filesystem::path>& paths) {
  Counts sum;
  for (const std::filesystem::path& path : paths) {
    const MappedFile file(path);
    const Json document = parse_json(text_of(file), file.name());
    if (document.is_object()) {
      for (const auto& [language, list] : document.items()) {
        add_counts(sum, language, counts_of(list, file.name()), file.name());
      }
    } else {
      add_counts(sum, {}, counts_of(document, file.name()), file.name());
    }
  }
  return sum;
}

}  // namespace diptych::curate
