#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/parallel.h"

namespace diptych::curate {

/// Whole lines of a file, and where they begin in it.
struct LineBlock {
  std::string_view lines;
  std::uint64_t offset = 0;
};

/// Cuts a text after the first line end that lies `bytes` or more from the start.
std::string_view take_lines(std::string_view text, std::size_t bytes);

/// Gives the lines of a block one after another, without their ends (LF or CRLF).
class Lines {
 public:
  explicit Lines(const LineBlock& block) : rest_(block.lines), offset_(block.offset) {}
  /// Sets `line`; false at the end.
  bool next(std::string_view& line);
  /// Does the same, past lines of white space alone.
  bool next_record(std::string_view& line);
  /// Returns where the line that `next` gave begins in the file.
  std::uint64_t offset() const { return line_offset_; }

 private:
  std::string_view rest_;
  std::uint64_t offset_;
  std::uint64_t line_offset_ = 0;
};

/// Calls `work` on the blocks of a text in parallel and `take` with the results in the order of the
/// text, a few blocks in memory at a time. `done`: called with the bytes taken so far.
template <typename Result>
void work_in_order(std::string_view text, ThreadPool& pool,
                   const std::function<Result(const LineBlock&)>& work,
                   const std::function<void(Result&&)>& take,
                   const std::function<void(std::size_t)>& done = {}) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  const std::size_t blocks_at_once = 4 * static_cast<std::size_t>(pool.size());
  std::uint64_t offset = 0;
  while (offset < text.size()) {
    std::vector<LineBlock> blocks;
    while (blocks.size() < blocks_at_once && offset < text.size()) {
      blocks.push_back({take_lines(text.substr(offset), kBlockBytes), offset});
      offset += blocks.back().lines.size();
    }
    std::vector<Result> results(blocks.size());
    pool.run(blocks.size(), [&](std::size_t i) { results[i] = work(blocks[i]); });
    for (Result& result : results) take(std::move(result));
    if (done) done(offset);
  }
}

}  // namespace diptych::curate
