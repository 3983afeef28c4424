#include "curate/page_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "curate/record.h"
#include "curate/sha224.h"
#include "curate/tally.h"
#include "curate/text_language.h"
#include "curate/warc_records.h"
#include "curate/web_url.h"
#include "shards/refusal.h"

namespace diptych::curate {

namespace {

constexpr std::size_t kMaxUrl = 8192;
constexpr std::size_t kKeyDigits = 24;

bool is_html(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("text/html") ||
         content_type.starts_with("application/xhtml");
}

}  // namespace

void PageReader::read(std::string_view bytes, std::uint64_t offset) {
  offset_ = offset;
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
      take_wat(record.block);
    } else {
      leave_out_page("no page: another type of record");
    }
  }
}

void PageReader::drop_record(std::string_view reason) {
  count_under(result_.archive.dropped, reason,
              [&] { return fmt::format("{} ({}, offset {})", reason, file_, offset_); });
}

void PageReader::leave_out_page(std::string_view reason) {
  count_under(result_.archive.left_out, reason,
              [&] { return fmt::format("{} ({}, offset {})", reason, file_, offset_); });
}

void PageReader::leave_out(std::string_view reason, std::string_view source) {
  count_under(result_.stage.left_out, reason, [&] {
    return fmt::format("{}: {} ({}, offset {})", reason, shards::one_line(source.substr(0, 200)),
                       file_, offset_);
  });
}

void PageReader::take_html(std::string_view response, std::string_view url) {
  HttpBody http;
  read_http(response, http);
  if (!http.fault.empty()) return drop_record(http.fault);
  if (!is_html(http.content_type)) return leave_out_page("no page: no HTML");
  if (http.body.size() > kMaxPageBytes) return drop_record("page over 64 MiB");
  ++result_.archive.written;
  take_images(url, find_images(http.body, http.charset));
}

void PageReader::take_wat(std::string_view json) {
  if (json.size() > kMaxPageBytes) return drop_record("page over 64 MiB");
  WatPage page;
  const std::string_view problem = wat_.read(json, page);
  if (problem == "no page") return leave_out_page("no page: no HTML");
  if (!problem.empty()) return drop_record(problem);
  ++result_.archive.written;
  take_images(page.url, std::move(page.images));
}

/// Why a picture is left out; removes its blocked texts.
std::string_view PageReader::problem_of(const std::string& url, PageImage& image) {
  if (image.texts.empty()) return "no text";
  if (url.empty()) return "no http or https URL";
  if (url.size() > kMaxUrl) return "URL over 8,192 bytes";
  if (rules_.domains.contains(host_of(url))) return "blocked domain";
  if (!rules_.words) return {};
  std::erase_if(image.texts, [&](const ImageText& text) {
    rules_.words->match(text.text, found_);
    return !found_.empty();
  });
  return image.texts.empty() ? "blocked word" : std::string_view();
}

void PageReader::take_images(std::string_view page, PageImages&& images) {
  const std::string base = images.base.empty() ? std::string(page) : join_url(page, images.base);
  const bool is_blocked = rules_.domains.contains(host_of(page));
  std::vector<Picture> pictures;
  std::unordered_map<std::string, std::size_t> place_of;
  for (PageImage& image : images.images) {
    ++result_.stage.read;
    if (is_blocked) {
      leave_out("blocked domain of the page", page);
      continue;
    }
    std::string url =
        image.texts.empty() ? std::string() : join_url(base.empty() ? page : base, image.source);
    const std::string_view problem = problem_of(url, image);
    if (!problem.empty()) {
      leave_out(problem, image.source);
      continue;
    }
    const auto [place, is_new] = place_of.emplace(url, pictures.size());
    if (is_new) {
      pictures.push_back({std::move(url), std::move(image.texts)});
      continue;
    }
    leave_out("on the page before, texts joined", url);
    std::vector<ImageText>& texts = pictures[place->second].texts;
    for (ImageText& text : image.texts) {
      const bool is_known = std::any_of(texts.begin(), texts.end(), [&](const ImageText& other) {
        return other.kind == text.kind && other.text == text.text;
      });
      if (!is_known) texts.push_back(std::move(text));
    }
  }
  for (const Picture& picture : pictures) write(picture, page);
}

void PageReader::write(const Picture& picture, std::string_view page) {
  PictureLine line;
  line.key = sha224(picture.url).substr(0, kKeyDigits);
  line.json = "{\"key\":\"" + line.key + "\",\"url\":";
  append_json_string(line.json, picture.url);
  line.json += ",\"page\":";
  append_json_string(line.json, page);
  line.json += ",\"texts\":[";
  for (const ImageText& text : picture.texts) {
    if (line.json.back() == '}') line.json += ',';
    line.json += "{\"kind\":\"";
    line.json += text.kind;
    line.json += "\",\"text\":";
    append_json_string(line.json, text.text);
    line.json += ",\"language\":\"" + text_language(text.text) + "\"}";
  }
  line.json += "]}\n";
  result_.texts += picture.texts.size();
  result_.pictures.push_back(std::move(line));
}

}  // namespace diptych::curate
