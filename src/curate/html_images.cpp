#include "curate/html_images.h"

#include <gumbo.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "curate/html_tags.h"
#include "curate/srcset.h"

namespace diptych::curate {

namespace {

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(std::string_view charset) {
  UErrorCode error = U_ZERO_ERROR;
  // What says Latin-1 or ASCII is Windows-1252 (Encoding Standard, section 4.2).
  const std::string name(charset);
  const char* standard = ucnv_getStandardName(name.c_str(), "IANA", &error);
  const std::string_view known = standard == nullptr ? std::string_view() : standard;
  const bool is_latin = known == "ISO-8859-1" || known == "US-ASCII";
  error = U_ZERO_ERROR;
  UConverter* converter = ucnv_open(is_latin ? "windows-1252" : name.c_str(), &error);
  return Converter(U_SUCCESS(error) ? converter : nullptr);
}

std::string to_utf8(std::string_view text, UConverter* converter) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString wide(text.data(), static_cast<std::int32_t>(text.size()), converter,
                                error);
  std::string result;
  if (U_SUCCESS(error)) wide.toUTF8String(result);
  return result;
}

/// Whether `<` is one byte of its own in the charset, so that tags can be found before converting.
bool keeps_ascii(std::string_view charset) {
  for (const char* other : {"UTF-16", "UTF-32", "ISO-2022", "HZ", "UTF-7"}) {
    if (ucnv_compareNames(std::string(charset.substr(0, std::string_view(other).size())).c_str(),
                          other) == 0) {
      return false;
    }
  }
  return true;
}

std::string_view charset_of(std::string_view html, std::string_view from_http) {
  if (html.starts_with("\xFF\xFE") || html.starts_with("\xFE\xFF")) return "UTF-16";
  if (html.starts_with("\xEF\xBB\xBF")) return "UTF-8";
  if (!from_http.empty() && open_converter(from_http)) return from_http;
  const std::string_view declared = declared_charset(html);
  // A page that says so in ASCII is not UTF-16 (HTML, section 13.2.3.3).
  if (!declared.empty() && keeps_ascii(declared) && open_converter(declared)) return declared;
  return {};
}

/// What makes one doubt that `taken`, which the page or HTTP names, is the page's charset.
CharsetDoubt doubt_of(std::string_view tags, std::string_view taken) {
  const bool has_more_than_ascii =
      std::any_of(tags.begin(), tags.end(), [](char c) { return (c & 0x80) != 0; });
  if (!has_more_than_ascii || !is_utf8(tags)) return CharsetDoubt::none;
  const Converter converter = open_converter(taken);
  const bool is_single = converter && ucnv_getMaxCharSize(converter.get()) == 1;
  return is_single ? CharsetDoubt::is_utf8 : CharsetDoubt::none;
}

/// The tags' text as UTF-8. Without a charset that is known, what is no UTF-8 is Windows-1252.
std::string decode(std::string tags, std::string_view charset) {
  if (charset.empty() && !is_utf8(tags)) charset = "windows-1252";
  if (charset.empty() || ucnv_compareNames(std::string(charset).c_str(), "UTF-8") == 0) return tags;
  const Converter converter = open_converter(charset);
  return converter ? to_utf8(tags, converter.get()) : tags;
}

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : found->value;
}

/// Where an `img` is. `around`: the `srcset` of the `picture` that it stands in.
std::string_view source_of(const GumboElement& element, std::string_view around) {
  const std::string_view source = attribute(element, "src");
  // A picture that is loaded late has a placeholder within the page.
  if (!source.empty() && !source.starts_with("data:")) return source;
  const std::string_view later = attribute(element, "data-src");
  if (!later.empty()) return later;
  const std::string_view own = largest_of(attribute(element, "srcset"));
  return own.empty() ? largest_of(around) : own;
}

void take_image(const GumboElement& element, std::string_view around, PageImages& page) {
  std::vector<ImageText> texts;
  for (const char* kind : kTextKinds) {
    std::string text = tidy_text(attribute(element, kind));
    if (!text.empty()) texts.push_back({kind, std::move(text)});
  }
  add_image(page, source_of(element, around), std::move(texts));
}

/// Walks a tree without recursion: its depth is the page's choice.
void take_elements(const GumboNode* root, PageImages& page) {
  std::vector<const GumboNode*> open = {root};
  std::string_view around;
  while (!open.empty()) {
    const GumboNode* node = open.back();
    open.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    // A browser that knows all formats shows the first source.
    if (element.tag == GUMBO_TAG_SOURCE && around.empty()) around = attribute(element, "srcset");
    if (element.tag == GUMBO_TAG_IMG) take_image(element, std::exchange(around, {}), page);
    if (element.tag == GUMBO_TAG_BASE && page.base.empty()) page.base = attribute(element, "href");
    for (unsigned i = element.children.length; i > 0; --i) {
      open.push_back(static_cast<const GumboNode*>(element.children.data[i - 1]));
    }
  }
}

}  // namespace

void add_image(PageImages& page, std::string_view source, std::vector<ImageText> texts) {
  if (!texts.empty()) {
    page.images.push_back({std::string(source), std::move(texts)});
  } else if (page.without_text++ == 0) {
    page.first_without_text = source;
  }
}

std::string tidy_text(std::string_view text) {
  constexpr std::string_view kSpace(" \t\v\f\r\n\0", 7);
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  std::string tidy(text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin));
  for (char& c : tidy) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return tidy;
}

PageImages find_images(std::string_view html, std::string_view charset) {
  PageImages page;
  std::string_view name = charset_of(html, charset);
  std::string converted;
  if (!name.empty() && !keeps_ascii(name)) {
    converted = decode(std::string(html), name);
    html = converted;
    name = "UTF-8";
  }
  std::string tags;
  for (const std::string_view tag : find_image_tags(html)) tags += tag;
  if (tags.empty()) return page;
  if (!name.empty()) {
    page.doubt = doubt_of(tags, name);
  } else if (!charset.empty() || !declared_charset(html).empty()) {
    page.doubt = CharsetDoubt::unknown;
  }
  // Gumbo reads the attributes, with their character references, of a page of these tags alone.
  const std::string document = decode(std::move(tags), name);
  GumboOutput* output =
      gumbo_parse_with_options(&kGumboDefaultOptions, document.data(), document.size());
  take_elements(output->root, page);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return page;
}

}  // namespace diptych::curate
