#include <algorithm>
#include <atomic>
#include <memory>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/parallel.h"
#include "curate/line_blocks.h"
#include "curate/query_lists.h"
#include "curate/query_matcher.h"
#include "curate/record.h"
#include "curate/record_files.h"
#include "curate/sample_walk.h"
#include "curate/tally.h"
#include "curate/text_output.h"
#include "diptych/curation.h"
#include "json/json.h"
#include "shards/sample_text.h"
#include "shards/sources.h"

namespace diptych {

namespace {

using namespace curate;

/// The queries of one language, and how often each was found.
struct QueryList {
  explicit QueryList(QueryMatcher queries)
      : matcher(std::move(queries)), counts(matcher.entries()) {}
  QueryMatcher matcher;
  SharedCounts counts;
  std::atomic<bool> has_texts = false;
};

class QueryLists {
 public:
  explicit QueryLists(const MatchOptions& options) {
    MatcherOptions rules{options.fold_case, options.space_entries, Script::spaced};
    if (!options.entries.empty()) {
      lists_.emplace("", std::make_unique<QueryList>(load_matcher(options.entries, rules, notes_)));
    }
    for (const auto& [language, path] : options.language_entries) {
      rules.script = script_of(language);
      lists_.emplace(language, std::make_unique<QueryList>(load_matcher(path, rules, notes_)));
    }
    if (lists_.empty()) fail(ErrorCode::invalid_argument, "entries: got none, expected a file");
  }

  /// The list for texts in a language; nullptr: none.
  QueryList* find(std::string_view language) const {
    const auto list = list_for(lists_, language);
    return list == lists_.end() ? nullptr : list->second.get();
  }

  const auto& all() const { return lists_; }
  /// What is odd about the lists.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::map<std::string, std::unique_ptr<QueryList>, std::less<>> lists_;
  std::vector<std::string> notes_;
};

/// What became of the lines of one block.
struct MatchedBlock {
  std::string lines;
  StageReport report;
  std::uint64_t texts = 0;
  std::uint64_t texts_with_match = 0;
  std::uint64_t matches = 0;
};

class BlockMatcher {
 public:
  BlockMatcher(const QueryLists& lists, const std::string& file) : lists_(lists), file_(file) {}

  MatchedBlock work(const LineBlock& block) {
    Lines lines(block);
    std::string_view line;
    while (lines.next_record(line)) {
      ++result_.report.read;
      const std::string_view problem = take(line);
      if (!problem.empty()) count_at(result_.report.dropped, problem, file_, lines.offset());
    }
    return std::move(result_);
  }

 private:
  /// Why the line cannot be used; nothing when it was.
  std::string_view take(std::string_view line) {
    const std::string_view problem = reader_.read(line, record_);
    if (!problem.empty()) return problem;
    if (record_.has_matches) return "has matches already";
    members_ = record_.is_list ? "\"matches\":[" : "\"matches\":";
    bool has_list = false;
    for (std::size_t i = 0; i < record_.texts.size(); ++i) {
      if (i > 0) members_ += ',';
      has_list = match(record_.texts[i]) || has_list;
      append_numbers(members_, found_);
    }
    if (!has_list) return "in a language without entries";
    if (record_.is_list) members_ += ']';
    append_with_members(result_.lines, record_.json, members_);
    result_.lines += '\n';
    ++result_.report.written;
    return {};
  }

  bool match(const RecordText& text) {
    found_.clear();
    QueryList* list = lists_.find(text.language);
    if (list == nullptr) return false;
    list->has_texts.store(true, std::memory_order_relaxed);
    list->matcher.match(text.text, found_);
    for (const std::uint32_t entry : found_) list->counts.add(entry);
    ++result_.texts;
    result_.texts_with_match += found_.empty() ? 0 : 1;
    result_.matches += found_.size();
    return true;
  }

  const QueryLists& lists_;
  const std::string& file_;
  RecordReader reader_;
  Record record_;
  std::vector<std::uint32_t> found_;
  std::string members_;
  MatchedBlock result_;
};

/// A sample's texts as a line of records.
void append_record(std::string& lines, const shards::Sample& sample,
                   const std::string& json_text_key) {
  const auto captions = shards::read_text(sample, {.json_text_key = json_text_key}).captions;
  OrderedJson record = {{"key", sample.key}};
  const OrderedJson json =
      read_ordered_json(sample.text("json").value_or("")).value_or(OrderedJson());
  for (const char* name : {"url", "language"}) {
    const bool has_text = json.is_object() && json.contains(name) && json.at(name).is_string();
    if (has_text) record[name] = json.at(name);
  }
  if (captions.size() == 1) {
    record["text"] = captions.front();
  } else {
    const bool has_language = record.contains("language");
    for (const std::string& caption : captions) {
      OrderedJson text = {{"text", caption}};
      if (has_language) text["language"] = record["language"];
      record["texts"].push_back(std::move(text));
    }
  }
  lines += record.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

/// Adds what a block came to, whose output `out` takes.
void take_block(MatchedBlock&& result, AtomicFile& out, MatchReport& report) {
  out.write(result.lines);
  add(report.stage, result.report);
  report.texts += result.texts;
  report.texts_with_match += result.texts_with_match;
  report.matches += result.matches;
}

/// Matches the captions of a shard or table.
void match_samples(const std::filesystem::path& path, const MatchOptions& options,
                   const QueryLists& lists, ThreadPool& pool, AtomicFile& out,
                   MatchReport& report) {
  const SampleRules rules{
      .need_picture = false, .decode = false, .json_text_key = options.json_text_key};
  const std::string name = path.string();
  StageReport files;
  StageReport samples;
  walk_samples({path}, {}, rules, pool, options.stage, files, samples,
               [&](const std::vector<CheckedSample>& checked) {
                 std::string lines;
                 for (const auto& [sample, fault] : checked)
                   if (!fault) append_record(lines, sample, options.json_text_key);
                 MatchedBlock result = BlockMatcher(lists, name).work({lines, 0});
                 result.report.read = 0;  // counted with the samples
                 take_block(std::move(result), out, report);
               });
  for (const auto& [reason, dropped] : files.dropped) samples.read += dropped.count;
  files.read = 0;
  files.written = 0;
  add(report.stage, files);
  add(report.stage, samples);
}

void match_file(const std::filesystem::path& path, const MatchOptions& options,
                const QueryLists& lists, ThreadPool& pool, AtomicFile& out, MatchReport& report) {
  const auto work = [&](const LineBlock& block, const std::string& file) {
    return BlockMatcher(lists, file).work(block);
  };
  const auto take = [&](MatchedBlock&& result) { take_block(std::move(result), out, report); };
  work_on_file<MatchedBlock>(path, options.stage, pool, work, take);
}

/// Sums up the lists; returns the counts.
Counts sum_up(const QueryLists& lists, MatchReport& report) {
  Counts counts;
  for (const auto& [language, list] : lists.all()) {
    std::vector<std::uint64_t> values = list->counts.values();
    report.entries += values.size();
    report.dead_entries += list->matcher.dead_entries();
    report.unmatched_entries +=
        static_cast<std::uint64_t>(std::count(values.begin(), values.end(), 0));
    counts.emplace(language, std::move(values));
  }
  return counts;
}

/// A language that is misspelt has no texts, and its queries are for nothing.
void note_unused(const QueryLists& lists, StageReport& report) {
  std::string unused;
  for (const auto& [language, list] : lists.all()) {
    if (list->has_texts || language.empty()) continue;
    unused += (unused.empty() ? "'" : "', '") + language;
  }
  if (!unused.empty()) report.notes.push_back("no text is in " + unused + "', which has queries");
}

void check(const MatchOptions& options) {
  if (options.texts.empty()) fail(ErrorCode::invalid_argument, "texts: got none, expected files");
  std::vector<std::filesystem::path> inputs = options.texts;
  inputs.push_back(options.entries);
  for (const auto& [language, path] : options.language_entries) inputs.push_back(path);
  for (const auto& output : {options.out, options.counts}) check_text_output(output);
  check_outputs({options.out, options.counts, options.save}, options.stage, inputs);
  if (!options.save.empty() && options.entries.empty()) {
    fail(ErrorCode::invalid_argument, "save: got lists by language only, expected entries");
  }
}

}  // namespace

MatchReport match_texts(const MatchOptions& options) {
  check(options);
  const QueryLists lists(options);
  if (!options.save.empty()) lists.find("")->matcher.save(options.save);
  ThreadPool pool(options.stage.threads);
  MatchReport report;
  report.stage.notes = lists.notes();
  AtomicFile out(options.out, existing_outputs(options.stage));
  for (const std::filesystem::path& path : options.texts) {
    const bool is_shard = !is_pipe(path.native()) && shards::source_kind(path).has_value();
    (is_shard ? match_samples : match_file)(path, options, lists, pool, out, report);
  }
  if (report.stage.written == 0 && !options.stage.is_part) {
    const auto& dropped = report.stage.dropped;
    fail(ErrorCode::invalid_argument, "texts: got {} records, expected one with a text; first: {}",
         report.stage.read,
         dropped.empty() ? options.texts.front().string() : dropped.begin()->second.examples[0]);
  }
  if (!options.stage.is_part) note_unused(lists, report.stage);
  const Counts counts = sum_up(lists, report);
  out.commit();
  if (!options.counts.empty()) write_counts(options.counts, counts);
  return report;
}

}  // namespace diptych
