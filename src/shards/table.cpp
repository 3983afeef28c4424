#include "shards/table.h"

namespace diptych::shards {

std::optional<std::vector<std::string_view>> RowReader::next(std::size_t max_fields) {
  skip_blank_lines();
  row_position_ = position_;
  if (damaged_ || position_ == text_.size()) return std::nullopt;
  std::vector<std::string_view> fields;
  while (true) {
    const std::optional<std::string_view> field = next_field();
    if (!field) {
      damaged_ = true;
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
  if (position_ == text_.size() || text_[position_] != '"') {
    while (!at_line_end() && text_[position_] != separator_) ++position_;
    return text_.substr(begin, position_ - begin);
  }
  while (true) {
    const std::size_t quote = text_.find('"', position_ + 1);
    if (quote == std::string_view::npos) return std::nullopt;
    position_ = quote + 1;
    const bool doubled = position_ < text_.size() && text_[position_] == '"';
    if (!doubled) break;
  }
  if (!at_line_end() && text_[position_] != separator_) return std::nullopt;
  return text_.substr(begin, position_ - begin);
}

void RowReader::skip_blank_lines() {
  while (position_ < text_.size() && at_line_end()) take_line_end();
}

bool RowReader::at_line_end() const {
  const std::string_view rest = text_.substr(position_, 2);
  return rest.empty() || rest[0] == '\n' || rest == "\r\n";
}

void RowReader::take_line_end() {
  if (position_ == text_.size()) return;
  position_ += text_[position_] == '\r' ? 2 : 1;
}

std::string unquote(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  field = field.substr(1, field.size() - 2);
  std::string text;
  text.reserve(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    text.push_back(field[i]);
    if (field[i] == '"') ++i;
  }
  return text;
}

}  // namespace diptych::shards
