#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "curate/query_matcher.h"
#include "curate/text_language.h"
#include "curate/url_filter.h"
#include "curate/wat_images.h"
#include "diptych/curation.h"

namespace diptych::curate {

/// What pictures and texts are left out by, and what names their language.
struct PageRules {
  LanguageDetector language;
  BlockedDomains domains;
  std::optional<QueryMatcher> words;
};

/// A picture of one page as a line of the output.
struct PictureLine {
  std::array<char, 24> key;
  std::size_t end;  ///< of its line in `lines`

  std::string_view key_text() const { return {key.data(), key.size()}; }
};

/// What an archive's records gave.
struct PagePictures {
  std::string lines;  ///< one a picture
  std::vector<PictureLine> pictures;
  StageReport archive;
  StageReport stage;
  std::uint64_t texts = 0;
  /// Texts and pages that are kept though their charset is hardly the one they say.
  std::map<std::string, Dropped> doubts;
};

/// Turns records of WARC and WAT archives into pictures with texts. Not thread-safe.
class PageReader {
 public:
  PageReader(const PageRules& rules, const std::string& file) : rules_(rules), file_(file) {}

  /// Sets `result`, whose memory it takes, to what all records in `bytes` give, which begin at
  /// `offset` of the (packed) archive.
  void read(std::string_view bytes, std::uint64_t offset, PagePictures& result);

 private:
  /// A picture of the page with its texts.
  struct Picture {
    std::string url;
    std::vector<ImageText> texts;
  };

  void take_html(std::string_view response, std::string_view url);
  void take_wat(std::string_view json, std::size_t readable_after);
  void take_images(std::string_view page, PageImages&& images);
  std::string_view problem_of(const std::string& url, PageImage& image);
  static void add_texts(Picture& picture, std::vector<ImageText>&& texts);
  void write(const Picture& picture, std::string_view page, std::string_view page_json);
  void leave_out_page(std::string_view reason);
  void count_doubt(std::string_view doubt, std::string_view page);
  void drop_record(std::string_view reason);
  void leave_out(std::string_view reason, std::string_view source, std::uint64_t pictures = 1);

  const PageRules& rules_;
  const std::string& file_;
  std::uint64_t offset_ = 0;
  WatReader wat_;
  FastTextWords words_;
  std::vector<std::uint32_t> found_;
  PagePictures result_;
};

}  // namespace diptych::curate
