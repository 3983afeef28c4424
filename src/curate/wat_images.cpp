#include "curate/wat_images.h"

#include "curate/json_parser.h"
#include "curate/srcset.h"

namespace diptych::curate {

namespace {

using Value = simdjson::dom::element;

std::string_view text_at(const Value& value, const char* pointer) {
  std::string_view text;
  return value.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// Whether a link is one of a picture: the reference's rule, and pages' way to load late.
bool is_picture(std::string_view path) {
  return path.starts_with("IMG@/src") || path == "IMG@/data-src";
}

void take_link(const simdjson::dom::object& link, PageImages& images) {
  std::string_view path;
  if (link["path"].get(path) != simdjson::SUCCESS || !is_picture(path)) return;
  std::string_view source;
  if (link["url"].get(source) != simdjson::SUCCESS) source = {};
  if (path == "IMG@/srcset") source = largest_of(source);
  std::vector<ImageText> texts;
  std::string_view text;
  for (const char* kind : kTextKinds) {
    if (link[kind].get(text) != simdjson::SUCCESS) continue;
    std::string tidy = tidy_text(text);
    if (!tidy.empty()) texts.push_back({kind, std::move(tidy)});
  }
  add_image(images, source, std::move(texts));
}

}  // namespace

struct WatReader::Parser : JsonParser {};

WatReader::WatReader() : parser_(std::make_unique<Parser>()) {}
WatReader::~WatReader() = default;

std::string_view WatReader::read(std::string_view json, WatPage& page, std::size_t readable_after) {
  page = {};
  Value root;
  if (!parser_->parse(json, root, readable_after)) return "malformed JSON";
  page.url = text_at(root, "/Envelope/WARC-Header-Metadata/WARC-Target-URI");
  constexpr const char* kMetadata =
      "/Envelope/Payload-Metadata/HTTP-Response-Metadata/HTML-Metadata";
  Value html;
  if (root.at_pointer(kMetadata).get(html) != simdjson::SUCCESS) return "no page";
  page.images.base = text_at(html, "/Head/Base");
  simdjson::dom::array links;
  if (html["Links"].get(links) != simdjson::SUCCESS) return {};
  for (const Value link : links) {
    simdjson::dom::object object;
    if (link.get(object) == simdjson::SUCCESS) take_link(object, page.images);
  }
  return {};
}

}  // namespace diptych::curate
