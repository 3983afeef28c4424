#include "evaluate/label_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "base/text_remains.h"
#include "base/trimmed.h"
#include "diptych/picture_files.h"
#include "diptych/prompts.h"

namespace diptych::evaluate {
namespace {

/// Of the names that WordNet's, and so ImageNet's, classes have.
constexpr std::size_t kWordNetDigits = 8;
constexpr std::string_view kDigits = "0123456789";

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

/// What word processors save where plain text was meant.
std::optional<std::string> note_on_document(std::string_view what,
                                            std::span<const std::string> labels) {
  if (!labels.front().starts_with("{\\rtf")) return std::nullopt;
  return fmt::format(
      "lines of a word processor's document (RTF) are a {} each, codes included; it can be saved "
      "as plain text",
      what);
}

/// "-rw-r--r-- 1 me me 12 Nov 30 cat": a file, as `ls -l` lists it.
bool is_listed_file(const std::string& line) {
  constexpr std::size_t kMode = 10;
  return line.size() > kMode && std::string_view("-dlbcps").find(line.front()) != line.npos &&
         line.find_first_not_of("rwxsStT-", 1) >= kMode &&
         std::string_view(" .+@").find(line[kMode]) != line.npos;
}

/// What other programs write into a file of lines, or print about files.
std::optional<std::string> note_on_marks(std::string_view what,
                                         std::span<const std::string> labels) {
  const auto is_of_a_merge = [](const std::string& label) {
    return label.starts_with("<<<<<<<") || label.starts_with(">>>>>>>");
  };
  if (const std::string* found = first_of(labels, is_of_a_merge))
    return fmt::format("what a merge left undecided is a {} each: '{}'", what, *found);
  if (const std::string* found = first_of(labels, is_listed_file))
    return fmt::format("a file's mode, size and date belong to a {}: '{}'", what, *found);
  return std::nullopt;
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

/// "('cat', 'dog')", "['cat']": values of a program's, brackets and quotes included.
bool is_quoted_list(const std::string& label) {
  if (label.size() < 4) return false;
  const bool opens = label.front() == '(' || label.front() == '[';
  const bool closes = label.back() == ')' || label.back() == ']';
  return opens && closes && (label[1] == '\'' || label[1] == '"');
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
  if (const std::string* found = first_of(labels, is_quoted_list))
    return fmt::format("brackets and quotes belong to a {}: '{}'", what, *found);
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

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// "- cat", "+cat", "./cat", "1. cat", "2) dog", "(3) cow", "[4] sheep", "2023-01-01 cat": marks
/// before the first letter. "1.5 l" begins with a quantity, "7-eleven" with a name.
bool begins_with_mark(std::string_view label) {
  const auto first_letter = std::find_if(label.begin(), label.end(), is_letter);
  if (first_letter == label.end()) return false;
  std::string_view before = label.substr(0, static_cast<std::size_t>(first_letter - label.begin()));
  if (before.find_first_of("-*+<>#.:)]=~|%") == std::string_view::npos) return false;
  const bool has_digit = before.find_first_of(kDigits) != std::string_view::npos;
  if (!has_digit) return true;
  if (!before.ends_with(' ')) return false;
  before.remove_suffix(1);
  return before.find_first_not_of("0123456789.,/") != std::string_view::npos ||
         kDigits.find(before.back()) == std::string_view::npos;
}

/// "n01440764 tench", "n02085620-Chihuahua", "Q146 cat", "0x01 cat", a checksum and a name.
bool begins_with_code(const std::string& label) {
  constexpr std::size_t kChecksum = 32;
  const std::size_t end = label.find_first_not_of(kDigits, 1);
  if (end == std::string::npos) return false;
  if (label.starts_with('n'))
    return end == kWordNetDigits + 1 && std::string_view(" -_").find(label[end]) != label.npos;
  if (label.starts_with('Q')) return end > 2 && label[end] == ' ';
  return label.starts_with("0x") ||
         (label.find_first_not_of("0123456789abcdef") >= kChecksum && label.find(' ') < label.npos);
}

/// As lists begin their lines: "├── cat", "① cat", "一、猫", "a) cat", "II. dog".
bool has_bullet(const std::string& label) {
  constexpr auto kMarks = std::to_array<std::string_view>({"•", "├─", "└─", "│", "\xE2\x91"});
  constexpr std::size_t kNearStart = 7;
  const auto begins_it = [&](std::string_view mark) { return label.starts_with(mark); };
  if (std::any_of(kMarks.begin(), kMarks.end(), begins_it)) return true;
  if (label.find("、") < kNearStart) return true;
  if (label.size() > 3 && is_letter(label.front()) && label.substr(1).starts_with(") "))
    return true;
  const std::size_t roman = label.find_first_not_of("IVX");
  if (roman > 0 && roman != std::string::npos && label.substr(roman).starts_with(". ")) return true;
  return begins_with_mark(label) || begins_with_code(label);
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

/// "12 cat", "3 dog": how often a program found each. "10 euros", "20 euros" are labels.
bool are_counted(std::span<const std::string> labels) {
  std::set<std::string_view> names;
  bool is_above_ten = false;
  for (const std::string& label : labels) {
    const std::size_t end = label.find_first_not_of("0123456789");
    if (end == 0 || end == std::string::npos || label[end] != ' ') return false;
    is_above_ten = is_above_ten || end > 1;
    if (!names.insert(std::string_view(label).substr(end)).second) return false;
  }
  return is_above_ten;
}

/// Where the key of a settings file's line ends: "train: images", "names:", "LABEL_1=cat", "a = 1".
std::size_t end_of_key(std::string_view line) {
  if (const std::size_t at = line.find(" = "); at != std::string_view::npos) return at + 1;
  const std::size_t end = line.find_first_of(":= ");
  if (end == 0 || end == std::string_view::npos || line[end] == ' ') return std::string_view::npos;
  const bool is_key = line[end] == '=' || end + 1 == line.size() || line[end + 1] == ' ';
  return is_key ? end : std::string_view::npos;
}

/// Lines with keys; numbers alone after them are of labels.
bool have_keys(std::span<const std::string> labels) {
  const auto has_number = [](const std::string& label) {
    const std::string_view value = std::string_view(label).substr(end_of_key(label) + 1);
    return !value.empty() && std::none_of(value.begin(), value.end(), is_letter);
  };
  const auto has_key = [](const std::string& label) {
    return end_of_key(label) != std::string::npos;
  };
  return all_of(labels, has_key) && !all_of(labels, has_number);
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
  const auto bullets = std::count_if(labels.begin(), labels.end(), has_bullet);
  const bool are_bullets =
      all_of(most, has_bullet) || (bullets > 1 && 2 * bullets >= std::ssize(labels));
  if (!is_remark && !are_bullets && !are_numbered(labels, " .:)-_") &&
      !begin_with_one_key(labels) && !are_counted(labels) && !have_keys(most))
    return std::nullopt;
  const std::string* marked = are_bullets ? first_of(most, has_bullet) : &most.front();
  return fmt::format("what stands before a {} belongs to it, numbers and marks too: '{}'", what,
                     is_remark ? labels.front() : *marked);
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

/// "cat 2021-05", "cat: 3", "dog=1", "cow 0.25", "pig 25%", "hen (7)", "(cat:1.2)", "cat 001": an
/// index, a share, a count or a weight, as programs write it after a name.
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
  constexpr std::size_t kMonth = 7;
  const std::size_t date = rest.find_last_not_of("0123456789-") + 1;
  if (date > 0 && rest.size() - date >= kMonth && rest.find('-', date) < rest.size()) return true;
  const std::size_t number = rest.find_last_not_of("0123456789.") + 1;
  if (number == 0 || number >= rest.size()) return false;
  const std::string_view before = rest.substr(0, number);
  if (is_share || is_count) return before.ends_with(is_share ? " " : " (");
  const bool is_decimal = rest.find('.', number) != std::string_view::npos;
  const bool is_padded = rest[number] == '0' && rest.size() - number > 1;
  const bool is_key = before.size() > 1 && before.ends_with(':') && is_letter(rest[number - 2]);
  return is_key || before.ends_with('=') || before.ends_with(": ") || before.ends_with("= ") ||
         ((is_decimal || is_padded) && before.ends_with(' '));
}

/// "cat 1", "cat 2", "dog 1": parts of one class. "Boeing 737" and "Boeing 747" are two.
bool are_parts_of_one(std::span<const std::string> labels) {
  constexpr std::size_t kLongest = 2;
  std::set<std::string_view> names;
  for (const std::string& label : labels) {
    const std::size_t number = label.find_last_not_of("0123456789") + 1;
    if (number < 2 || number == label.size() || label.size() - number > kLongest) return false;
    const char before = label[number - 1];
    if (before != ' ' && before != '_' && before != '-') return false;
    names.insert(std::string_view(label).substr(0, number - 1));
  }
  return names.size() < labels.size();
}

/// "cat (1)" beside "cat", as programs call a second folder or file of that name.
std::optional<std::string> note_on_copies(std::string_view what,
                                          std::span<const std::string> labels) {
  const std::set<std::string_view> all(labels.begin(), labels.end());
  const auto is_copy = [&](const std::string& label) {
    const std::string lower = ascii_lower(label);
    for (const std::string_view end : {" (1)", " (2)", " - copy", " copy", " copy 2"})
      if (lower.ends_with(end) &&
          all.contains(std::string_view(label).substr(0, label.size() - end.size())))
        return true;
    return false;
  };
  const std::string* found = first_of(labels, is_copy);
  if (found == nullptr) return std::nullopt;
  return fmt::format("the {} '{}' is called as a copy of another one is, and is one of its own",
                     what, *found);
}

/// "animals: cat", "dog", "...": what stands around a list in a sentence.
std::optional<std::string> note_on_sentence(std::string_view what,
                                            std::span<const std::string> labels) {
  if (labels.size() < 2) return std::nullopt;
  const auto has_colon = [](const std::string& label) {
    const std::size_t at = label.find(": ");
    return at != std::string::npos && at > 0 && is_letter(label[at - 1]) && is_letter(label[0]);
  };
  if (has_colon(labels.front()) && first_of(labels.subspan(1), has_colon) == nullptr)
    return fmt::format("what stands before a ':' belongs to the {} '{}'", what, labels.front());
  const std::string last = ascii_lower(labels.back());
  if (last == "etc." || last == "etc" || last == "..." || last == "…")
    return fmt::format("the last {}, '{}', may be answered as any other", what, labels.back());
  const auto is_excluded = [](const std::string& label) {
    return label.size() > 1 && label.front() == '-' && is_letter(label[1]);
  };
  const std::string* found = first_of(labels, is_excluded);
  if (found == nullptr || all_of(labels, has_bullet)) return std::nullopt;
  return fmt::format("a '-' excludes no {}, and belongs to it: '{}'", what, *found);
}

std::optional<std::string> note_on_endings(std::string_view what,
                                           std::span<const std::string> labels) {
  const auto is_file = [](const std::string& label) {
    return has_picture_name(label) || label.starts_with("http://") || label.starts_with("https://");
  };
  if (const std::string* file = first_of(labels, is_file))
    return fmt::format("a {} is words, and '{}' is a picture's name or an address", what, *file);
  const auto has_arrow = [](const std::string& label) {
    return label.find(" -> ") != std::string::npos || label.find(" => ") != std::string::npos;
  };
  if (all_of(labels, has_arrow))
    return fmt::format("what an arrow leads to belongs to a {}: '{}'", what, labels.front());
  if (labels.size() < 2 || (!all_of(labels, ends_with_number) && !are_parts_of_one(labels)))
    return std::nullopt;
  return fmt::format("the number after a {} belongs to it: '{}'", what, labels.front());
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

/// "photos/cat", "C:\photos\cat", "cat/".
bool has_separator_of_paths(const std::string& label) {
  const std::size_t at = label.find_first_of("/\\");
  return at != std::string::npos && (label[at] == '/' || at + 1 < label.size());
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

/// "color:red", "in:album", "cat*", "cat|dog", "cat && dog".
bool has_search_mark(std::string_view text) {
  if (text.find_first_of("*|") != std::string_view::npos || text.find("&&") != text.npos)
    return true;
  for (std::size_t at = text.find(':'); at < text.size(); at = text.find(':', at + 1)) {
    if (at > 0 && at + 1 < text.size() && is_letter(text[at - 1]) && is_letter(text[at + 1]))
      return true;
  }
  return false;
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
    if (has_search_mark(text)) return true;
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
  if (const auto note = note_on_document(what, texts)) return {*note};
  for (NoteOn* const look : looks) {
    if (const auto note = look(what, texts)) notes.push_back(*note);
  }
  return notes;
}

/// "- a photo of a {}", "['a photo of a {}']".
std::optional<std::string> note_on_template_marks(std::string_view what,
                                                  std::span<const std::string> templates) {
  const auto has_mark = [](const std::string& text) {
    return has_bullet(text) || is_quoted_list(text);
  };
  const std::string* found = first_of(templates, has_mark);
  if (found == nullptr) return std::nullopt;
  return fmt::format("what stands before a {} belongs to it: '{}'", what, *found);
}

}  // namespace

std::vector<std::string> template_notes(std::span<const std::string> templates) {
  return notes_of("template", templates,
                  {note_on_template_marks, note_on_underscores, note_on_remains});
}

std::vector<std::string> list_notes(std::string_view what, std::span<const std::string> labels) {
  return notes_of(
      what, labels,
      {note_on_rows, note_on_one_line, note_on_heading, note_on_split_list, note_on_marks,
       note_on_quotes, note_on_bullets, note_on_remarks, note_on_underscores, note_on_joined,
       note_on_places, note_on_remains, note_on_endings, note_on_copies, note_on_sentence});
}

}  // namespace diptych::evaluate

namespace diptych {

std::vector<std::string> query_notes(std::string_view query) {
  const std::string text(query);
  std::vector<std::string> notes = line_notes("query", {&text, 1});
  if (const auto note = evaluate::note_on_operators("query", {&text, 1})) notes.push_back(*note);
  if (trimmed(text).find('\n') != std::string_view::npos)
    notes.emplace_back("a query is one text, and its lines are no queries of their own");
  return notes;
}

std::vector<std::string> line_notes(std::string_view what, std::span<const std::string> lines) {
  return evaluate::notes_of(
      what, lines,
      {evaluate::note_on_rows, evaluate::note_on_heading, evaluate::note_on_marks,
       evaluate::note_on_quotes, evaluate::note_on_numbers, evaluate::note_on_unfilled,
       evaluate::note_on_remains});
}

}  // namespace diptych
