#include "curate/page_pictures.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/text_remains.h"
#include "curate/record.h"
#include "curate/sha2.h"
#include "curate/tally.h"
#include "curate/warc_records.h"
#include "shards/refusal.h"
#include "web/url.h"

namespace diptych::curate {

namespace {

constexpr std::size_t kMaxUrl = 8192;

bool is_html(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("text/html") ||
         content_type.starts_with("application/xhtml");
}

/// Whether an address is none, a place in the page, or the page's own.
bool has_no_url(std::string_view source, std::string_view url, std::string_view page) {
  const std::size_t begin = source.find_first_not_of(" \t\r\n\f");
  if (begin == std::string_view::npos || source[begin] == '#') return true;
  return !page.empty() && url.substr(0, url.find('#')) == page;
}

}  // namespace

void PageReader::read(std::string_view bytes, std::uint64_t offset, PagePictures& result) {
  offset_ = offset;
  std::swap(result_, result);
  result_.lines.clear();
  result_.pictures.clear();
  result_.archive = {};
  result_.stage = {};
  result_.texts = 0;
  result_.doubts.clear();
  WarcReader reader(bytes);
  WarcRecord record;
  while (const std::optional<WarcFault> fault = reader.next(record)) {
    ++result_.archive.read;
    if (*fault == WarcFault::damaged) {
      drop_record("damaged record");
    } else if (*fault == WarcFault::cut) {
      drop_record("cut record");
    } else if (record.type == "response") {
      take_html(record.block, record.target);
    } else if (record.type == "metadata" && record.content_type.starts_with("application/json")) {
      const char* end = record.block.data() + record.block.size();
      take_wat(record.block, static_cast<std::size_t>(bytes.data() + bytes.size() - end));
    } else {
      leave_out_page("no page: another type of record");
    }
  }
  std::swap(result_, result);
}

void PageReader::drop_record(std::string_view reason) {
  count_under(result_.archive.dropped, reason,
              [&] { return fmt::format("{} ({}, offset {})", reason, file_, offset_); });
}

void PageReader::count_doubt(std::string_view doubt, std::string_view page) {
  count_under(result_.doubts, doubt, [&] { return shards::one_line(page.substr(0, 200)); });
}

void PageReader::leave_out_page(std::string_view reason) {
  count_under(result_.archive.left_out, reason,
              [&] { return fmt::format("{} ({}, offset {})", reason, file_, offset_); });
}

void PageReader::leave_out(std::string_view reason, std::string_view source,
                           std::uint64_t pictures) {
  if (pictures == 0) return;
  count_under(result_.stage.left_out, reason, pictures, [&] {
    return fmt::format("{}: {} ({}, offset {})", reason, shards::one_line(source.substr(0, 200)),
                       file_, offset_);
  });
}

void PageReader::take_html(std::string_view response, std::string_view url) {
  HttpBody http;
  read_http(response, http);
  if (!http.fault.empty()) return drop_record(http.fault);
  if (!is_html(http.content_type)) return leave_out_page("no page: no HTML");
  if (http.body.size() > kMaxPageBytes) return drop_record(kPageTooLarge);
  ++result_.archive.written;
  take_images(url, find_images(http.body, http.charset));
}

void PageReader::take_wat(std::string_view json, std::size_t readable_after) {
  if (json.size() > kMaxPageBytes) return drop_record(kPageTooLarge);
  WatPage page;
  const std::string_view problem = wat_.read(json, page, readable_after);
  if (problem == "no page") return leave_out_page("no page: no HTML");
  if (!problem.empty()) return drop_record(problem);
  ++result_.archive.written;
  take_images(page.url, std::move(page.images));
}

/// Why a picture is left out; removes its blocked texts.
std::string_view PageReader::problem_of(const std::string& url, PageImage& image) {
  if (url.empty()) return "no http or https URL";
  if (url.size() > kMaxUrl) return "URL over 8,192 bytes";
  if (rules_.domains.contains(web::host_of(url))) return "blocked domain";
  if (!rules_.words) return {};
  std::erase_if(image.texts, [&](const ImageText& text) {
    rules_.words->match(text.text, found_);
    return !found_.empty();
  });
  return image.texts.empty() ? "blocked word" : std::string_view();
}

void PageReader::take_images(std::string_view page, PageImages&& images) {
  const std::uint64_t count = images.images.size() + images.without_text;
  result_.stage.read += count;
  if (rules_.domains.contains(web::host_of(page)))
    return leave_out("blocked domain of the page", page, count);
  leave_out("no text", images.first_without_text, images.without_text);
  const std::string named = images.base.empty() ? std::string() : web::join_url(page, images.base);
  const web::BaseUrl base(named.empty() ? page : std::string_view(named));
  const std::string own = web::join_url(page, "");
  std::deque<Picture> pictures;  // whose URLs stay where they are
  std::unordered_map<std::string_view, Picture*> known;
  for (PageImage& image : images.images) {
    std::string url = base.join(image.source);
    const std::string_view problem =
        has_no_url(image.source, url, own) ? "no URL" : problem_of(url, image);
    if (!problem.empty()) {
      leave_out(problem, image.source);
    } else if (const auto place = known.find(url); place != known.end()) {
      leave_out("on the page before, texts joined", url);
      add_texts(*place->second, std::move(image.texts));
    } else {
      pictures.push_back({std::move(url), std::move(image.texts)});
      known.emplace(pictures.back().url, &pictures.back());
    }
  }
  if (!pictures.empty() && images.doubt == CharsetDoubt::unknown)
    count_doubt("pages of an unknown charset, read as UTF-8 or Windows-1252", page);
  if (!pictures.empty() && images.doubt == CharsetDoubt::is_utf8)
    count_doubt("pages that say a charset of single bytes, as they are read, and look as UTF-8",
                page);
  std::string page_json;
  append_json_string(page_json, page);
  for (const Picture& picture : pictures) write(picture, page, page_json);
}

void PageReader::add_texts(Picture& picture, std::vector<ImageText>&& texts) {
  for (ImageText& text : texts) {
    const bool is_known = std::any_of(
        picture.texts.begin(), picture.texts.end(),
        [&](const ImageText& other) { return other.kind == text.kind && other.text == text.text; });
    if (!is_known) picture.texts.push_back(std::move(text));
  }
}

void PageReader::write(const Picture& picture, std::string_view page, std::string_view page_json) {
  PictureLine line;
  const std::string digest = sha224(picture.url);
  std::copy_n(digest.begin(), line.key.size(), line.key.begin());
  std::string& out = result_.lines;
  ((out += "{\"key\":\"") += line.key_text()) += "\",\"url\":";
  append_json_string(out, picture.url);
  ((out += ",\"page\":") += page_json) += ",\"texts\":[";
  for (const ImageText& text : picture.texts) {
    if (out.back() == '}') out += ',';
    if (has_lost_character(text.text))
      count_doubt("texts with U+FFFD, mostly for bytes that are not of their charset", page);
    ((out += "{\"kind\":\"") += text.kind) += "\",\"text\":";
    append_json_string(out, text.text);
    ((out += ",\"language\":\"") += rules_.language.detect(text.text, words_)) += "\"}";
  }
  out += "]}\n";
  line.end = out.size();
  result_.texts += picture.texts.size();
  result_.pictures.push_back(line);
}

}  // namespace diptych::curate
