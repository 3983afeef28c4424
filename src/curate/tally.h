#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "diptych/curation.h"
#include "diptych/output_file.h"

namespace diptych::curate {

/// Counts records under a reason; `example` makes the line for one of them while there are few.
template <typename Example>
void count_under(std::map<std::string, Dropped>& reasons, std::string_view reason,
                 std::uint64_t records, Example&& example) {
  Dropped& dropped = reasons[std::string(reason)];
  dropped.count += records;
  if (dropped.examples.size() < Dropped::kMaxExamples) dropped.examples.push_back(example());
}

/// Counts one record.
template <typename Example>
void count_under(std::map<std::string, Dropped>& reasons, std::string_view reason,
                 Example&& example) {
  count_under(reasons, reason, 1, std::forward<Example>(example));
}

/// Counts a record of a file under a reason, with its place.
void count_at(std::map<std::string, Dropped>& reasons, std::string_view reason,
              const std::string& file, std::uint64_t offset);

/// Adds what another part of the input came to; the order of calls decides the examples.
void add(StageReport& sum, const StageReport& part);

/// Returns ": 3 without a caption, the first: ..." of what most records were left out for; nothing
/// where none was.
std::string commonest_reason(const StageReport& report);

/// Throws Error(invalid_argument): of all samples that were read, from `source` on, none is left,
/// for most of them why.
[[noreturn]] void refuse_nothing_left(const StageReport& samples, const std::string& source);

/// Returns what becomes of an output that another process has written meanwhile. The same part of
/// more work has the same bytes whoever did it.
Existing existing_outputs(const StageOptions& options);

/// Throws Error(invalid_argument) when an output is there already and must not be replaced, or is
/// one of the inputs.
void check_output(const std::filesystem::path& output, const StageOptions& options,
                  const std::vector<std::filesystem::path>& inputs);

/// Does the same for several outputs, of which none may be another one; an empty name is none.
void check_outputs(const std::vector<std::filesystem::path>& outputs, const StageOptions& options,
                   const std::vector<std::filesystem::path>& inputs);

}  // namespace diptych::curate
