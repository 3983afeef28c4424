#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <span>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "curate/fingerprint_walk.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/tally.h"
#include "diptych/filters.h"

namespace diptych {

namespace {

using namespace curate;

/// Which pictures are copies: how many parts there are, the SamplesDigest of each, where each
/// begins and the last ends, and a CopyKind a picture.
class CopiesFile {
 public:
  static constexpr std::string_view kMagic = "diptych copies, form 2\n";

  explicit CopiesFile(const std::filesystem::path& path) : file_(path) {
    const std::string_view text = as_text(file_.bytes());
    if (!text.starts_with(kMagic)) damaged();
    content_ = file_.bytes().subspan(kMagic.size());
    parts_ = number(0);
    const std::uint64_t numbers = content_.size() / sizeof(std::uint64_t);
    if (numbers < 2 || parts_ > (numbers - 2) / 2) damaged();
    kinds_ = content_.subspan((2 * parts_ + 2) * sizeof(std::uint64_t));
    if (number(2 * parts_ + 1) != kinds_.size()) damaged();
  }

  /// The kinds of a part's pictures, as bytes.
  std::span<const std::byte> part(std::size_t index) const {
    if (index >= parts_) {
      fail(ErrorCode::invalid_argument, "part: got {}, expected one of {} ({})", index, parts_,
           file_.name());
    }
    const std::uint64_t first = number(parts_ + index + 1);
    const std::uint64_t last = number(parts_ + index + 2);
    if (first > last || last > kinds_.size()) damaged();
    return kinds_.subspan(first, last - first);
  }

  /// The digest of a part's samples; `part` has checked the index.
  std::uint64_t samples(std::size_t index) const { return number(index + 1); }

  static void write(const std::filesystem::path& path, const std::vector<std::uint64_t>& samples,
                    const std::vector<std::uint64_t>& firsts, const std::vector<CopyKind>& kinds) {
    AtomicFile file(path);
    file.write(kMagic);
    const std::uint64_t parts = samples.size();
    file.write(std::as_bytes(std::span(&parts, 1)));
    file.write(std::as_bytes(std::span(samples)));
    file.write(std::as_bytes(std::span(firsts)));
    file.write(std::as_bytes(std::span(kinds)));
    file.commit();
  }

 private:
  std::uint64_t number(std::size_t index) const {
    std::uint64_t value = 0;
    if (content_.size() / sizeof value <= index) damaged();
    std::memcpy(&value, content_.data() + index * sizeof value, sizeof value);
    return value;
  }

  [[noreturn]] void damaged() const {
    fail(ErrorCode::corrupt_data, "copies: got another file, or a part of one ({})", file_.name());
  }

  MappedFile file_;
  std::span<const std::byte> content_;
  std::uint64_t parts_ = 0;
  std::span<const std::byte> kinds_;
};

}  // namespace

FilterReport fingerprint_pictures(const FingerprintOptions& options) {
  check_output(options.out, options.stage, {});
  ThreadPool pool(options.stage.threads);
  FilterReport report;
  FilePrints prints;
  SamplesDigest digest;
  walk_fingerprints(files_of(options.inputs, /*pictures=*/true), options.inputs,
                    /*needs_hash=*/true, pool, options.stage, report.files, report.samples,
                    [&](const shards::Sample& sample, const Fingerprint& print) {
                      digest.add(sample);
                      prints.prints.push_back(print);
                      const bool has_bytes = print.state != Fingerprint::State::absent &&
                                             print.state != Fingerprint::State::unreadable;
                      if (has_bytes) ++report.samples.written;
                    });
  if (report.files.written == 0) {
    fail(ErrorCode::invalid_argument, "shards: got none that can be read, expected one ({})",
         options.inputs.sources.front());
  }
  prints.samples = digest.value();
  write_fingerprints(options.out, prints);
  return report;
}

StageReport find_copies(const CopyOptions& options) {
  if (options.fingerprints.empty())
    fail(ErrorCode::invalid_argument, "fingerprints: got none, expected files");
  check_output(options.out, options.stage, options.fingerprints);
  ThreadPool pool(options.stage.threads);
  CopyFinder finder(options.distance);
  StageReport files;
  add_evaluation_sets(options.against, options.distance, pool, options.stage, files, finder);
  StageReport report;
  std::vector<std::uint64_t> samples;
  std::vector<std::uint64_t> firsts = {0};
  std::vector<CopyKind> kinds;
  for (const std::filesystem::path& path : options.fingerprints) {
    const FilePrints file = read_fingerprints(path);
    samples.push_back(file.samples);
    for (const Fingerprint& print : file.prints) {
      const CopyKind kind = finder.take(print);
      kinds.push_back(kind);
      ++report.read;
      if (kind == CopyKind::none) {
        ++report.written;
      } else {
        count_copy(report, kind, [&] {
          return fmt::format("{}, sample {}", path.string(), kinds.size() - firsts.back());
        });
      }
    }
    firsts.push_back(kinds.size());
    if (options.stage.progress)
      options.stage.progress(firsts.size() - 1, options.fingerprints.size());
  }
  if (report.written == 0) refuse_nothing_left(report, options.fingerprints.front().string());
  CopiesFile::write(options.out, samples, firsts, kinds);
  return report;
}

FilterReport dedup_part(const DedupPartOptions& options) {
  const CopiesFile copies(options.copies);
  const std::span<const std::byte> kinds = copies.part(options.part);
  const std::unique_ptr<SampleSink> sink =
      make_sample_sink({.format = SampleFormat::tar, .out = options.out, .stage = options.stage});
  ThreadPool pool(options.stage.threads);
  SampleKeys keys;
  FilterReport report;
  std::size_t next = 0;
  SamplesDigest digest;
  const SampleRules any{.need_picture = false, .need_caption = false, .decode = false};
  walk_samples(
      files_of(options.inputs, /*pictures=*/true), options.inputs, any, pool, options.stage,
      report.files, report.samples, [&](const std::vector<CheckedSample>& checked) {
        for (const CheckedSample& one : checked) {
          digest.add(one.sample);
          if (next++ >= kinds.size() || one.fault) continue;
          const shards::Sample& sample = one.sample;
          const auto kind = static_cast<CopyKind>(kinds[next - 1]);
          if (kind != CopyKind::none) {
            count_copy(report.samples, kind,
                       [&] { return fmt::format("{}, {}", sample.shard, sample.place()); });
            continue;
          }
          sink->add(keys.next(sample.key), sample);
          ++report.samples.written;
        }
      });
  if (next != kinds.size()) {
    fail(ErrorCode::invalid_argument,
         "samples: got {}, expected {}, as when fingerprints were taken ({})", next, kinds.size(),
         options.inputs.sources.front());
  }
  if (digest.value() != copies.samples(options.part)) {
    fail(ErrorCode::invalid_argument,
         "samples: got other keys or pictures, expected those that fingerprints were taken of ({})",
         options.inputs.sources.front());
  }
  sink->finish();
  for (const std::string& note : keys.notes()) report.samples.notes.push_back(note);
  return report;
}

}  // namespace diptych
