#include "curate/tally.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "base/append.h"
#include "base/error.h"

namespace diptych::curate {

namespace {

void add(std::map<std::string, Dropped>& sum, const std::map<std::string, Dropped>& part) {
  for (const auto& [reason, dropped] : part) {
    Dropped& total = sum[reason];
    total.count += dropped.count;
    for (const std::string& example : dropped.examples) {
      if (total.examples.size() < Dropped::kMaxExamples) total.examples.push_back(example);
    }
  }
}

}  // namespace

void count_at(std::map<std::string, Dropped>& reasons, std::string_view reason,
              const std::string& file, std::uint64_t offset) {
  count_under(reasons, reason,
              [&] { return fmt::format("{} ({}, offset {})", reason, file, offset); });
}

void add(StageReport& sum, const StageReport& part) {
  sum.read += part.read;
  sum.written += part.written;
  add(sum.left_out, part.left_out);
  add(sum.dropped, part.dropped);
  append(sum.notes, part.notes);
}

std::string commonest_reason(const StageReport& report) {
  std::uint64_t most = 0;
  std::string words;
  for (const auto& reasons : {report.dropped, report.left_out}) {
    for (const auto& [reason, records] : reasons) {
      if (records.count <= most) continue;
      most = records.count;
      words = fmt::format(": {} {}", most, reason);
      if (!records.examples.empty()) words += ", the first: " + records.examples.front();
    }
  }
  return words;
}

void refuse_nothing_left(const StageReport& samples, const std::string& source) {
  fail(ErrorCode::invalid_argument, "samples: got {} of which none is left, expected some ({}){}",
       samples.read, source, commonest_reason(samples));
}

Existing existing_outputs(const StageOptions& options) {
  return options.overwrite || options.is_part ? Existing::replaced : Existing::kept;
}

void check_outputs(const std::vector<std::filesystem::path>& outputs, const StageOptions& options,
                   const std::vector<std::filesystem::path>& inputs) {
  std::set<std::filesystem::path> seen;
  for (const std::filesystem::path& output : outputs) {
    check_output(output, options, inputs);
    std::error_code ignored;
    const auto whole =
        std::filesystem::weakly_canonical(std::filesystem::absolute(output, ignored), ignored);
    if (output.empty() || seen.insert(whole).second) continue;
    fail(ErrorCode::invalid_argument,
         "output: got one file for two of the outputs, expected one for each ({})",
         output.string());
  }
}

void check_output(const std::filesystem::path& output, const StageOptions& options,
                  const std::vector<std::filesystem::path>& inputs) {
  if (output.empty()) return;
  std::error_code ignored;
  const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const auto& input) {
    return std::filesystem::equivalent(input, output, ignored);
  });
  if (is_input) {
    fail(ErrorCode::invalid_argument, "output: got an input, expected another file ({})",
         output.string());
  }
  if (!options.overwrite) refuse_earlier_result(output);
}

}  // namespace diptych::curate
