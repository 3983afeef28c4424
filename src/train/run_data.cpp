#include "train/run_data.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "shards/chinese_clip_shard.h"
#include "shards/sample_text.h"
#include "shards/survey.h"
#include "train/refusal_report.h"

namespace diptych::train {
namespace {

using shards::RefusalReason;
using shards::Refusals;

/// Samples that are looked at before the first step: enough to find what concerns all of them, and
/// done in a second.
constexpr std::size_t kSurveyed = 256;
/// Of those, pictures that are decoded.
constexpr std::size_t kDecoded = 16;
/// Bytes of a caption in a note.
constexpr std::size_t kShownOfCaption = 60;

shards::TextKeys text_keys(const TrainOptions& options) {
  return {.json_text_key = options.json_text_key,
          .json_group_key = options.group_key,
          .group_by_caption = options.group_captions};
}

shards::DatasetOptions dataset_options(const TrainOptions& options) {
  shards::DatasetOptions result;
  result.threads = options.workers;
  result.shard.separator = options.csv_separator;
  result.shard.image_key = options.csv_image_key;
  result.shard.caption_key = options.csv_caption_key;
  result.shard.json_captions = !options.json_text_key.empty();
  return result;
}

/// The code that says what to do about a reason: another path, another option, another file.
ErrorCode code_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::missing_source:
    case RefusalReason::missing_picture:
      return ErrorCode::not_found;
    case RefusalReason::unfit_source:
    case RefusalReason::no_picture:
    case RefusalReason::no_caption:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::corrupt_data;
  }
}

bool is_table(const std::filesystem::path& path) {
  return shards::source_kind(path) == shards::SourceKind::table &&
         !shards::ChineseClipShard::is_one(path);
}

/// Keys of `json` parts mean nothing to tables, nor columns to shards: whoever gives one means
/// another file.
void check_keys_fit(const TrainOptions& options, const std::vector<shards::Source>& sources) {
  std::size_t files = 0;
  std::size_t tables = 0;
  for (const shards::Source& source : sources) {
    files += source.size();
    tables += static_cast<std::size_t>(std::ranges::count_if(source, is_table));
  }
  const TrainOptions defaults;
  const auto refuse = [&](bool useless, std::string_view option, std::string_view expected) {
    const std::string given = train_option(options, option);
    if (!useless || given == train_option(defaults, option)) return;
    fail(ErrorCode::invalid_argument, "train: {}: got '{}' for {}, expected {} ({})", option, given,
         tables == 0 ? "shards" : "a table", expected, options.train_data);
  };
  for (const char* option : {"group-key", "json-text-key"})
    refuse(tables == files, option, "tar shards with json parts");
  for (const char* option : {"csv-img-key", "csv-caption-key", "csv-separator"})
    refuse(tables == 0, option, "a table, whose columns it is of");
}

void check_sources(const TrainOptions& options, const shards::Dataset& dataset, std::size_t files) {
  const Refusals& refused = dataset.refused();
  if (refused.sources() == 0 || (options.skip_bad_shards && dataset.size() > 0)) return;
  std::string examples;
  for (const RefusalReason reason : refused.reasons()) {
    if (!shards::concerns_source(reason)) continue;
    for (const shards::Refusal& example : refused.examples(reason))
      examples += (examples.empty() ? "" : "; ") + example.message();
  }
  const auto reasons = refused.reasons();
  const auto first = std::find_if(reasons.begin(), reasons.end(), shards::concerns_source);
  if (files == 1 && *first != RefusalReason::damaged_source)
    fail(code_of(*first), "train: {}", examples);
  fail(code_of(*first),
       "train: got {} of {} files of the data that cannot be read to the end, expected {}: {}",
       refused.sources(), files,
       options.skip_bad_shards ? "one sample at least from before the damage"
                               : "all of them, or --skip-bad-shards",
       examples);
}

/// The commonest reason among samples, in words after a colon; nothing when there is none.
std::string commonest(const Refusals& refused) {
  for (const RefusedData& entry : refused_data(refused)) return ": " + in_words(entry);
  return "";
}

void check_size(const TrainOptions& options, const shards::Dataset& dataset) {
  if (dataset.size() >= static_cast<std::size_t>(pairs_per_step(options))) return;
  const std::string remark = dataset.remarks().empty() ? "" : "; " + dataset.remarks().front();
  fail(ErrorCode::invalid_argument,
       "train: got {} usable samples of {}, expected at least a batch of {} ({}){}{}",
       dataset.size(), dataset.size() + dataset.refused().samples(), pairs_per_step(options),
       options.train_data, commonest(dataset.refused()), remark);
}

/// What most pairs have in common tells them apart no more.
void note_on_common(const shards::Survey& survey, const shards::Commonest& common,
                    std::string_view what, const std::string& example, RunData& data) {
  if (survey.usable < 2 || 2 * common.count <= survey.usable) return;
  const std::string all = fmt::format("all {}", survey.usable);
  const std::string most = fmt::format("{} of {}", common.count, survey.usable);
  data.summary.notes.push_back(
      fmt::format("{} {} looked at are the same, {}: nothing tells {} apart",
                  common.count == survey.usable ? all : most, what, example,
                  common.count == survey.usable ? "the pairs" : "these pairs"));
}

/// A sample whose json lacks the key has its txt for a caption.
void note_on_text_key(const TrainOptions& options, const shards::Survey& survey,
                      TrainDataSummary& summary) {
  const std::size_t with = survey.with_text_key;
  if (options.json_text_key.empty() || with >= survey.looked_at) return;
  if (with == 0) {
    summary.notes.push_back(
        fmt::format("json-text-key: none of {} samples looked at has '{}': their captions are txt",
                    survey.looked_at, options.json_text_key));
  } else if (with < survey.usable) {
    summary.notes.push_back(fmt::format(
        "json-text-key: {} of {} samples looked at have no '{}': their captions are txt",
        survey.looked_at - with, survey.looked_at, options.json_text_key));
  }
}

void look_through(const TrainOptions& options, RunData& data) {
  const shards::Survey survey = shards::survey(data.dataset, text_keys(options), kSurveyed);
  if (survey.usable == 0) {
    fail(code_of(survey.refused.reasons().front()),
         "train: got none that can be used among {} samples looked at{}", survey.looked_at,
         commonest(survey.refused));
  }
  for (const RefusedData& entry : refused_data(survey.refused)) {
    data.summary.notes.push_back(
        fmt::format("of {} samples looked at, {}", survey.looked_at, in_words(entry)));
  }
  for (const RefusedData& entry : refused_data(survey.captions_left_out)) {
    data.summary.notes.push_back(fmt::format("captions left out of {} samples looked at: {}",
                                             survey.looked_at, in_words(entry)));
  }
  const std::string caption =
      shards::one_line(shards::shortened(survey.common_captions.example, kShownOfCaption));
  note_on_common(survey, survey.common_captions, "captions", fmt::format("'{}'", caption), data);
  note_on_common(survey, survey.common_picture, "pictures",
                 fmt::format("that of {}", survey.common_picture.example), data);
  for (const std::string& remark : survey.remarks.sentences()) {
    data.summary.notes.push_back(
        fmt::format("of {} samples looked at, {}", survey.looked_at, remark));
  }
  for (const std::vector<std::string>& captions : survey.captions)
    data.captions.insert(data.captions.end(), captions.begin(), captions.end());
  note_on_text_key(options, survey, data.summary);
}

/// A sample that is at hand and has a picture.
std::optional<shards::Sample> sample_with_picture(const shards::Dataset& dataset,
                                                  std::size_t index) {
  try {
    shards::Sample sample = dataset.at(index);
    if (sample.image()) return sample;
  } catch (const Error&) {
    // The look through the samples has said it.
  }
  return std::nullopt;
}

/// What of the pictures looked at is read otherwise than a viewer shows it.
void note_on_facts(const TrainOptions& options, std::size_t looked_at, const PictureCounts& counts,
                   TrainDataSummary& summary) {
  const auto note = [&](std::size_t count, std::string_view what, std::string_view option = "") {
    if (count == 0) return;
    summary.picture_notes.push_back(
        fmt::format("of {} pictures looked at, {} {}", looked_at, count, what));
    summary.notes.push_back(summary.picture_notes.back() + std::string(option));
  };
  if (options.upright == "no") {
    note(counts.turned, "with an EXIF orientation, taken as stored", " (--upright yes turns them)");
  }
  if (options.wide == "clamp") {
    note(counts.wide_grey, "in 16-bit grey, of which all above 255 is white",
         " (--wide scale keeps the shades)");
  }
  note(counts.first_of_several, "with further frames or pages, of which the first is read");
  note(counts.damaged, "damaged in the middle, where what stands there is made up");
}

/// Decodes a few pictures: what concerns all of them (web pages in their place, a format whose
/// module is not there) would otherwise show after an epoch.
void decode_some(const TrainOptions& options, RunData& data) {
  const shards::Dataset& dataset = data.dataset;
  const std::size_t looked_at = std::min(dataset.size(), kDecoded);
  std::size_t decoded = 0;
  PictureCounts counts;
  Refusals refused;
  for (std::size_t i = 0; i < looked_at; ++i) {
    const std::size_t index = i * dataset.size() / looked_at;
    const auto sample = sample_with_picture(dataset, index);
    if (!sample) continue;
    try {
      counts.add(decode_image(*sample->image(), sample->key, {}).facts);
      ++decoded;
    } catch (const Error& error) {
      refused.add(dataset.refusal(index, error));
    }
  }
  note_on_facts(options, decoded + refused.samples(), counts, data.summary);
  if (!refused.any()) return;
  if (decoded == 0) {
    fail(code_of(refused.reasons().front()),
         "train: got no picture that can be read among {} looked at{} ({})", refused.samples(),
         commonest(refused), options.train_data);
  }
  for (const RefusedData& entry : refused_data(refused)) {
    data.summary.notes.push_back(
        fmt::format("of {} pictures looked at, {}", decoded + refused.samples(), in_words(entry)));
  }
}

/// Says where the groups are hardly what was meant. Throws Error where there are none.
void check_group_key(const TrainOptions& options, const shards::Groups& groups, RunData& data) {
  if (groups.samples_with_group == 0) {
    fail(ErrorCode::invalid_argument, "train: group-key: got '{}', which no sample's json has ({})",
         options.group_key, options.train_data);
  }
  const std::size_t without = data.dataset.size() - groups.samples_with_group;
  if (without > 0) {
    data.summary.notes.push_back(fmt::format("group-key: {} of {} samples have no '{}'", without,
                                             data.dataset.size(), options.group_key));
  }
  if (groups.different == groups.samples_with_group) {
    data.summary.notes.push_back(fmt::format(
        "group-key: no two samples have the same '{}', so it changes nothing", options.group_key));
  }
}

/// Pairs of one group are not each other's negatives: of a large one they have few. Throws Error
/// where there is only one.
void check_largest_group(const TrainOptions& options, const shards::Groups& groups, RunData& data) {
  const std::size_t all = data.dataset.size();
  const std::string_view option = options.group_captions ? "group-captions" : "group-key";
  if (groups.largest == all) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got all {} samples in one group, expected several: no pair would be another's "
         "negative, so that nothing would be learnt ({})",
         option, all, options.train_data);
  }
  if (2 * groups.largest <= all) return;
  data.summary.notes.push_back(
      fmt::format("{}: {} of {} samples are of one group: as its pairs are not each other's "
                  "negatives, they have few",
                  option, groups.largest, all));
}

void read_groups(const TrainOptions& options, RunData& data) {
  if (options.group_key.empty() && !options.group_captions) return;
  shards::Groups groups = shards::read_groups(data.dataset, text_keys(options));
  if (!options.group_captions) {
    check_group_key(options, groups, data);
  } else if (groups.different == groups.samples_with_group) {
    data.summary.notes.emplace_back(
        "group-captions: no two captions are equal, so it changes nothing");
  }
  check_largest_group(options, groups, data);
  data.groups = std::move(groups.ids);
}

void summarise(const std::vector<shards::Source>& sources, RunData& data) {
  const shards::Dataset& dataset = data.dataset;
  TrainDataSummary& summary = data.summary;
  summary.pairs = static_cast<std::int64_t>(dataset.size());
  summary.samples = summary.pairs + static_cast<std::int64_t>(dataset.refused().samples());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::size_t pairs = dataset.source_sizes()[i];
    const std::string more =
        sources[i].size() > 1 ? fmt::format(" and {} more", sources[i].size() - 1) : "";
    summary.sources.push_back(
        {.name = sources[i].front().string() + more,
         .pairs = static_cast<std::int64_t>(pairs),
         .samples = static_cast<std::int64_t>(pairs + dataset.source_refusals()[i])});
  }
  summary.refused = refused_data(dataset.refused());
}

/// The loader gives full batches alone.
void note_on_rest(const TrainOptions& options, TrainDataSummary& summary) {
  const std::int64_t rest = summary.pairs % pairs_per_step(options);
  if (rest == 0) return;
  summary.notes.push_back(
      fmt::format("of {} pairs {} are left out of every epoch, others each time: they do not fill "
                  "a batch of {}",
                  summary.pairs, rest, pairs_per_step(options)));
}

}  // namespace

int pairs_per_step(const TrainOptions& options) {
  return options.batch_size * options.accum_freq;
}

RunData open_run_data(const TrainOptions& options) {
  const std::vector<shards::Source> sources = shards::expand_sources(options.train_data);
  check_keys_fit(options, sources);
  RunData data{shards::Dataset(sources, dataset_options(options)), {}, {}, {}};
  std::size_t files = 0;
  for (const shards::Source& source : sources) files += source.size();
  check_sources(options, data.dataset, files);
  check_size(options, data.dataset);
  data.summary.notes = data.dataset.remarks();
  const std::vector<std::string> left_out = shards::notes_on_folders(options.train_data);
  data.summary.notes.insert(data.summary.notes.end(), left_out.begin(), left_out.end());
  look_through(options, data);
  decode_some(options, data);
  read_groups(options, data);
  summarise(sources, data);
  note_on_rest(options, data.summary);
  return data;
}

LoaderOptions loader_options(const TrainOptions& options, const checkpoint::ModelFile& file,
                             const RunData& data, const Teacher* teacher) {
  return {.seed = options.seed,
          .batch_size = pairs_per_step(options),
          .workers = options.workers,
          .text_keys = text_keys(options),
          .groups = data.groups,
          .upright = options.upright == "yes",
          .wide = options.wide == "scale" ? WideGrey::scale : WideGrey::clamp,
          .augmentation = options.augmentation,
          .random_background = options.random_background,
          .preprocessing = file.preprocessing,
          .teacher = teacher};
}

}  // namespace diptych::train
