#include <fmt/core.h>

#include <map>
#include <memory>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/npy_header.h"
#include "base/parallel.h"
#include "curate/balance_report.h"
#include "curate/balance_rule.h"
#include "curate/line_blocks.h"
#include "curate/query_lists.h"
#include "curate/record.h"
#include "curate/record_files.h"
#include "curate/stable_hash.h"
#include "curate/tally.h"
#include "curate/text_output.h"
#include "diptych/curation.h"

namespace diptych {

namespace {

using namespace curate;

// Draws of one record that must not depend on one another.
constexpr std::uint64_t kTextDraw = 0x74657874;
constexpr std::uint64_t kKeepDraw = 0x6B656570;

struct Language {
  explicit Language(std::string name, std::vector<std::uint64_t> counts, std::uint64_t threshold)
      : balance{std::move(name), threshold, std::move(counts), {}, {}},
        matched(balance.before.size()),
        after(balance.before.size()) {
    for (const std::uint64_t count : balance.before) {
      balance.probabilities.push_back(entry_probability(count, threshold));
    }
  }
  LanguageBalance balance;
  SharedCounts matched;  ///< by the records that are read
  SharedCounts after;
};

/// The threshold of each language's entries.
class Thresholds {
 public:
  Thresholds(const Counts& counts, const BalanceOptions& options, StageReport& report)
      : options_(options), base_(options.threshold_language) {
    share_ = options.tail_share;
    if (share_ >= 0 || counts.size() == 1) return;
    auto base = counts.find(base_);
    // English texts were matched against the list that is for all languages without their own.
    const bool is_of_others = base == counts.end() && base_ == kDefaultBase;
    if (is_of_others) base = counts.find("");
    if (base == counts.end()) {
      fail(ErrorCode::invalid_argument,
           "threshold: got counts of {} languages without '{}', for which it holds, expected "
           "another language or a tail share",
           counts.size(), base_);
    }
    if (is_of_others) {
      report.notes.push_back(fmt::format(
          "t holds for the queries of all other languages, '', as the counts have none of '{}'",
          base_));
    }
    base_ = base->first;
    share_ = tail_share(base->second, options.threshold);
  }

  std::uint64_t of(const std::string& language, std::span<const std::uint64_t> counts) const {
    if (share_ < 0) return options_.threshold;
    if (options_.tail_share < 0 && language == base_) return options_.threshold;
    return threshold_for(counts, share_);
  }

 private:
  static constexpr std::string_view kDefaultBase = "en";
  const BalanceOptions& options_;
  std::string base_;  ///< the language whose threshold was given
  double share_ = -1.0;
};

using Languages = std::map<std::string, std::unique_ptr<Language>, std::less<>>;

Languages make_languages(const BalanceOptions& options, StageReport& report) {
  Counts counts = read_counts(options.counts);
  if (counts.empty()) fail(ErrorCode::invalid_argument, "counts: got none, expected a file");
  const Thresholds thresholds(counts, options, report);
  Languages languages;
  for (auto& [language, values] : counts) {
    const std::uint64_t threshold = thresholds.of(language, values);
    languages.emplace(language, std::make_unique<Language>(language, std::move(values), threshold));
  }
  return languages;
}

struct BlockResult {
  std::string lines;
  std::vector<double> probabilities;
  double expected = 0.0;
  std::optional<std::string> key;  ///< of the first record
  bool has_other_keys = false;
  StageReport report;
};

/// Whether all records have one key, and with it one draw.
class KeysSeen {
 public:
  void add(const BlockResult& block) {
    if (!block.key) return;
    if (!key_) key_ = block.key;
    differ_ = differ_ || block.has_other_keys || *block.key != *key_;
  }
  void note_if_one(StageReport& report) const {
    if (!key_ || differ_ || report.read - count_of(report.dropped) < 2) return;
    report.notes.push_back(fmt::format(
        "all records have one key, '{}', so that one draw keeps them or leaves them out", *key_));
  }

 private:
  static std::uint64_t count_of(const std::map<std::string, Dropped>& reasons) {
    std::uint64_t records = 0;
    for (const auto& [reason, dropped] : reasons) records += dropped.count;
    return records;
  }

  std::optional<std::string> key_;
  bool differ_ = false;
};

class BlockBalancer {
 public:
  BlockBalancer(const Languages& languages, const BalanceOptions& options, const std::string& file)
      : languages_(languages), options_(options), file_(file) {}

  BlockResult work(const LineBlock& block) {
    Lines lines(block);
    std::string_view line;
    while (lines.next_record(line)) {
      ++result_.report.read;
      place_ = lines.offset();
      take(line);
    }
    return std::move(result_);
  }

 private:
  void take(std::string_view line) {
    std::string_view problem = reader_.read(line, record_);
    if (problem.empty() && !record_.has_matches) problem = "no matches";
    if (problem.empty() && record_.is_list && record_.has_text_field) {
      problem = "a text was drawn already";
    }
    if (!problem.empty()) {
      count_at(result_.report.dropped, problem, file_, place_);
      return;
    }
    if (!result_.key) result_.key = record_.key;
    result_.has_other_keys = result_.has_other_keys || record_.key != *result_.key;
    const std::optional<std::size_t> drawn = draw_text();
    if (!drawn) return leave_out("no query in the text");
    const double probability = probabilities_[*drawn];
    result_.expected += probability;
    const std::uint64_t hash = stable_hash(record_.key, options_.seed ^ kKeepDraw);
    if (!(hash_to_unit(hash) < probability)) return leave_out("not drawn");
    keep(record_.texts[*drawn]);
  }

  void leave_out(std::string_view reason) {
    count_at(result_.report.left_out, reason, file_, place_);
  }

  /// Computes each text's probability and draws one of those with a match.
  std::optional<std::size_t> draw_text() {
    probabilities_.clear();
    std::vector<std::size_t> matched;
    for (const RecordText& text : record_.texts) {
      if (!text.matches.empty()) matched.push_back(probabilities_.size());
      Language& language = entries_of(text);
      for (const std::uint32_t match : text.matches) language.matched.add(match);
      probabilities_.push_back(keep_probability(text.matches, language.balance.probabilities));
    }
    if (!options_.probabilities.empty()) {
      result_.probabilities.insert(result_.probabilities.end(), probabilities_.begin(),
                                   probabilities_.end());
    }
    if (matched.empty()) return std::nullopt;
    const std::uint64_t hash = stable_hash(record_.key, options_.seed ^ kTextDraw);
    return matched[static_cast<std::size_t>(hash_to_unit(hash) *
                                            static_cast<double>(matched.size()))];
  }

  Language& entries_of(const RecordText& text) const {
    const auto found = list_for(languages_, text.language);
    if (found == languages_.end()) {
      if (text.matches.empty()) return *languages_.begin()->second;
      fail(ErrorCode::invalid_argument,
           "language: got matches of '{}', expected one that the counts have ({}, offset {})",
           text.language, file_, place_);
    }
    Language& language = *found->second;
    for (const std::uint32_t match : text.matches) {
      if (match < language.after.size()) continue;
      fail(ErrorCode::invalid_argument,
           "match: got entry {}, expected one of the {} that the counts have ({}, offset {})",
           match, language.after.size(), file_, place_);
    }
    return language;
  }

  void keep(const RecordText& text) {
    for (const std::uint32_t match : text.matches) entries_of(text).after.add(match);
    ++result_.report.written;
    std::string members;
    if (record_.is_list) {
      members = "\"text\":";
      append_json_string(members, text.text);
      if (!text.language.empty()) {
        members += ",\"language\":";
        append_json_string(members, text.language);
      }
    }
    append_with_members(result_.lines, record_.json, members);
    result_.lines += '\n';
  }

  const Languages& languages_;
  const BalanceOptions& options_;
  const std::string& file_;
  std::uint64_t place_ = 0;
  RecordReader reader_;
  Record record_;
  std::vector<double> probabilities_;
  BlockResult result_;
};

void write_npy(const std::filesystem::path& path, const std::vector<double>& values) {
  AtomicFile file(path);
  file.write(npy_header("<f8", {static_cast<std::int64_t>(values.size())}));
  file.write(std::as_bytes(std::span(values)));
  file.commit();
}

BalancedEntries summary_of(const LanguageBalance& balance) {
  BalancedEntries summary;
  summary.language = balance.language;
  summary.threshold = balance.threshold;
  summary.entries = balance.before.size();
  std::uint64_t tail_after = 0;
  for (std::size_t i = 0; i < balance.before.size(); ++i) {
    const bool is_head = balance.before[i] >= balance.threshold;
    summary.head_entries += is_head ? 1 : 0;
    summary.matches_before += balance.before[i];
    summary.matches_after += balance.after[i];
    tail_after += is_head ? 0 : balance.after[i];
  }
  summary.tail_share_before = tail_share(balance.before, balance.threshold);
  if (summary.matches_after > 0) {
    summary.tail_share_after =
        static_cast<double>(tail_after) / static_cast<double>(summary.matches_after);
  }
  return summary;
}

void check(const BalanceOptions& options) {
  if (options.matches.empty())
    fail(ErrorCode::invalid_argument, "matches: got none, expected files");
  if (options.tail_share > 1) {
    fail(ErrorCode::invalid_argument, "tail share: got {}, expected 0 to 1", options.tail_share);
  }
  if (options.threshold == 0)
    fail(ErrorCode::invalid_argument, "threshold: got 0, expected 1 or more");
  std::vector<std::filesystem::path> inputs = options.matches;
  inputs.insert(inputs.end(), options.counts.begin(), options.counts.end());
  for (const auto& output : {options.out, options.table}) check_text_output(output);
  check_outputs({options.out, options.probabilities, options.table, options.chart}, options.stage,
                inputs);
}

/// More matches than the counts have are of texts that were not counted: of such queries more than
/// t are kept.
void note_uncounted(const Languages& languages, StageReport& report) {
  std::size_t queries = 0;
  for (const auto& [name, language] : languages) {
    const std::vector<std::uint64_t> matched = language->matched.values();
    for (std::size_t i = 0; i < matched.size(); ++i)
      queries += matched[i] > language->balance.before[i] ? 1 : 0;
  }
  if (queries == 0) return;
  report.notes.push_back(fmt::format(
      "the counts are of other texts than the matches: {} queries stand in more than were counted",
      queries));
}

/// Writes what was asked for, the kept records last: they say that the stage is done.
void finish(const BalanceOptions& options, Languages& languages, const std::vector<double>& values,
            std::optional<AtomicFile>& out, BalanceReport& report) {
  std::vector<LanguageBalance> balances;
  for (auto& [name, language] : languages) {
    language->balance.after = language->after.values();
    report.languages.push_back(summary_of(language->balance));
    balances.push_back(language->balance);
  }
  if (!options.probabilities.empty()) write_npy(options.probabilities, values);
  if (!options.table.empty()) write_balance_table(options.table, balances);
  if (!options.chart.empty()) write_balance_chart(options.chart, balances);
  if (out) out->commit();
}

}  // namespace

BalanceReport balance_pairs(const BalanceOptions& options) {
  check(options);
  BalanceReport report;
  Languages languages = make_languages(options, report.stage);
  ThreadPool pool(options.stage.threads);
  std::vector<double> probabilities;
  std::optional<AtomicFile> out;
  if (!options.out.empty()) out.emplace(options.out, existing_outputs(options.stage));
  KeysSeen keys;
  const auto take = [&](BlockResult&& result) {
    keys.add(result);
    if (out) out->write(result.lines);
    add(report.stage, result.report);
    report.expected += result.expected;
    probabilities.insert(probabilities.end(), result.probabilities.begin(),
                         result.probabilities.end());
  };
  const auto work = [&](const LineBlock& block, const std::string& file) {
    return BlockBalancer(languages, options, file).work(block);
  };
  for (const std::filesystem::path& path : options.matches) {
    work_on_file<BlockResult>(path, options.stage, pool, work, take);
  }
  if (report.stage.read == 0 && !options.stage.is_part) {
    fail(ErrorCode::invalid_argument, "matches: got no records, expected some ({})",
         options.matches.front().string());
  }
  note_uncounted(languages, report.stage);
  keys.note_if_one(report.stage);
  finish(options, languages, probabilities, out, report);
  return report;
}

}  // namespace diptych
