#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "diptych/error.h"
#include "diptych/export.h"

// From page archives to balanced pairs: each function is one stage, files in and files out. The
// output is the same bytes whatever the number of threads, and appears whole or not at all. A
// record that cannot be used is counted under a reason: `read` is always `written` and what was
// dropped.

namespace diptych {

/// Records that a stage left out for one reason, and the first of them.
struct Dropped {
  static constexpr std::size_t kMaxExamples = 5;
  std::uint64_t count = 0;
  std::vector<std::string> examples;  ///< "what (file, offset N)", one line each
};

/// What a stage did. `read == written +` the counts of `dropped`.
struct StageReport {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  /// Records left out by the stage's own rule ("not drawn", "no match").
  std::map<std::string, Dropped> left_out;
  /// Records that are no good ("malformed JSON").
  std::map<std::string, Dropped> dropped;
  /// What was assumed, or is hardly what was meant; a sentence each.
  std::vector<std::string> notes;
};

/// How far a stage has come in bytes of its input, and all of it.
using StageProgress = std::function<void(std::size_t done, std::size_t total)>;

struct StageOptions {
  /// Threads that work. Default and zero: one for each CPU this process may use.
  int threads = 0;
  /// Whether outputs that are there already are replaced. Default: no, they are an error.
  bool overwrite = false;
  /// Whether this is one part of more work, of which nothing may come. Default: no, an output
  /// without a record is an error.
  bool is_part = false;
  /// What is done, in any words, and all that the output's bytes depend on: a folder of shards that
  /// a killed run left unfinished is taken up with the same text. Empty, the default: never.
  std::string command;
  /// Called on the calling thread. Default: nobody.
  StageProgress progress;
};

struct ExtractOptions {
  /// WARC and WAT archives, also with gzip members.
  std::vector<std::filesystem::path> inputs;
  /// JSON Lines, a picture of a page each: `key` (the first 24 hexadecimal digits of the URL's
  /// SHA-224), `url`, `page`, `texts` (objects with `kind`, `text`, `language`).
  std::filesystem::path out;
  /// One domain a line: pictures and pages there, and in domains below, are left out. Empty, the
  /// default: none.
  std::filesystem::path blocked_domains;
  /// One word or phrase a line: texts that contain one, whatever its case, are left out. Empty, the
  /// default: none.
  std::filesystem::path blocked_words;
  /// A fastText model that says each text's language, as lid.176.ftz. Empty, the default: CLD2.
  std::filesystem::path language_model;
  /// Memory in MiB by which a picture's further pages are left out: a Bloom filter, which takes a
  /// new picture for a known one now and then; how often is noted. Default and zero: all are kept.
  std::size_t unique_memory = 0;
  StageOptions stage;
};

struct ExtractReport {
  /// Of the archives: records read, pages written, records of other kinds left out.
  StageReport archive;
  /// Of the pages: pictures.
  StageReport stage;
  std::uint64_t texts = 0;
  std::uint64_t unpacked_bytes = 0;
};

/// Takes the pictures with a text out of page archives: `alt`, `title` and `data-image-title` of
/// each `img`. Malformed HTML, unknown charsets and damaged or cut archives are no errors but
/// counted. Throws Error: not_found, io, invalid_argument (as `match_texts`, and a file that is no
/// archive).
DIPTYCH_API ExtractReport extract_pairs(const ExtractOptions& options);

struct MatchOptions {
  /// The queries: a JSON array of texts or one text a line (without empty lines), or an automaton
  /// that was saved.
  std::filesystem::path entries;
  /// Further lists by language: a text whose `language` is a key is matched against that list, and
  /// in bo, dz, ja, km, lo, my, ryu, th and zh by the rule for scripts without spaces; "zh" is for
  /// "zh-Hant" too unless that has its own. Texts in other languages are matched against `entries`,
  /// or left out when that is empty.
  std::map<std::string, std::filesystem::path> language_entries;
  /// JSON Lines, also with gzip or zstd: objects with `text`, or with `texts`, a list of such. And
  /// shards (.tar, also packed) and tables (.csv, .tsv): a sample is an object with its `key`, its
  /// caption as `text`, of several as `texts`, and `url` and `language` of its json part.
  std::vector<std::filesystem::path> texts;
  /// The member of a sample's json part that holds its caption, or a list of them. Empty, the
  /// default: the txt part.
  std::string json_text_key;
  /// JSON Lines, the objects in order with `matches`: the numbers of the entries in `text`,
  /// ascending from 0, or for `texts` a list of them for each.
  std::filesystem::path out;
  /// How many texts each entry matched: a JSON array, or by language an object of them. Empty, the
  /// default: not written.
  std::filesystem::path counts;
  /// Where the automaton is saved, for another run. Empty, the default: nowhere.
  std::filesystem::path save;
  /// Whether letters match whatever their case. Default: no, as the reference.
  bool fold_case = false;
  /// Whether entries are spaced out as texts are, so that those with a mark can match. Default: no,
  /// as the reference.
  bool space_entries = false;
  StageOptions stage;
};

struct MatchReport {
  StageReport stage;
  std::uint64_t texts = 0;
  std::uint64_t texts_with_match = 0;
  std::uint64_t matches = 0;
  std::uint64_t entries = 0;
  /// Entries that matched no text.
  std::uint64_t unmatched_entries = 0;
  /// Entries that can match no text: a mark within one, which texts have between spaces.
  std::uint64_t dead_entries = 0;
};

/// Finds the queries that stand in texts, by MetaCLIP's rule. Throws Error: not_found, io,
/// corrupt_data, invalid_argument (bad options, outputs that exist, nothing to match).
DIPTYCH_API MatchReport match_texts(const MatchOptions& options);

struct BalanceOptions {
  /// Files that `match_texts` wrote.
  std::vector<std::filesystem::path> matches;
  /// Files of counts; several are added up, so that shards may be added later.
  std::vector<std::filesystem::path> counts;
  /// How many texts an entry may keep on average. Default: 20,000. With counts by language it holds
  /// for `threshold_language`, and the others get the one that gives them its tail share.
  std::uint64_t threshold = 20'000;
  /// Which language `threshold` is for; empty: the list for all languages without their own.
  /// Default: English, or where the counts have none of it, which is noted, that list.
  std::string threshold_language = "en";
  /// The share of all matches that entries below the threshold have, 0 to 1, instead of
  /// `threshold`: it becomes the count whose cumulated share is nearest. Below 0, the default: not
  /// used.
  double tail_share = -1.0;
  /// A draw is a hash of this and the record's `key` (otherwise `uid`, `url` or `text`).
  std::uint64_t seed = 0;
  /// JSON Lines: the records that are kept. Of `texts` one is drawn, whose fields become `text` and
  /// `language`. Empty: not written.
  std::filesystem::path out;
  /// A .npy file of float64 with the probability of each text to be kept, in order. Takes 8 bytes a
  /// text of memory. Empty, the default: not written.
  std::filesystem::path probabilities;
  /// A TSV table: language, entry, matches before, expected, after. Empty, the default: none.
  std::filesystem::path table;
  /// An SVG chart of the counts before and after, entries by rank. Empty, the default: none.
  std::filesystem::path chart;
  StageOptions stage;
};

/// The entries of one language.
struct BalancedEntries {
  std::string language;  ///< empty: there is one list
  std::uint64_t threshold = 0;
  std::uint64_t entries = 0;
  std::uint64_t head_entries = 0;  ///< with at least `threshold` matches
  std::uint64_t matches_before = 0;
  std::uint64_t matches_after = 0;
  double tail_share_before = 0.0;  ///< of the matches, that of entries below the threshold
  double tail_share_after = 0.0;
};

struct BalanceReport {
  StageReport stage;
  std::vector<BalancedEntries> languages;
  /// The sum of the probabilities, of which `stage.written` is one draw.
  double expected = 0.0;
};

/// Keeps each record with 1 - prod(1 - t / max(count, t)) over the entries it matches. Throws
/// Error: as `match_texts`, and invalid_argument for matches and counts of different lists.
DIPTYCH_API BalanceReport balance_pairs(const BalanceOptions& options);

}  // namespace diptych
