#include "evaluate/label_notes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/trimmed.h"
#include "diptych/prompts.h"
#include "evaluate/label_list.h"

namespace diptych::evaluate {
namespace {

constexpr std::size_t kNamed = 3;
constexpr std::size_t kShownBytes = 60;

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool is_article(std::string_view word) {
  constexpr std::array kArticles = {"a", "an", "the"};
  return std::find(kArticles.begin(), kArticles.end(), word) != kArticles.end();
}

bool begins_with_article(std::string_view label) {
  const std::string lower = lower_ascii(label);
  const std::size_t blank = lower.find(' ');
  return blank != std::string::npos && is_article(std::string_view(lower).substr(0, blank));
}

/// Whether the word right before the label's place is an article.
bool asks_for_no_article(std::string_view prompt) {
  std::string before = lower_ascii(prompt.substr(0, prompt.find('{')));
  if (!before.ends_with(' ')) return false;
  before.pop_back();
  const std::size_t blank = before.rfind(' ');
  return is_article(blank == std::string::npos ? before : before.substr(blank + 1));
}

std::optional<std::string> note_on_articles(std::string_view what,
                                            std::span<const std::string> labels,
                                            std::span<const std::string> templates) {
  const auto label = std::find_if(labels.begin(), labels.end(), begins_with_article);
  const auto prompt = std::find_if(templates.begin(), templates.end(), asks_for_no_article);
  if (label == labels.end() || prompt == templates.end()) return std::nullopt;
  return fmt::format(
      "{} '{}' begins with an article, and so does its place in the template: the text is '{}'",
      what, *label, fill_template(*prompt, *label));
}

/// The labels of every class embedding that several have.
std::vector<std::vector<std::size_t>> same_rows(const Matrix& rows) {
  std::map<std::string_view, std::vector<std::size_t>> labels_of;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const std::span<const float> row = rows.row(i);
    labels_of[{reinterpret_cast<const char*>(row.data()), row.size_bytes()}].push_back(i);
  }
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [row, labels] : labels_of)
    if (labels.size() > 1) groups.push_back(std::move(labels));
  std::sort(groups.begin(), groups.end());
  return groups;
}

/// As much of a label as a line of text has room for.
std::string shortened(const std::string& label) {
  if (label.size() <= kShownBytes) return label;
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0U) == 0x80U) --end;
  return label.substr(0, end) + "...";
}

std::string listed(std::span<const std::string> labels, const std::vector<std::size_t>& indices) {
  std::string list;
  for (std::size_t i = 0; i < std::min(indices.size(), kNamed); ++i)
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", shortened(labels[indices[i]]));
  if (indices.size() > kNamed) list += fmt::format(" and {} more", indices.size() - kNamed);
  return list;
}

/// A place that another program fills, as "{c}", is text here.
std::optional<std::string> note_on_braces(std::span<const std::string> templates) {
  for (const std::string& prompt : templates) {
    const std::string filled = fill_template(prompt, "");
    const std::size_t open = filled.find('{');
    const std::size_t close = filled.find('}', open);
    if (open == std::string::npos || close == std::string::npos) continue;
    return fmt::format("'{}' in the template '{}' stays as it is",
                       filled.substr(open, close - open + 1), prompt);
  }
  return std::nullopt;
}

/// `f"a photo of a {label}"`, `"a {}"`: as programs write texts, or with what the shell left.
std::optional<std::string> note_on_quoted_templates(std::span<const std::string> templates) {
  for (const std::string& prompt : templates) {
    std::string_view text = trimmed(prompt);
    if (text.starts_with("f'") || text.starts_with("f\"")) text.remove_prefix(1);
    const bool opens = text.starts_with('\'') || text.starts_with('"');
    if (opens && text.size() > 1 && text.ends_with(text.front()))
      return fmt::format("quotes around the template {} belong to it", prompt);
  }
  return std::nullopt;
}

/// "a photo of a{}". Scripts without blanks have no such letters, and "{}s" is a plural.
std::optional<std::string> note_on_touching(std::span<const std::string> templates) {
  for (const std::string& prompt : templates) {
    const std::string filled = fill_template(prompt, "\n");
    for (std::size_t at = filled.find('\n', 1); at < filled.size(); at = filled.find('\n', at + 1))
      if (std::isalnum(static_cast<unsigned char>(filled[at - 1])) != 0)
        return fmt::format("in the template '{}' a label is one word with what stands before it",
                           prompt);
  }
  return std::nullopt;
}

std::optional<std::string> note_on_repeated(std::span<const std::string> templates) {
  std::set<std::string> seen;
  for (const std::string& prompt : templates) {
    // Both places mean the same, as blanks around a text do.
    if (!seen.insert(std::string(trimmed(fill_template(prompt, "{}")))).second)
      return fmt::format("the template '{}' is given twice, and counts twice", prompt);
  }
  return std::nullopt;
}

/// "a photo of a {},a drawing of a {}": several templates, as lists of other programs are given.
std::optional<std::string> note_on_joined_templates(std::span<const std::string> templates) {
  for (const std::string& prompt : templates) {
    const std::size_t comma = prompt.find_first_of(",;|\n");
    if (comma == std::string::npos || !has_place_for_label(prompt.substr(0, comma)) ||
        !has_place_for_label(prompt.substr(comma)))
      continue;
    return fmt::format(
        "the template '{}' is one text with the label in it several times; --template once for "
        "each takes several",
        prompt);
  }
  return std::nullopt;
}

void add_notes_on_losses(std::string_view what, std::span<const std::string> labels,
                         std::span<const std::string> templates, const Embedder& embedder,
                         std::vector<std::string>& notes) {
  const auto longest =
      std::max_element(templates.begin(), templates.end(),
                       [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const auto used = templates.empty() ? templates : std::span(longest, 1);
  std::vector<std::size_t> cut;
  std::vector<std::size_t> unknown;
  std::vector<std::size_t> special;
  std::vector<std::size_t> entities;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string prompt = label_prompts(labels[i], used, embedder.language()).front();
    if (embedder.loss_of(prompt).is_cut) cut.push_back(i);
    const Embedder::Loss loss = embedder.loss_of(labels[i]);
    if (loss.has_unknown_words) unknown.push_back(i);
    if (loss.has_special_tokens) special.push_back(i);
    if (loss.has_html_entities) entities.push_back(i);
  }
  if (!cut.empty()) {
    notes.push_back(fmt::format("longer than the model reads, so that the end is cut off: {} {}",
                                what, listed(labels, cut)));
  }
  if (!unknown.empty()) {
    notes.push_back(fmt::format("with words that the model does not know: {} {}", what,
                                listed(labels, unknown)));
  }
  if (!special.empty()) {
    notes.push_back(fmt::format("with what the tokenizer takes for a text's start or end: {} {}",
                                what, listed(labels, special)));
  }
  if (!entities.empty()) {
    notes.push_back(
        fmt::format("with HTML's spelling of characters, which the model takes for words: {} {}",
                    what, listed(labels, entities)));
  }
}

/// What the text tower does not get of the templates themselves.
void add_notes_on_templates(std::span<const std::string> templates, const Embedder& embedder,
                            std::vector<std::string>& notes) {
  std::vector<Embedder::Loss> losses;
  for (const std::string& prompt : templates)
    losses.push_back(embedder.loss_of(fill_template(prompt, " ")));
  const auto add = [&](bool Embedder::Loss::*has, std::string_view what) {
    const auto found = std::ranges::find(losses, true, has);
    if (found == losses.end()) return;
    const auto place = static_cast<std::size_t>(found - losses.begin());
    notes.push_back(fmt::format("the template '{}' has {}", templates[place], what));
  };
  add(&Embedder::Loss::has_unknown_words, "words that the model does not know");
  add(&Embedder::Loss::has_special_tokens, "what the tokenizer takes for a text's start or end");
  add(&Embedder::Loss::has_html_entities,
      "HTML's spelling of characters, which the model takes for words");
}

}  // namespace

std::vector<std::string> label_notes(std::string_view what, std::span<const std::string> labels,
                                     std::span<const std::string> templates,
                                     const Embedder& embedder, const Matrix& class_embeddings) {
  std::vector<std::string> notes = list_notes(what, labels);
  if (const auto note = note_on_braces(templates)) notes.push_back(*note);
  for (std::string& note : template_notes(templates)) notes.push_back(std::move(note));
  if (const auto note = note_on_quoted_templates(templates)) notes.push_back(*note);
  if (const auto note = note_on_touching(templates)) notes.push_back(*note);
  if (const auto note = note_on_repeated(templates)) notes.push_back(*note);
  if (const auto note = note_on_joined_templates(templates)) notes.push_back(*note);
  if (const auto note = note_on_articles(what, labels, templates)) notes.push_back(*note);
  add_notes_on_templates(templates, embedder, notes);
  add_notes_on_losses(what, labels, templates, embedder, notes);
  for (const std::vector<std::size_t>& group : same_rows(class_embeddings)) {
    notes.push_back(fmt::format("{}s {} are the same to the model: no picture can tell them apart",
                                what, listed(labels, group)));
  }
  return notes;
}

}  // namespace diptych::evaluate
