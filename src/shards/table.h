#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::shards {

/// Reads rows of separated fields with the quotes of RFC 4180: a field that begins with a quote
/// ends at the next lone one, may hold separators and line ends, and writes a quote as two. Lines
/// end with LF or CRLF. Copies nothing.
class RowReader {
 public:
  RowReader(std::string_view text, char separator, std::size_t position = 0)
      : text_(text), separator_(separator), position_(position) {}

  /// The fields of the next row that is not blank, still quoted, at most `max_fields` of them;
  /// nothing at the end, and when a quote is never closed or is followed by other text.
  std::optional<std::vector<std::string_view>> next(std::size_t max_fields);

  /// Where the row that `next` gave last begins.
  std::size_t row_position() const { return row_position_; }
  /// Where the next row begins.
  std::size_t position() const { return position_; }
  /// Why `next` gave nothing: a row that cannot be read, rather than the end.
  bool damaged() const { return damaged_; }

 private:
  std::optional<std::string_view> next_field();
  void skip_blank_lines();
  bool at_line_end() const;
  void take_line_end();

  std::string_view text_;
  char separator_;
  std::size_t position_;
  std::size_t row_position_ = 0;
  bool damaged_ = false;
};

/// The content of a field: without its quotes, doubled ones made single.
std::string unquote(std::string_view field);

}  // namespace diptych::shards
