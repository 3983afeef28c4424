#include "curate/score_files.h"

#include <functional>
#include <system_error>

#include "base/as_text.h"
#include "base/error.h"
#include "curate/best_share.h"
#include "curate/json_parser.h"
#include "curate/line_blocks.h"
#include "diptych/filters.h"
#include "shards/source_file.h"

namespace diptych {

namespace curate {

void read_scores(const std::filesystem::path& path,
                 const std::function<void(std::string_view key, double score)>& take) {
  std::error_code error;
  if (std::filesystem::is_empty(path, error)) return;  // of a shard without a pair
  const shards::SourceFile file(path);
  JsonParser parser;
  Lines lines({as_text(file.bytes()), 0});
  std::string_view line;
  while (lines.next_record(line)) {
    simdjson::dom::element value;
    std::string_view key;
    double score = 0.0;
    if (!parser.parse(line, value) || value["key"].get(key) != simdjson::SUCCESS ||
        value["score"].get(score) != simdjson::SUCCESS) {
      fail(ErrorCode::corrupt_data, "scores: got another line, expected a key and a score ({}, {})",
           file.name(), lines.offset());
    }
    take(key, score);
  }
}

}  // namespace curate

TopShare top_share_of(const std::vector<std::filesystem::path>& scores, double share) {
  if (!(share > 0.0 && share <= 1.0))
    fail(ErrorCode::invalid_argument, "top share: got {}, expected above 0 to 1", share);
  std::vector<double> all;
  for (const std::filesystem::path& path : scores)
    curate::read_scores(path, [&](std::string_view, double score) { all.push_back(score); });
  if (all.empty())
    fail(ErrorCode::invalid_argument, "scores: got none, expected some in {} files", scores.size());
  const auto best = curate::best_share(all, share, std::greater<>());
  return {best.last, curate::note_on_equals(best, all.size(), "score")};
}

}  // namespace diptych
