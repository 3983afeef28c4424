#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/input_file.h"
#include "base/parallel.h"
#include "curate/key_uses.h"
#include "curate/sample_check.h"
#include "curate/tally.h"
#include "curate/unfinished_folder.h"
#include "diptych/shard_tools.h"
#include "shards/refusal.h"
#include "shards/tar.h"

namespace diptych {

namespace {

using namespace curate;

constexpr std::size_t kSamplesAtOnce = 512;

/// Adds a sample to what is known of its file.
void count_parts(const shards::Sample& sample, ShardSummary& summary) {
  ++summary.samples;
  for (const auto& [extension, bytes] : sample.parts) {
    ++summary.parts[extension];
    summary.bytes += bytes.size();
  }
}

/// What looks for faults in one file after the other.
class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options)
      : options_(options),
        files_(files_of(options.inputs, /*pictures=*/false)),
        pool_(options.stage.threads) {
    if (!options.repair.empty()) prepare_repair();
  }

  DoctorReport run() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      examine(files_[i]);
      if (options_.stage.progress) options_.stage.progress(i + 1, files_.size());
    }
    if (repair_) repair_->finish();
    return std::move(report_);
  }

 private:
  void prepare_repair() {
    std::set<std::string> names;
    for (const std::filesystem::path& file : files_) {
      if (is_pipe(file.native())) {
        fail(ErrorCode::invalid_argument,
             "repair: got a pipe, expected files: shards merge makes one of it ({})",
             file.string());
      }
      if (shards::source_kind(file) != shards::SourceKind::tar) {
        fail(ErrorCode::invalid_argument,
             "repair: got a table, expected tar shards: shards pack makes clean shards of it ({})",
             file.string());
      }
      if (!names.insert(copy_of(file).string()).second) {
        fail(ErrorCode::invalid_argument,
             "repair: got two shards of one name, expected different ones ({})", file.string());
      }
    }
    repair_.emplace(options_.repair, options_.stage.command);
  }

  /// Without what says that it is packed: clean copies are not.
  std::filesystem::path copy_of(const std::filesystem::path& file) const {
    std::string name = file.filename().string();
    name.resize(std::min(name.rfind(".t"), name.size()));
    return options_.repair / (name + ".tar");
  }

  void examine(const std::filesystem::path& path) {
    const shards::Dataset dataset = open_file(path, options_.inputs);
    ShardSummary& summary = report_.shards.shards.emplace_back();
    summary.file = path.string();
    // Those that were refused count among its samples too.
    summary.bad = dataset.refused().samples();
    summary.samples = summary.bad;
    count_file(dataset, report_.shards.files, report_.samples);
    // Rows of a table are several texts of one picture as often as not.
    const bool is_table = shards::source_kind(path) == shards::SourceKind::table;
    const std::vector<KeyUse> uses =
        is_table ? std::vector<KeyUse>(dataset.size()) : key_uses(dataset);
    if (!options_.repair.empty()) copy_ = std::make_unique<shards::TarWriter>(copy_of(path));
    samples_in_copy_ = 0;
    for (std::size_t first = 0; first < dataset.size(); first += kSamplesAtOnce) {
      const std::size_t last = std::min(first + kSamplesAtOnce, dataset.size());
      std::vector<CheckedSample> checked =
          check_samples(dataset, first, last, options_.rules, pool_);
      for (std::size_t i = first; i < last; ++i) {
        const std::string& key = checked[i - first].sample.key;
        const bool is_first = uses[i].kind == KeyUse::Kind::alone || !uses[i].others.empty();
        const bool is_known = !is_table && is_first && !key.empty() && known_.insert(key);
        take(dataset, checked[i - first], uses[i], is_known, summary);
      }
    }
    finish_copy();
  }

  void take(const shards::Dataset& dataset, CheckedSample& checked, const KeyUse& use,
            bool is_known, ShardSummary& summary) {
    ++report_.samples.read;
    count_parts(checked.sample, summary);
    std::optional<SampleFault> fault = std::move(checked.fault);
    if (use.kind == KeyUse::Kind::apart) {
      fault = key_fault(checked.sample, "whose parts stand apart",
                        "sample: got other parts of this key elsewhere, expected neighbours");
      if (!use.others.empty()) join(dataset, checked.sample, use);
    } else if (use.kind == KeyUse::Kind::repeated) {
      fault = key_fault(checked.sample, "whose key stands twice",
                        "sample: got a key that stood before in the shard, expected another");
    } else if (is_known) {
      fault = key_fault(checked.sample, "whose key is another shard's too",
                        "sample: got a key that an earlier shard has, expected another");
    }
    if (fault) {
      ++summary.bad;
      return count_fault(report_.samples, *fault);
    }
    ++report_.samples.written;
    copy(checked.sample);
  }

  static SampleFault key_fault(const shards::Sample& sample, std::string reason,
                               std::string_view what) {
    return {std::move(reason),
            fmt::format("{} ({}, {})", what, sample.shard, shards::one_line(sample.place()))};
  }

  /// Copies a sample put together, if it is good then.
  void join(const shards::Dataset& dataset, shards::Sample sample, const KeyUse& use) {
    if (!copy_) return;
    for (const std::size_t other : use.others) sample.parts.merge(dataset.at(other).parts);
    if (fault_of(sample, options_.rules)) return;
    ++report_.joined_samples;
    copy(sample);
  }

  void copy(const shards::Sample& sample) {
    if (!copy_) return;
    for (const auto& [extension, bytes] : sample.parts)
      copy_->add(fmt::format("{}.{}", sample.key, extension), bytes);
    ++samples_in_copy_;
  }

  /// A copy without a sample is none.
  void finish_copy() {
    if (copy_ && samples_in_copy_ > 0) {
      copy_->commit();
      ++report_.repaired_files;
      report_.repaired_samples += samples_in_copy_;
    }
    copy_.reset();
  }

  const DoctorOptions& options_;
  std::vector<std::filesystem::path> files_;
  ThreadPool pool_;
  KnownKeys known_;
  std::optional<UnfinishedFolder> repair_;
  std::unique_ptr<shards::TarWriter> copy_;
  std::uint64_t samples_in_copy_ = 0;
  DoctorReport report_;
};

}  // namespace

ShardList list_shards(const SampleInputs& inputs, int threads) {
  const std::vector<std::filesystem::path> files = files_of(inputs, /*pictures=*/false);
  std::vector<ShardList> parts(files.size());
  ThreadPool pool(threads);
  pool.run(files.size(), [&](std::size_t i) {
    const shards::Dataset dataset = open_file(files[i], inputs);
    StageReport samples;
    count_file(dataset, parts[i].files, samples);
    ShardSummary& summary = parts[i].shards.emplace_back();
    summary.file = files[i].string();
    summary.bad = samples.read;
    summary.samples = samples.read;
    for (std::size_t k = 0; k < dataset.size(); ++k) {
      try {
        count_parts(dataset.at(k), summary);
      } catch (const Error&) {
        ++summary.samples;  // a table's row whose picture is not there
        ++summary.bad;
      }
    }
  });
  ShardList list;
  for (ShardList& part : parts) {
    curate::add(list.files, part.files);
    list.shards.push_back(std::move(part.shards.front()));
  }
  return list;
}

DoctorReport check_shards(const DoctorOptions& options) {
  return Doctor(options).run();
}

}  // namespace diptych
