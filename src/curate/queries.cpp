#include "diptych/queries.h"

#include <fmt/core.h>

#include <charconv>
#include <limits>
#include <unordered_set>

#include "base/ascii.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/trimmed.h"
#include "base/utf8.h"
#include "curate/packed_text.h"
#include "curate/query_lists.h"
#include "curate/tally.h"
#include "curate/wiki_dump.h"
#include "curate/word_counts.h"
#include "shards/refusal.h"

namespace diptych {

namespace {

using namespace curate;

/// Longer texts are no queries, as in MetaCLIP 2.
constexpr std::size_t kMaxQuery = 256;
/// MetaCLIP 2's bounds.
constexpr std::size_t kWorldwideWords = 251'465;
constexpr std::size_t kWorldwidePairs = 100'646;
constexpr std::size_t kWorldwideTitles = 61'235;

/// Lines of a stream that comes in pieces.
class LineStream {
 public:
  explicit LineStream(std::function<void(std::string_view)> take) : take_(std::move(take)) {}

  void read(std::string_view piece) {
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) {
        if (rest_.size() < kMaxLine) rest_ += piece;
        return;
      }
      if (rest_.empty()) {
        take_(piece.substr(0, end));
      } else {
        rest_ += piece.substr(0, end);
        take_(rest_);
        rest_.clear();
      }
      piece.remove_prefix(end + 1);
    }
  }
  void finish() {
    if (!rest_.empty()) take_(rest_);
    rest_.clear();
  }

 private:
  static constexpr std::size_t kMaxLine = std::size_t{1} << 20;
  std::function<void(std::string_view)> take_;
  std::string rest_;
};

class QueryMaker {
 public:
  explicit QueryMaker(const QueryOptions& options)
      : options_(options), out_(options.out, existing_outputs(options.stage)) {}

  QueryReport run() {
    for (const std::filesystem::path& list : options_.lists) add_list(list);
    if (options_.numbers) add_numbers();
    if (!options_.wordnet.empty()) add_synsets();
    if (!options_.dumps.empty()) add_words();
    if (!options_.pageviews.empty()) add_titles();
    if (report_.written == 0) {
      fail(ErrorCode::invalid_argument, "queries: got none from all sources, expected some ({})",
           options_.out.string());
    }
    if (is_full()) {
      report_.rows.notes.push_back(
          fmt::format("stopped at {} queries, the most that were asked for", options_.most));
    }
    out_.commit();
    return std::move(report_);
  }

 private:
  bool is_full() const { return report_.written >= options_.most; }

  QuerySource& source(std::string name) {
    report_.sources.push_back({.name = std::move(name)});
    return report_.sources.back();
  }

  static bool is_query(std::string_view text) {
    constexpr std::string_view kMarks = ",.;:?!`'\"()[]{}-_/\\|*+=<>@#$%^&~";
    const bool is_mark = text.size() == 1 && kMarks.find(text[0]) != std::string_view::npos;
    return !text.empty() && text.size() <= kMaxQuery && !is_mark && is_utf8(text) &&
           text.find_first_of("\r\n") == std::string_view::npos;
  }

  /// Writes an entry that was enough, unless it is known, no query, or one too many.
  void write(std::string_view text, QuerySource& source) {
    if (is_full() || !is_query(text)) return;
    if (!known_.emplace(text).second) {
      ++source.known;
      return;
    }
    out_.write(text);
    out_.write("\n");
    ++source.written;
    ++report_.written;
  }

  void write_best(BestEntries& best, QuerySource& source, std::size_t most) {
    std::vector<ScoredEntry> entries = best.take();
    if (most > 0 && entries.size() > most) entries.resize(most);
    source.enough = std::min<std::uint64_t>(source.enough, entries.size());
    source.least = entries.empty() ? 0.0 : entries.back().score;
    for (const ScoredEntry& entry : entries) write(entry.text, source);
  }

  /// How many of the best are kept at most: those that fit under the bound and the list.
  std::size_t bound(std::size_t most, std::size_t worldwide) const {
    if (options_.worldwide) return worldwide;
    // Some of the first may be known already.
    const std::size_t all = options_.most + known_.size();
    return most == 0 ? all : std::min(most, all);
  }

  void add_list(const std::filesystem::path& path) {
    QuerySource& list = source("list " + path.filename().string());
    std::uint64_t blank_lines = 0;
    for (const std::string& entry : read_entries(path, &blank_lines)) {
      ++list.found;
      ++list.enough;
      write(entry, list);
    }
    if (blank_lines > 0) {
      report_.rows.notes.push_back(
          fmt::format("blank lines, passed over: {} ({})", blank_lines, path.string()));
    }
  }

  void add_numbers() {
    QuerySource& numbers = source("numbers");
    for (int i = 0; i < 100; ++i) {
      ++numbers.found;
      ++numbers.enough;
      write(std::to_string(i), numbers);
    }
  }

  void add_synsets() {
    QuerySource& synsets = source("synsets");
    std::unordered_set<std::string> found;
    for (const char* file : {"data.noun", "data.verb", "data.adj", "data.adv"}) {
      LineStream lines([&](std::string_view line) {
        const std::string word = synset_of(line);
        if (word.empty() || !found.insert(word).second) return;
        ++synsets.found;
        ++synsets.enough;
        write(word, synsets);
      });
      lines.read(read_text_file(options_.wordnet / file));
      lines.finish();
    }
    if (synsets.found == 0) {
      fail(ErrorCode::invalid_argument, "WordNet: got no synsets, expected its data files ({})",
           options_.wordnet.string());
    }
  }

  /// The first word of a line of WordNet's data (wndb(5WN)), up to its first dot, as the reference
  /// cuts nltk's name of a synset; empty for another line.
  static std::string synset_of(std::string_view line) {
    if (line.empty() || line[0] < '0' || line[0] > '9') return {};
    for (int field = 0; field < 4; ++field) {
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) return {};
      line.remove_prefix(space + 1);
    }
    line = line.substr(0, line.find(' '));
    std::string word;
    for (const char c : line.substr(0, line.find_first_of(".("))) {
      const char lower = ascii_lower(c);
      word += lower == '_' ? ' ' : lower;
    }
    return word;
  }

  void add_words() {
    WordCounts counts(options_.language, options_.memory << 20U);
    for (const std::filesystem::path& dump : options_.dumps) read_dump(dump, counts);
    report_.words = counts.total();
    QuerySource words{.name = "words"};
    BestEntries best(bound(options_.most_words, kWorldwideWords));
    counts.take_words(options_.worldwide ? 1 : options_.least_words, best, words.enough);
    words.found = counts.different_words();
    write_best(best, words, options_.worldwide ? std::max<std::size_t>(words.found / 10, 1) : 0);
    report_.sources.push_back(words);

    QuerySource pairs{.name = "pairs"};
    const std::size_t worldwide =
        std::min(kWorldwidePairs, static_cast<std::size_t>(words.enough * 2 / 5));
    BestEntries best_pairs(bound(options_.most_pairs, worldwide));
    WordCounts::PairRule rule{.least_count = options_.least_pairs,
                              .least_information = options_.least_information};
    if (options_.worldwide) rule.least_information = -std::numeric_limits<double>::infinity();
    counts.take_pairs(rule, best_pairs, pairs.enough);
    pairs.found = counts.different_pairs();
    write_best(best_pairs, pairs, 0);
    report_.sources.push_back(pairs);
  }

  void read_dump(const std::filesystem::path& path, WordCounts& counts) {
    std::uint64_t articles = 0;
    bool is_damaged = false;
    WikiDump dump([&](const WikiPage& page) {
      counts.add(wiki_plain_text(page.text));
      ++articles;
    });
    try {
      read_packed_text(
          path, [&](std::string_view piece) { dump.read(piece); },
          [&](std::size_t done, std::size_t size) {
            if (options_.stage.progress) options_.stage.progress(done, size);
          });
      if (dump.is_within_page()) {
        fail(ErrorCode::corrupt_data, "dump: ends within a page, so it is cut short ({})",
             path.string());
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt_data) throw;
      is_damaged = true;
      ++report_.pages.read;
      count_under(report_.pages.dropped, "damaged file", [&] { return error.what(); });
    }
    if (dump.pages() == 0 && !dump.is_within_page() && !is_damaged) {
      fail(ErrorCode::invalid_argument,
           "dump: got no page, expected pages-articles XML of a wiki; other texts are no source "
           "({})",
           path.string());
    }
    report_.pages.read += dump.pages();
    report_.pages.written += articles;
    const auto count = [&](auto& reasons, std::string_view reason, std::uint64_t pages) {
      if (pages > 0) count_under(reasons, reason, pages, [&] { return path.string(); });
    };
    count(report_.pages.left_out, "redirects and pages that are no articles", dump.no_articles());
    count(report_.pages.dropped, "page over 64 MiB", dump.too_large());
  }

  void add_titles() {
    ExternalCounter views(options_.memory << 20U);
    for (const std::filesystem::path& path : options_.pageviews) read_pageviews(path, views);
    QuerySource titles{.name = "titles"};
    BestEntries best(bound(options_.most_titles, kWorldwideTitles));
    const auto walk = views.walk();
    while (walk->next()) {
      ++titles.found;
      if (!options_.worldwide && walk->count() < options_.least_views) continue;
      ++titles.enough;
      best.add(walk->key(), static_cast<double>(walk->count()));
    }
    const std::size_t share = static_cast<std::size_t>(titles.found) * 76 / 100;
    write_best(best, titles, options_.worldwide ? std::max<std::size_t>(share, 1) : 0);
    report_.sources.push_back(titles);
  }

  void read_pageviews(const std::filesystem::path& path, ExternalCounter& views) {
    const auto leave_out = [&](std::string_view reason, std::string_view line) {
      count_under(report_.rows.left_out, reason,
                  [&] { return shards::one_line(line.substr(0, 200)); });
    };
    LineStream lines([&](std::string_view line) {
      ++report_.rows.read;
      const std::size_t first = line.find(' ');
      const std::size_t second = line.find(' ', first + 1);
      if (first == std::string_view::npos || second == std::string_view::npos) {
        return count_under(report_.rows.dropped, "no row of pageviews", [&] {
          return fmt::format("row: got {}, expected project, title, views ({})",
                             shards::one_line(line.substr(0, 80)), path.string());
        });
      }
      std::string title(line.substr(first + 1, second - first - 1));
      const std::string_view rest = line.substr(second + 1);
      std::uint64_t count = 0;
      std::from_chars(rest.data(), rest.data() + rest.size(), count);
      if (line.substr(0, first) != options_.language) return leave_out("another project", line);
      if (title.find(':') != std::string::npos) return leave_out("title with a colon", line);
      if (count < options_.least_views_an_hour) return leave_out("few views in the hour", line);
      for (char& c : title) c = c == '_' ? ' ' : c;
      views.add(title, count);
      ++report_.rows.written;
    });
    try {
      read_packed_text(path, [&](std::string_view piece) { lines.read(piece); });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt_data) throw;
      ++report_.rows.read;
      count_under(report_.rows.dropped, "damaged file", [&] { return error.what(); });
    }
    lines.finish();
  }

  const QueryOptions& options_;
  AtomicFile out_;
  std::unordered_set<std::string> known_;
  QueryReport report_;
};

}  // namespace

QueryReport make_queries(const QueryOptions& options) {
  std::vector<std::filesystem::path> inputs = options.lists;
  inputs.insert(inputs.end(), options.dumps.begin(), options.dumps.end());
  inputs.insert(inputs.end(), options.pageviews.begin(), options.pageviews.end());
  if (inputs.empty() && options.wordnet.empty()) {
    fail(ErrorCode::invalid_argument,
         "queries: got no source, expected a list, WordNet, a dump or pageviews");
  }
  check_output(options.out, options.stage, inputs);
  return QueryMaker(options).run();
}

}  // namespace diptych
