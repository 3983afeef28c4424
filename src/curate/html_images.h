#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// The attributes of a picture that are taken as its texts.
inline constexpr std::array<const char*, 3> kTextKinds = {"alt", "title", "data-image-title"};

struct ImageText {
  std::string_view kind;  ///< one of kTextKinds
  std::string text;
};

/// A picture as a page shows it.
struct PageImage {
  std::string source;  ///< as written: often relative
  std::vector<ImageText> texts;
};

/// What is doubtful about the charset that a page was read in.
enum class CharsetDoubt {
  none,
  unknown,  ///< it names one that ICU does not know; UTF-8 or Windows-1252 was taken
  is_utf8,  ///< it names one of single bytes, which was taken as browsers do, and is UTF-8
};

struct PageImages {
  CharsetDoubt doubt = CharsetDoubt::none;
  std::string base;               ///< of <base href>; empty: the page's own URL
  std::vector<PageImage> images;  ///< those with a text
  std::uint64_t without_text = 0;
  std::string first_without_text;  ///< its source
};

/// Returns the pictures of an HTML page that have a text, in order. Finds the tags by HTML's rules
/// for tokens (comments, scripts, quoted attributes) without making a tree of the page, so that its
/// time is linear in the page whatever it holds. `charset`: what HTTP said, or empty. Never throws
/// for content.
PageImages find_images(std::string_view html, std::string_view charset);

/// Adds a picture, or counts it when it has no text.
void add_image(PageImages& page, std::string_view source, std::vector<ImageText> texts);

/// Returns a text as the reference keeps them: CR and LF are spaces, none at the ends.
std::string tidy_text(std::string_view text);

}  // namespace diptych::curate
