#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "diptych/shard_tools.h"
#include "shards/dataset.h"

namespace diptych::curate {

/// What is wrong with a sample.
struct SampleFault {
  std::string reason;   ///< "without a caption": what it is counted under
  std::string message;  ///< "what (file, place)"
};

/// Returns the fault of a sample whose picture's decoder threw.
SampleFault unreadable_picture(const shards::Sample& sample, const Error& error);

/// Returns the first rule that a sample breaks. Never throws for its content. Thread-safe.
std::optional<SampleFault> fault_of(const shards::Sample& sample, const SampleRules& rules);

/// Returns whether a sample's json has the key of the rules.
bool has_text_key(const shards::Sample& sample, const SampleRules& rules);

/// A sample as it was read, or why it is not used.
struct CheckedSample {
  shards::Sample sample;
  std::optional<SampleFault> fault;
};

/// Reads and checks the samples `first` to `last` of a data set in parallel; a sample that cannot
/// be read has a fault.
std::vector<CheckedSample> check_samples(const shards::Dataset& dataset, std::size_t first,
                                         std::size_t last, const SampleRules& rules,
                                         ThreadPool& pool);

/// Counts a fault among a report's dropped records.
void count_fault(StageReport& report, const SampleFault& fault);

/// Counts a file that was opened in `files`, with what is remarkable about it, and what of it
/// cannot be used under the reasons' descriptions: the file itself there, samples in `samples`.
void count_file(const shards::Dataset& dataset, StageReport& files, StageReport& samples);

/// Throws Error for a file of part of more work that could not be opened (not_found), or not read
/// to its end (corrupt_data): its output would count as done.
void refuse_incomplete(const shards::Dataset& dataset, const StageOptions& stage);

/// Returns the files that the sources name. Throws Error as shards::expand_sources. `pictures`: a
/// folder without shards stands for the pictures in it rather than being an error.
std::vector<std::filesystem::path> files_of(const SampleInputs& inputs, bool pictures);

/// Opens one file, leaving out nothing that can be read. Throws Error(unsupported) for a name that
/// is no shard's.
shards::Dataset open_file(const std::filesystem::path& file, const SampleInputs& inputs);

}  // namespace diptych::curate
