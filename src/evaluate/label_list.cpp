#include "evaluate/label_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include "base/ascii.h"
#include "base/text_remains.h"
#include "diptych/picture_files.h"
#include "diptych/prompts.h"

namespace diptych::evaluate {
namespace {

/// Of the names that WordNet's, and so ImageNet's, classes have.
constexpr std::size_t kWordNetDigits = 8;

template <typename Predicate>
bool all_of(std::span<const std::string> labels, const Predicate& holds) {
  return std::all_of(labels.begin(), labels.end(), holds);
}

/// The first label of which it holds, or nullptr.
template <typename Predicate>
const std::string* first_of(std::span<const std::string> labels, const Predicate& holds) {
  const auto found = std::find_if(labels.begin(), labels.end(), holds);
  return found == labels.end() ? nullptr : &*found;
}

/// Whether a separator stands as in a table. A comma before a blank is a sentence's: ImageNet's
/// classes are "tench, Tinca tinca".
bool has_separator(std::string_view label, char separator) {
  for (std::size_t at = label.find(separator); at != std::string_view::npos;
       at = label.find(separator, at + 1)) {
    const bool before_blank = at + 1 < label.size() && label[at + 1] == ' ';
    if (separator != ',' || !before_blank) return true;
  }
  return false;
}

std::optional<std::string> note_on_rows(std::string_view what,
                                        std::span<const std::string> labels) {
  if (labels.size() < 2) return std::nullopt;
  for (const char separator : {'\t', ';', '|', ','}) {
    const auto is_row = [&](const std::string& label) { return has_separator(label, separator); };
    if (!all_of(labels, is_row)) continue;
    return fmt::format(
        "every {0} has a {1} in it, as the rows of a table have, and is taken whole: '{2}'", what,
        separator == '\t' ? "tab" : fmt::format("'{}'", separator), labels.front());
  }
  return std::nullopt;
}

std::optional<std::string> note_on_one_line(std::string_view what,
                                            std::span<const std::string> labels) {
  constexpr std::array<std::string_view, 4> kSeparators = {",", ";", "，", "、"};
  if (labels.size() != 1) return std::nullopt;
  const auto stands_in_it = [&](std::string_view separator) {
    return labels.front().find(separator) != std::string::npos;
  };
  if (std::none_of(kSeparators.begin(), kSeparators.end(), stands_in_it)) return std::nullopt;
  return fmt::format("the only {0} may be a list of several, which is taken whole: '{1}'", what,
                     labels.front());
}

std::optional<std::string> note_on_heading(std::string_view what,
                                           std::span<const std::string> labels) {
  constexpr auto kHeadings = std::to_array<std::string_view>(
      {"label",      "labels",     "class",       "classes", "class_name", "class name",
       "classname",  "classnames", "class_names", "name",    "names",      "category",
       "categories", "id",         "index",       "title",   "caption",    "captions",
       "text",       "texts",      "query",       "queries", "filepath",   "filename"});
  if (labels.size() < 2) return std::nullopt;
  const std::string first = ascii_lower(labels.front());
  if (std::find(kHeadings.begin(), kHeadings.end(), first) == kHeadings.end()) return std::nullopt;
  return fmt::format("the first {}, '{}', is what a table's column is called; it may be answered",
                     what, labels.front());
}

std::optional<std::string> note_on_json(std::string_view what,
                                        std::span<const std::string> labels) {
  const std::string& first = labels.front();
  const bool opens = first.starts_with('[') || first.starts_with('{');
  const bool closes = labels.back().ends_with(']') || labels.back().ends_with('}');
  const auto is_quoted = [](const std::string& label) {
    return label.find('"') != std::string::npos;
  };
  if (!opens || !closes || std::none_of(labels.begin(), labels.end(), is_quoted))
    return std::nullopt;
  return fmt::format(
      "lines that look like JSON are a {} each; labels and class names are read as JSON from a "
      "file whose name ends in .json: '{}'",
      what, first);
}

std::optional<std::string> note_on_quotes(std::string_view what,
                                          std::span<const std::string> labels) {
  const auto is_quoted = [](const std::string& label) {
    if (label.size() < 3) return false;
    const char quote = label.front();
    return (quote == '"' || quote == '\'') && label.ends_with(quote);
  };
  const std::string* found = first_of(labels, is_quoted);
  if (found == nullptr) return std::nullopt;
  return fmt::format("quotes around a {} belong to it: {}", what, *found);
}

/// "[cat", "dog]": a list that was split at its commas; "red\\", "or so": one that was to stay.
std::optional<std::string> note_on_split_list(std::string_view what,
                                              std::span<const std::string> labels) {
  if (labels.size() < 2) return std::nullopt;
  const std::string& first = labels.front();
  const std::string& last = labels.back();
  for (const std::string_view brackets : {"[]", "()", "{}"}) {
    if (first.starts_with(brackets[0]) && last.ends_with(brackets[1]) &&
        first.find(brackets[1]) == std::string::npos && last.find(brackets[0]) == std::string::npos)
      return fmt::format("brackets around a list belong to its {}s: '{}'", what, first);
  }
  const std::string* found =
      first_of(labels, [](const std::string& label) { return label.ends_with('\\'); });
  if (found == nullptr) return std::nullopt;
  return fmt::format("a '\\' belongs to a {}, and keeps no comma in it, which quotes do: '{}'",
                     what, *found);
}

/// As folders and programs write several words.
std::optional<std::string> note_on_underscores(std::string_view what,
                                               std::span<const std::string> labels) {
  const auto joins_words = [](const std::string& label) {
    const std::size_t at = label.find('_', 1);
    return at != std::string::npos && at + 1 < label.size();
  };
  const std::string* found = first_of(labels, joins_words);
  if (found == nullptr) return std::nullopt;
  return fmt::format("'_' belongs to a {} and is no blank to the model: '{}'", what, *found);
}

/// "cat # 281": a '#' between words begins a remark in other programs' lists.
std::optional<std::string> note_on_remarks(std::string_view what,
                                           std::span<const std::string> labels) {
  const auto has_remark = [](const std::string& label) {
    return label.find(" # ") != std::string::npos || label.find("\t# ") != std::string::npos;
  };
  const std::string* found = first_of(labels, has_remark);
  if (found == nullptr) return std::nullopt;
  return fmt::format("'#' begins no remark, and what follows it belongs to a {}: '{}'", what,
                     *found);
}

/// "- cat", "* cat", "1. cat", "2) dog", "(3) cow", "[4] sheep", "n01440764 tench",
/// "n02085620-Chihuahua".
bool has_bullet(const std::string& label) {
  if (label.starts_with("- ") || label.starts_with("* ")) return true;
  const bool opens = label.starts_with('(') || label.starts_with('[') || label.starts_with('n');
  const std::size_t digits = label.find_first_not_of("0123456789", opens ? 1 : 0);
  if (digits == (opens ? 1 : 0) || digits == std::string::npos) return false;
  const std::string_view rest = std::string_view(label).substr(digits);
  if (label.starts_with('n'))
    return digits == kWordNetDigits + 1 && std::string_view(" -_").find(rest.front()) != rest.npos;
  return rest.starts_with(". ") || rest.starts_with(") ") || rest.starts_with(": ") ||
         (opens && rest.starts_with("] "));
}

/// "0 cat", "1 dog", "2 cow", with one of the marks after each number.
bool are_numbered(std::span<const std::string> labels, std::string_view marks) {
  const std::size_t first = labels.front().starts_with("0") ? 0 : 1;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string number = std::to_string(first + i);
    const bool has_it = labels[i].starts_with(number) && labels[i].size() > number.size();
    if (!has_it || marks.find(labels[i][number.size()]) == std::string_view::npos) return false;
  }
  return true;
}

/// "class=cat", "class=dog": a column and its value, as folders of a data set's parts are called.
bool begin_with_one_key(std::span<const std::string> labels) {
  const std::size_t end = labels.front().find('=') + 1;
  const auto has_key = [&](const std::string& label) {
    return label.size() > end && label.starts_with(labels.front().substr(0, end));
  };
  return end > 1 && all_of(labels, has_key);
}

std::optional<std::string> note_on_bullets(std::string_view what,
                                           std::span<const std::string> labels) {
  if (labels.size() < 2) return std::nullopt;
  // The first may be a heading.
  const auto most = labels.subspan(labels.size() > 2 ? 1 : 0);
  const bool is_remark = labels.front().starts_with("#");
  if (!is_remark && !all_of(most, has_bullet) && !are_numbered(labels, " .:)-_") &&
      !begin_with_one_key(labels))
    return std::nullopt;
  return fmt::format("what stands before a {} belongs to it, numbers and marks too: '{}'", what,
                     is_remark ? labels.front() : most.front());
}

/// A whole text that a template was filled for, or one that is to be.
std::optional<std::string> note_on_places(std::string_view what,
                                          std::span<const std::string> labels) {
  const std::string* found = first_of(labels, has_place_for_label);
  if (found == nullptr) return std::nullopt;
  return fmt::format("a {} is put into a template, and is none: '{}' (--template takes one)", what,
                     *found);
}

/// A template among texts that no label is put into.
std::optional<std::string> note_on_unfilled(std::string_view what,
                                            std::span<const std::string> texts) {
  const std::string* found = first_of(texts, has_place_for_label);
  if (found == nullptr) return std::nullopt;
  return fmt::format("a {} is taken as it is, and no label put into it: '{}'", what, *found);
}

/// "<b>cat</b>", "caf\uFFFD".
std::optional<std::string> note_on_remains(std::string_view what,
                                           std::span<const std::string> labels) {
  const auto has_tags = [](const std::string& label) {
    return has_markup(label) || label.find("[/") != std::string::npos;
  };
  const auto has_escape = [](const std::string& label) {
    constexpr auto kEscapes = std::to_array<std::string_view>({"\\n", "\\t", "\\u", "\\x", "%20"});
    return std::any_of(kEscapes.begin(), kEscapes.end(), [&](std::string_view escape) {
      return label.find(escape) != std::string::npos;
    });
  };
  if (const std::string* found = first_of(labels, has_tags))
    return fmt::format("markup is read as words, in the {} '{}'", what, *found);
  if (const std::string* found = first_of(labels, has_escape))
    return fmt::format("characters by their codes are read as words, in the {} '{}'", what, *found);
  if (const std::string* found = first_of(labels, has_lost_character))
    return fmt::format("in the {} '{}' another program lost a character", what, *found);
  if (const std::string* found = first_of(labels, has_control_character))
    return fmt::format("control characters belong to a {}: '{}'", what, *found);
  return std::nullopt;
}

/// "cat: 3", "dog=1", "cow 0.25", "pig 25%", "hen (7)", "(cat:1.2)", "cat 001": an index, a share,
/// a count or a weight, as programs write it after a name.
bool ends_with_number(const std::string& label) {
  std::string_view rest = label;
  if (rest.starts_with('(') && rest.ends_with(')')) {
    rest = rest.substr(1, rest.size() - 2);
    const std::size_t colon = rest.rfind(':');
    return colon != std::string_view::npos && colon > 0 && colon + 1 < rest.size() &&
           rest.find_first_not_of("0123456789.", colon + 1) == std::string_view::npos;
  }
  const bool is_share = rest.ends_with('%');
  const bool is_count = rest.ends_with(')');
  if (is_share || is_count) rest.remove_suffix(1);
  const std::size_t number = rest.find_last_not_of("0123456789.") + 1;
  if (number == 0 || number >= rest.size()) return false;
  const std::string_view before = rest.substr(0, number);
  if (is_share || is_count) return before.ends_with(is_share ? " " : " (");
  const bool is_decimal = rest.find('.', number) != std::string_view::npos;
  const bool is_padded = rest[number] == '0' && rest.size() - number > 1;
  return before.ends_with('=') || before.ends_with(": ") || before.ends_with("= ") ||
         ((is_decimal || is_padded) && before.ends_with(' '));
}

std::optional<std::string> note_on_endings(std::string_view what,
                                           std::span<const std::string> labels) {
  const auto is_file = [](const std::string& label) {
    return has_picture_name(label) || label.starts_with("http://") || label.starts_with("https://");
  };
  if (const std::string* file = first_of(labels, is_file))
    return fmt::format("a {} is words, and '{}' is a picture's name or an address", what, *file);
  if (labels.size() < 2 || !all_of(labels, ends_with_number)) return std::nullopt;
  return fmt::format("the number after a {} belongs to it: '{}'", what, labels.front());
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// "golden+retriever", as in web addresses.
bool has_plus_for_blank(const std::string& label) {
  if (label.find(' ') != std::string::npos) return false;
  for (std::size_t i = 1; i + 1 < label.size(); ++i)
    if (label[i] == '+' && is_letter(label[i - 1]) && is_letter(label[i + 1])) return true;
  return false;
}

/// "AnnualCrop", "seaLake".
bool is_camel_case(const std::string& label) {
  for (std::size_t i = 1; i < label.size(); ++i) {
    const bool begins_word = label[i] >= 'A' && label[i] <= 'Z';
    if (begins_word && label[i - 1] >= 'a' && label[i - 1] <= 'z') return true;
  }
  return false;
}

/// "photos/cat", "C:\photos\cat".
bool has_separator_of_paths(const std::string& label) {
  const std::size_t at = label.find_first_of("/\\");
  return at != std::string::npos && at + 1 < label.size();
}

/// Words that are joined by other marks than blanks.
std::optional<std::string> note_on_joined(std::string_view what,
                                          std::span<const std::string> labels) {
  if (const std::string* found = first_of(labels, has_plus_for_blank))
    return fmt::format("'+' belongs to a {} and is no blank to the model: '{}'", what, *found);
  if (labels.size() < 2) return std::nullopt;
  if (all_of(labels, has_separator_of_paths))
    return fmt::format("every {} has a '/' or '\\' in it, as paths have, and is taken whole: '{}'",
                       what, labels.front());
  if (2 * std::count_if(labels.begin(), labels.end(), is_camel_case) > std::ssize(labels))
    return fmt::format("words without a blank between them are one to the model, in the {} '{}'",
                       what, *first_of(labels, is_camel_case));
  return std::nullopt;
}

/// "cat AND NOT dog", "cat -dog", as search engines read them.
std::optional<std::string> note_on_operators(std::string_view what,
                                             std::span<const std::string> texts) {
  const auto has_operator = [](const std::string& text) {
    constexpr auto kOperators = std::to_array<std::string_view>({" AND ", " OR ", " NOT "});
    const std::string padded = " " + text + " ";
    const auto stands_in_it = [&](std::string_view word) {
      return padded.find(word) != std::string::npos;
    };
    // A text all in capitals has such words too.
    const bool has_small =
        std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (has_small && std::any_of(kOperators.begin(), kOperators.end(), stands_in_it)) return true;
    for (std::size_t i = 1; i + 1 < text.size(); ++i)
      if (text[i - 1] == ' ' && (text[i] == '-' || text[i] == '+') && is_letter(text[i + 1]))
        return true;
    return false;
  };
  const std::string* found = first_of(texts, has_operator);
  if (found == nullptr) return std::nullopt;
  return fmt::format("a {} is words alone, without operators: '{}'", what, *found);
}

/// "1. a cat", "2. a dog", among texts that may begin with a number or a dash.
std::optional<std::string> note_on_numbers(std::string_view what,
                                           std::span<const std::string> texts) {
  if (texts.size() < 2 || !are_numbered(texts, ".:)")) return std::nullopt;
  return fmt::format("the number before a {} belongs to it: '{}'", what, texts.front());
}

using NoteOn = std::optional<std::string>(std::string_view, std::span<const std::string>);

std::vector<std::string> notes_of(std::string_view what, std::span<const std::string> texts,
                                  std::initializer_list<NoteOn*> looks) {
  if (texts.empty()) return {};
  std::vector<std::string> notes;
  if (const auto note = note_on_json(what, texts)) return {*note};
  for (NoteOn* const look : looks) {
    if (const auto note = look(what, texts)) notes.push_back(*note);
  }
  return notes;
}

}  // namespace

std::vector<std::string> list_notes(std::string_view what, std::span<const std::string> labels) {
  return notes_of(what, labels,
                  {note_on_rows, note_on_one_line, note_on_heading, note_on_split_list,
                   note_on_quotes, note_on_bullets, note_on_remarks, note_on_underscores,
                   note_on_joined, note_on_places, note_on_remains, note_on_endings});
}

}  // namespace diptych::evaluate

namespace diptych {

std::vector<std::string> query_notes(std::string_view query) {
  const std::string text(query);
  std::vector<std::string> notes = line_notes("query", {&text, 1});
  if (const auto note = evaluate::note_on_operators("query", {&text, 1})) notes.push_back(*note);
  return notes;
}

std::vector<std::string> line_notes(std::string_view what, std::span<const std::string> lines) {
  return evaluate::notes_of(
      what, lines,
      {evaluate::note_on_rows, evaluate::note_on_heading, evaluate::note_on_quotes,
       evaluate::note_on_numbers, evaluate::note_on_unfilled, evaluate::note_on_remains});
}

}  // namespace diptych
