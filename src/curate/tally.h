#pragma once

#include <string>
#include <string_view>

#include "diptych/curation.h"

namespace diptych::curate {

/// Counts one record under a reason; `example` makes the line for the first few.
template <typename Example>
void count_under(std::map<std::string, Dropped>& reasons, std::string_view reason,
                 Example&& example) {
  Dropped& dropped = reasons[std::string(reason)];
  ++dropped.count;
  if (dropped.examples.size() < Dropped::kMaxExamples) dropped.examples.push_back(example());
}

/// Counts a record of a file under a reason, with its place.
void count_at(std::map<std::string, Dropped>& reasons, std::string_view reason,
              const std::string& file, std::uint64_t offset);

/// Adds what another part of the input came to; the order of calls decides the examples.
void add(StageReport& sum, const StageReport& part);

/// Throws Error(invalid_argument) when an output is there already and must not be replaced, or is
/// one of the inputs.
void check_output(const std::filesystem::path& output, const StageOptions& options,
                  const std::vector<std::filesystem::path>& inputs);

}  // namespace diptych::curate
