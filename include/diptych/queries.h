#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diptych/curation.h"
#include "diptych/export.h"

// Queries: the words and phrases that a balanced data set is made by (arXiv 2309.16671, table 1).

namespace diptych {

struct QueryOptions {
  /// A language's code: which pageviews count, and how texts are cut into words. Default: English.
  std::string language = "en";
  /// Lists of one's own, as `match_texts` takes them. They come first. Default: none.
  std::vector<std::filesystem::path> lists;
  /// Whether "0" to "99" are queries, as in MetaCLIP. Default: yes.
  bool numbers = true;
  /// A folder with WordNet's data.noun, data.verb, data.adj, data.adv: the first word of every
  /// synset. Empty, the default: none.
  std::filesystem::path wordnet;
  /// Wikipedia dumps, pages-articles XML, also with bzip2, xz, gzip or zstd: words and pairs of
  /// words. Default: none.
  std::vector<std::filesystem::path> dumps;
  /// Files of Wikimedia's pageviews, one an hour, also packed: titles of articles. Default: none.
  std::vector<std::filesystem::path> pageviews;

  /// How often a word must stand in the dumps. Default: 100.
  std::uint64_t least_words = 100;
  /// Least pointwise mutual information of a pair of words, in bits. Default: 30, which English
  /// Wikipedia's size makes rare pairs.
  double least_information = 30.0;
  /// How often a pair must stand in the dumps. Default: 1.
  std::uint64_t least_pairs = 1;
  /// Views of a title that count in an hour, and in all hours together. Defaults: 50 and 70.
  std::uint64_t least_views_an_hour = 50;
  std::uint64_t least_views = 70;
  /// Most words, pairs and titles, the most frequent first. Zero, the default: any number.
  std::size_t most_words = 0;
  std::size_t most_pairs = 0;
  std::size_t most_titles = 0;
  /// MetaCLIP 2's bounds instead of the least counts of words, pairs and titles: a tenth of all
  /// words and at most 251,465; of pairs at most 40 % of the words' number and 100,646, by their
  /// information; 76 % of titles and at most 61,235. Default: no.
  bool worldwide = false;
  /// Queries in all, at which it stops. Default: 500,000.
  std::size_t most = 500'000;

  /// The queries, one a line.
  std::filesystem::path out;
  /// Memory in MiB for counting; the rest goes to the temporary folder. Default: 1,024.
  std::size_t memory = 1024;
  StageOptions stage;
};

/// One source of queries.
struct QuerySource {
  std::string name;           ///< "words"
  std::uint64_t found = 0;    ///< different ones
  std::uint64_t enough = 0;   ///< of those, at or above the least count, and within the bound
  std::uint64_t known = 0;    ///< of those, from an earlier source
  std::uint64_t written = 0;  ///< of those, queries now
  double least = 0.0;         ///< the least count or information of one that was enough
};

struct QueryReport {
  std::vector<QuerySource> sources;
  /// Of the dumps: pages; articles are `written`.
  StageReport pages;
  std::uint64_t words = 0;  ///< in the articles, with repetition
  /// Rows of pageviews and of lists; those used are `written`.
  StageReport rows;
  std::uint64_t written = 0;
};

/// Makes a list of queries from the sources in MetaCLIP's order: lists, numbers, synsets, words,
/// pairs, titles; first come, first kept. Bytes do not depend on the memory. Throws Error:
/// not_found, io, corrupt_data, invalid_argument (no source, nothing found, an output that exists).
DIPTYCH_API QueryReport make_queries(const QueryOptions& options);

}  // namespace diptych
