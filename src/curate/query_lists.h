#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curate/query_matcher.h"

namespace diptych::curate {

/// Reads queries, also from a pipe: a JSON array of texts, or one a line. `blank_lines`: counts
/// lines without a text, which are passed over; nullptr: an empty one is an error, as the lines'
/// numbers are the queries'. Throws Error: as open_input, invalid_argument for other content.
std::vector<std::string> read_entries(const std::filesystem::path& path,
                                      std::uint64_t* blank_lines = nullptr);

/// Makes the automaton of a file of queries, or maps a saved one. Throws Error: as `read_entries`,
/// corrupt_data, and invalid_argument for one that was saved with other options. Adds to `notes`
/// what is odd about a file of queries: blanks around them, some that stand there twice.
QueryMatcher load_matcher(const std::filesystem::path& path, const MatcherOptions& options,
                          std::vector<std::string>& notes);

/// Returns how texts in a language are matched: without spaces at the borders for the nine of
/// MetaCLIP 2.
Script script_of(std::string_view language);

/// Returns where the list is for texts in a language: its own, otherwise that of the language
/// without a script or region ("zh" for "zh-Hant"), otherwise that for all others, "".
template <typename Lists>
auto list_for(Lists& lists, std::string_view language) {
  auto list = lists.find(language);
  if (list == lists.end()) list = lists.find(language.substr(0, language.find('-')));
  return list == lists.end() ? lists.find(std::string_view()) : list;
}

/// Counts that several threads add to.
class SharedCounts {
 public:
  explicit SharedCounts(std::size_t entries) : counts_(entries) {}
  void add(std::uint32_t entry) { counts_[entry].fetch_add(1, std::memory_order_relaxed); }
  std::size_t size() const { return counts_.size(); }
  std::vector<std::uint64_t> values() const { return {counts_.begin(), counts_.end()}; }

 private:
  std::vector<std::atomic<std::uint64_t>> counts_;
};

/// The counts of each language's entries; the key is empty where there is one list for all.
using Counts = std::map<std::string, std::vector<std::uint64_t>, std::less<>>;

/// Writes a JSON array for one list, an object of them by language otherwise. Throws Error(io).
void write_counts(const std::filesystem::path& path, const Counts& counts);

/// Reads such files and adds them up. Throws Error: not_found, io, invalid_argument for another
/// form, or for lists of different lengths.
Counts read_counts(const std::vector<std::filesystem::path>& paths);

}  // namespace diptych::curate
