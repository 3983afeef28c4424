#include "curate/sample_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/folders.h"
#include "curate/tally.h"
#include "diptych/image.h"
#include "shards/sample_text.h"

namespace diptych::curate {

namespace {

SampleFault as_fault(const shards::Refusal& refusal) {
  return {std::string(describe(refusal.reason)), refusal.message()};
}

std::optional<SampleFault> fault_of_picture(const shards::Sample& sample,
                                            std::span<const std::byte> bytes,
                                            const SampleRules& rules) {
  const auto refusal = [&](std::string what) {
    return shards::Refusal{shards::RefusalReason::unreadable_picture, sample.shard, sample.place(),
                           std::move(what)};
  };
  try {
    const Image image = decode_image(bytes, sample.key);
    if (std::min(image.width, image.height) >= rules.min_side) return std::nullopt;
    return SampleFault{
        "with a tiny picture",
        refusal(fmt::format("picture: got {} x {} pixels, expected at least {} a side", image.width,
                            image.height, rules.min_side))
            .message()};
  } catch (const Error& error) {
    return unreadable_picture(sample, error);
  }
}

}  // namespace

SampleFault unreadable_picture(const shards::Sample& sample, const Error& error) {
  return as_fault(
      {shards::RefusalReason::unreadable_picture, sample.shard, sample.place(), error.what()});
}

std::optional<SampleFault> fault_of(const shards::Sample& sample, const SampleRules& rules) {
  const auto picture = sample.image();
  if (rules.need_picture && !picture) {
    return as_fault({shards::RefusalReason::no_picture, sample.shard, sample.place(),
                     fmt::format("sample: got {}, expected a picture", sample.part_names())});
  }
  if (rules.need_caption) {
    const shards::SampleText text =
        shards::read_text(sample, {.json_text_key = rules.json_text_key});
    if (text.captions.empty()) return as_fault(text.refused.front());
  }
  return rules.decode && picture ? fault_of_picture(sample, *picture, rules) : std::nullopt;
}

bool has_text_key(const shards::Sample& sample, const SampleRules& rules) {
  return shards::read_text(sample, {.json_text_key = rules.json_text_key}).has_text_key;
}

std::vector<CheckedSample> check_samples(const shards::Dataset& dataset, std::size_t first,
                                         std::size_t last, const SampleRules& rules,
                                         ThreadPool& pool) {
  std::vector<CheckedSample> checked(last - first);
  pool.run(checked.size(), [&](std::size_t i) {
    try {
      checked[i].sample = dataset.at(first + i);
      checked[i].fault = fault_of(checked[i].sample, rules);
    } catch (const Error& error) {
      checked[i].fault = as_fault(dataset.refusal(first + i, error));
    }
  });
  return checked;
}

void count_fault(StageReport& report, const SampleFault& fault) {
  count_under(report.dropped, fault.reason, [&] { return fault.message; });
}

void count_file(const shards::Dataset& dataset, StageReport& files, StageReport& samples) {
  const shards::Refusals& refusals = dataset.refused();
  ++files.read;
  if (refusals.sources() == 0) ++files.written;
  for (const shards::RefusalReason reason : refusals.reasons()) {
    const bool is_file = concerns_source(reason);
    Dropped& dropped = (is_file ? files : samples).dropped[std::string(describe(reason))];
    dropped.count += refusals.count(reason);
    if (!is_file) samples.read += refusals.count(reason);
    for (const shards::Refusal& example : refusals.examples(reason)) {
      if (dropped.examples.size() < Dropped::kMaxExamples)
        dropped.examples.push_back(example.message());
    }
  }
  for (const std::string& remark : dataset.remarks()) files.notes.push_back(remark);
}

void refuse_incomplete(const shards::Dataset& dataset, const StageOptions& stage) {
  if (!stage.is_part) return;
  const shards::Refusals& refused = dataset.refused();
  for (const shards::Refusal& refusal : refused.examples(shards::RefusalReason::damaged_source)) {
    fail(ErrorCode::corrupt_data,
         "{}; with --each there is no output of what cannot be read to its end: "
         "shards doctor --repair writes a copy of what can",
         refusal.message());
  }
  for (const auto reason :
       {shards::RefusalReason::missing_source, shards::RefusalReason::unfit_source}) {
    for (const shards::Refusal& refusal : refused.examples(reason))
      fail(ErrorCode::not_found, "{}", refusal.message());
  }
}

std::vector<std::filesystem::path> files_of(const SampleInputs& inputs, bool pictures) {
  if (inputs.sources.empty()) {
    fail(ErrorCode::invalid_argument, "sources: got none, expected shards or tables");
  }
  std::vector<std::filesystem::path> files;
  for (const std::string& source : inputs.sources) {
    std::error_code ignored;
    const bool is_folder = pictures && std::filesystem::is_directory(source, ignored);
    const auto holds_shards = [&] {
      return std::ranges::any_of(entries_of(source), [](const auto& entry) {
        return shards::source_kind(entry.path()) == shards::SourceKind::tar;
      });
    };
    if (is_folder && !holds_shards()) {
      files.emplace_back(source);
      continue;
    }
    for (const shards::Source& part : shards::expand_sources(source, shards::Pipes::taken))
      files.insert(files.end(), part.begin(), part.end());
  }
  return files;
}

shards::Dataset open_file(const std::filesystem::path& file, const SampleInputs& inputs) {
  shards::DatasetOptions options;
  options.shard = {.need_image = false,
                   .need_caption = false,
                   .separator = inputs.separator,
                   .image_key = inputs.image_column,
                   .caption_key = inputs.caption_column,
                   .image_root = inputs.image_root};
  return shards::Dataset({{file}}, options);
}

}  // namespace diptych::curate
