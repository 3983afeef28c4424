#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "curate/query_matcher.h"
#include "curate/url_filter.h"
#include "curate/wat_images.h"
#include "diptych/curation.h"

namespace diptych::curate {

/// What pictures and texts are left out by.
struct PageRules {
  BlockedDomains domains;
  std::optional<QueryMatcher> words;
};

/// A picture of one page as a line of the output.
struct PictureLine {
  std::string key;
  std::string json;
};

/// What an archive's records gave.
struct PagePictures {
  std::vector<PictureLine> pictures;
  StageReport archive;
  StageReport stage;
  std::uint64_t texts = 0;
};

/// Turns records of WARC and WAT archives into pictures with texts. Not thread-safe.
class PageReader {
 public:
  PageReader(const PageRules& rules, const std::string& file) : rules_(rules), file_(file) {}

  /// Takes all records in `bytes`, which begin at `offset` of the (packed) archive.
  void read(std::string_view bytes, std::uint64_t offset);
  PagePictures take() { return std::move(result_); }

 private:
  /// A picture of the page with its texts.
  struct Picture {
    std::string url;
    std::vector<ImageText> texts;
  };

  void take_html(std::string_view response, std::string_view url);
  void take_wat(std::string_view json);
  void take_images(std::string_view page, PageImages&& images);
  std::string_view problem_of(const std::string& url, PageImage& image);
  void write(const Picture& picture, std::string_view page);
  void leave_out_page(std::string_view reason);
  void drop_record(std::string_view reason);
  void leave_out(std::string_view reason, std::string_view source);

  const PageRules& rules_;
  const std::string& file_;
  std::uint64_t offset_ = 0;
  WatReader wat_;
  std::vector<std::uint32_t> found_;
  PagePictures result_;
};

}  // namespace diptych::curate
