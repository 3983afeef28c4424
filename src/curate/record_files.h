#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/as_text.h"
#include "curate/line_blocks.h"
#include "diptych/curation.h"
#include "shards/source_file.h"

namespace diptych::curate {

/// Does what work_in_order does over a file of records, packed or not, which says its progress.
/// `work` also gets the file's name. Throws Error as shards::SourceFile does.
template <typename Result>
void work_on_file(const std::filesystem::path& path, const StageOptions& options, ThreadPool& pool,
                  const std::function<Result(const LineBlock&, const std::string& file)>& work,
                  const std::function<void(Result&&)>& take) {
  std::error_code error;
  // A part of which nothing came is an empty file.
  if (options.is_part && std::filesystem::is_empty(path, error)) return;
  const shards::SourceFile file(path);
  const std::string_view text = as_text(file.bytes());
  work_in_order<Result>(
      text, pool, [&](const LineBlock& block) { return work(block, file.name()); }, take,
      [&](std::size_t bytes) {
        if (options.progress) options.progress(bytes, text.size());
      });
}

}  // namespace diptych::curate
