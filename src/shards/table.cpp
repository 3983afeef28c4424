#include "shards/table.h"

namespace diptych::shards {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::vector<std::string_view>> RowReader::next(std::size_t max_fields) {
  skip_blank_lines();
  row_position_ = position_;
  if (unclosed_quote_ || position_ == text_.size()) return std::nullopt;
  std::vector<std::string_view> fields;
  while (true) {
    const std::optional<std::string_view> field = next_field();
    if (!field) {
      unclosed_quote_ = true;
      return std::nullopt;
    }
    if (fields.size() < max_fields) fields.push_back(*field);
    if (at_line_end()) break;
    ++position_;  // the separator
  }
  take_line_end();
  return fields;
}

std::optional<std::string_view> RowReader::next_field() {
  const std::size_t begin = position_;
  if (position_ < text_.size() && text_[position_] == '"' && !skip_quoted()) return std::nullopt;
  while (!at_line_end() && text_[position_] != separator_) ++position_;
  return text_.substr(begin, position_ - begin);
}

/// Moves from an opening quote to after the one that closes it; false when there is none.
bool RowReader::skip_quoted() {
  while (true) {
    const std::size_t quote = text_.find('"', position_ + 1);
    if (quote == std::string_view::npos) return false;
    position_ = quote + 1;
    const bool doubled = position_ < text_.size() && text_[position_] == '"';
    if (!doubled) return true;
  }
}

void RowReader::skip_blank_lines() {
  while (position_ < text_.size()) {
    const std::size_t begin = position_;
    while (!at_line_end() && is_blank(text_[position_]) && text_[position_] != separator_)
      ++position_;
    if (!at_line_end()) {
      position_ = begin;
      return;
    }
    take_line_end();
  }
}

bool RowReader::at_line_end() const {
  return position_ == text_.size() || text_[position_] == '\n' || text_[position_] == '\r';
}

void RowReader::take_line_end() {
  if (position_ == text_.size()) return;
  position_ += text_.substr(position_, 2) == "\r\n" ? 2 : 1;
}

std::string unquote(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  std::string text;
  text.reserve(field.size());
  for (std::size_t i = 1; i < field.size(); ++i) {
    if (field[i] == '"') {
      const bool doubled = i + 1 < field.size() && field[i + 1] == '"';
      if (!doubled) return text.append(field.substr(i + 1));
      ++i;
    }
    text.push_back(field[i]);
  }
  return text;
}

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool lone_return = text[i] == '\r' && !text.substr(i + 1).starts_with('\n');
    lines += text[i] == '\n' || lone_return ? 1 : 0;
  }
  return lines;
}

}  // namespace diptych::shards
