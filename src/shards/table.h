#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::shards {

/// Reads rows of separated fields as Python's csv and pandas do: a field that begins with a quote
/// goes on to the next lone one, may hold separators and line ends, and writes a quote as two; what
/// follows the closing quote belongs to the field as it stands, and so does a quote inside a field
/// that does not begin with one. Lines end with LF, CRLF or CR. Copies nothing.
class RowReader {
 public:
  RowReader(std::string_view text, char separator, std::size_t position = 0)
      : text_(text), separator_(separator), position_(position) {}

  /// Returns the fields of the next row that is not blank, still quoted, at most `max_fields` of
  /// them; nothing at the end, and when a quote is never closed.
  std::optional<std::vector<std::string_view>> next(std::size_t max_fields);

  /// Returns where the row that `next` gave last begins.
  std::size_t row_position() const { return row_position_; }
  /// Returns where the next row begins.
  std::size_t position() const { return position_; }
  /// Returns why `next` gave nothing: the row at `row_position` opens a quote that nothing closes,
  /// rather than the end.
  bool unclosed_quote() const { return unclosed_quote_; }

 private:
  std::optional<std::string_view> next_field();
  bool skip_quoted();
  void skip_blank_lines();
  bool at_line_end() const;
  void take_line_end();

  std::string_view text_;
  char separator_;
  std::size_t position_;
  std::size_t row_position_ = 0;
  bool unclosed_quote_ = false;
};

/// Returns the content of a field: without the quotes around it, doubled ones made single.
std::string unquote(std::string_view field);

/// Returns how many line ends there are: LF, CRLF and CR.
std::uint64_t count_lines(std::string_view text);

}  // namespace diptych::shards
