#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// A longer line is no record of a pair.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;

struct RecordText {
  std::string_view text;
  std::string_view language;  ///< empty: not said
  std::vector<std::uint32_t> matches;
};

/// One line of JSON Lines: an object with a text, or with a picture's list of them.
struct Record {
  /// The object as it stands in the file, without white space around it.
  std::string_view json;
  /// What a draw depends on: `key`, otherwise `uid`, `url`, or the first text.
  std::string_view key;
  /// Whether it has `texts` rather than `text`.
  bool is_list = false;
  bool has_matches = false;
  bool has_text_field = false;  ///< `text` beside `texts`: one was drawn before
  std::vector<RecordText> texts;
};

/// Reads records from hostile lines. The views of a record hold until the next one is read. Not
/// thread-safe.
class RecordReader {
 public:
  RecordReader();
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// Sets `record` and returns nothing, or returns why the line is none: a reason of a few words.
  /// JSON as Python writes it (NaN, lone surrogates) becomes JSON proper in `Record::json`.
  std::string_view read(std::string_view line, Record& record);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Appends the object with further members at its end: `members` without the leading comma.
void append_with_members(std::string& out, std::string_view object, std::string_view members);

/// Appends `text` as a JSON string with its quotes. UTF-8 stays as it is; what is none becomes
/// U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends "[1,2]".
void append_numbers(std::string& out, const std::vector<std::uint32_t>& numbers);

}  // namespace diptych::curate
