#include "curate/line_blocks.h"

namespace diptych::curate {

std::string_view take_lines(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  const std::size_t end = text.find('\n', bytes);
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

bool Lines::next(std::string_view& line) {
  if (rest_.empty()) return false;
  const std::size_t end = rest_.find('\n');
  line = rest_.substr(0, end);
  const std::size_t taken = end == std::string_view::npos ? rest_.size() : end + 1;
  rest_.remove_prefix(taken);
  line_offset_ = offset_;
  offset_ += taken;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

bool Lines::next_record(std::string_view& line) {
  while (next(line)) {
    if (line.find_first_not_of(" \t") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace diptych::curate
