#include "demo_page.h"

#include <diptych/error.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace {

constexpr const char* kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --line: #e3e0d8; --text: #22211d; --quiet: #6b675d;
  --track: #eeece5; --first: #2f6f5e; --other: #a9c5bb; --picture: #ffffff; --wrong: #a8452c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #161715; --card: #1f211e; --line: #32352f; --text: #ecebe4; --quiet: #a3a196;
    --track: #2b2e29; --first: #7cc6ae; --other: #45655a; --picture: #f4f3ee;
    --wrong: #e8927c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 78rem; padding: 3rem 1.25rem 4rem; background: var(--page);
  color: var(--text); line-height: 1.5;
  font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif;
}
h1 { margin: 0; font-size: clamp(1.8rem, 5vw, 2.6rem); letter-spacing: -0.02em; line-height: 1.15; }
h2 { margin: 3rem 0 1rem; font-size: 1.35rem; letter-spacing: -0.01em; }
h3 { margin: 0 0 .6rem; font-size: .78rem; font-weight: 600; color: var(--quiet); }
p { margin: .5rem 0 0; max-width: 46rem; }
.quiet { color: var(--quiet); font-size: .92rem; }
.cards { display: grid; gap: 1rem; margin-top: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.1rem; }
.classified { display: grid; gap: 1.2rem; grid-template-columns: 10rem minmax(0, 1fr); margin: 0; }
figure { margin: 0; }
img {
  display: block; width: 100%; aspect-ratio: 1; object-fit: contain; padding: .4rem;
  background: var(--picture); border: 1px solid var(--line); border-radius: 10px;
}
figcaption { margin-top: .4rem; color: var(--quiet); font-size: .78rem; overflow-wrap: anywhere; }
.question + .question { margin-top: 1.1rem; }
ol { list-style: none; margin: 0; padding: 0; }
.answer { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .75rem; font-size: .9rem; margin-bottom: .45rem; }
.answer:first-child { font-weight: 600; }
.score { font-variant-numeric: tabular-nums; }
.bar { grid-column: 1 / -1; height: .4rem; border-radius: .2rem; background: var(--track); overflow: hidden; }
.bar > span { display: block; height: 100%; border-radius: inherit; background: var(--other); }
.answer:first-child .bar > span { background: var(--first); }
.is-wrong .answer:first-child .bar > span { background: var(--wrong); }
.verdict { color: var(--wrong); }
.search blockquote { margin: 0 0 .9rem; font-size: 1.05rem; font-weight: 600; }
.matches { display: grid; gap: .8rem; grid-template-columns: repeat(4, minmax(0, 1fr)); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
@media (max-width: 34rem) {
  .classified { grid-template-columns: minmax(0, 1fr); }
  .classified img { max-width: 14rem; }
  .matches { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
)css";

std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      group = group << 8 | byte;
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::string media_type(const std::filesystem::path& picture) {
  static const std::map<std::string, std::string> kTypes = {
      {".png", "image/png"}, {".webp", "image/webp"}, {".gif", "image/gif"}, {".bmp", "image/bmp"}};
  const auto found = kTypes.find(picture.extension().string());
  return found == kTypes.end() ? "image/jpeg" : found->second;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw diptych::Error(diptych::ErrorCode::io, "cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string figure(const std::filesystem::path& picture, const std::string& caption) {
  return "<figure><img alt=\"" + escape(picture.stem().string()) +
         "\" src=\"data:" + media_type(picture) + ";base64," + base64(read_bytes(picture)) +
         "\"><figcaption>" + escape(caption) + "</figcaption></figure>\n";
}

std::string percent(float score) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", 100.0 * score);
  return text;
}

std::string decimals(float value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

const char* verdict_mark(Verdict verdict) {
  return verdict == Verdict::wrong ? " <span class=\"verdict\">wrong</span>" : "";
}

void write_question(std::ostream& out, const Question& question) {
  out << "<section class=\"question" << (question.verdict == Verdict::wrong ? " is-wrong" : "")
      << "\"><h3>" << escape(question.title) << verdict_mark(question.verdict) << "</h3><ol lang=\""
      << question.language << "\">\n";
  for (const Answer& answer : question.answers) {
    out << "<li class=\"answer\"><span>" << escape(answer.label)
        << (answer.is_right ? " \u2713" : "") << "</span><span class=\"score\">"
        << percent(answer.score)
        << "</span><span class=\"bar\" aria-hidden=\"true\"><span style=\"width:"
        << percent(answer.score) << "\"></span></span></li>\n";
  }
  out << "</ol></section>\n";
}

void write_classified(std::ostream& out, const Classified& classified) {
  out << "<article class=\"card classified\">"
      << figure(classified.picture, classified.picture.filename().string()) << "<div>";
  for (const Question& question : classified.questions) write_question(out, question);
  out << "</div></article>\n";
}

void write_search(std::ostream& out, const Search& search) {
  out << "<article class=\"card search\"><blockquote lang=\"" << search.language << "\">"
      << escape(search.sentence) << verdict_mark(search.verdict)
      << "</blockquote><div class=\"matches\">\n";
  for (const auto& match : search.matches) {
    out << figure(match.path, match.path.stem().string() + ", " + decimals(match.similarity));
  }
  out << "</div></article>\n";
}

void write_searches(std::ostream& out, const std::vector<Search>& searches) {
  if (searches.empty()) return;
  out << "<h2>Found by a sentence</h2>\n<p class=\"quiet\">The number is the cosine similarity of "
      << "picture and sentence.</p>\n<div class=\"cards\">\n";
  for (const Search& search : searches) write_search(out, search);
  out << "</div>\n";
}

}  // namespace

std::string to_html(const DemoPage& page) {
  std::ostringstream out;
  out << "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      << "<title>diptych: " << escape(page.title) << "</title>\n<style>" << kStyle
      << "</style>\n</head>\n<body>\n"
      << "<header><h1>" << escape(page.title) << "</h1>\n<p>" << escape(page.summary) << "</p>\n"
      << "<p class=\"quiet\">" << escape(page.model) << "</p>\n"
      << "<p class=\"quiet\">" << escape(page.right) << "</p></header>\n<main>\n"
      << "<h2>Labels as free text</h2>\n<p class=\"quiet\">" << escape(page.introduction)
      << "</p>\n<div class=\"cards\">\n";
  for (const Classified& classified : page.pictures) write_classified(out, classified);
  out << "</div>\n";
  write_searches(out, page.searches);
  out << "</main>\n<footer class=\"quiet\">Made by <code>make demo</code>. The pictures' sources "
      << "and licences are beside them.</footer>\n</body>\n</html>\n";
  return out.str();
}
