#include "curate/download/open_shard.h"

#include <fmt/core.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "curate/download/sidecar.h"
#include "curate/tally.h"
#include "json/json.h"
#include "shards/tar.h"

namespace diptych::curate {

namespace {

using Json = nlohmann::ordered_json;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

const char* extension_of(PictureFormat format) {
  switch (format) {
    case PictureFormat::png:
      return "png";
    case PictureFormat::webp:
      return "webp";
    case PictureFormat::jpg:
      break;
  }
  return "jpg";
}

/// Values of Parquet's columns are as deep as their types.
Json parse_entry(const JournalEntry& entry, const std::filesystem::path& journal) {
  constexpr int kMaxDepth = 1000;
  return parse_ordered_json(entry.json, journal.string(), kMaxDepth);
}

double seconds_since_epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

ShardFiles shard_files(const DownloadOptions& options, std::size_t number) {
  const std::filesystem::path& folder = options.out;
  const std::string name = fmt::format("{:05}", number);
  const bool is_parquet = options.sidecar == SidecarFormat::parquet;
  return {.tar = folder / (name + ".tar"),
          .sidecar = folder / (name + (is_parquet ? ".parquet" : ".jsonl")),
          .statistics = folder / (name + "_stats.json"),
          .journal = folder / (name + ".part")};
}

void add_statistics(const std::filesystem::path& statistics, DownloadReport& report) {
  try {
    const Json json = parse_ordered_json(read_text_file(statistics), statistics.string());
    report.done_before += json.at("count").get<std::uint64_t>();
    report.stage.read += json.at("count").get<std::uint64_t>();
    report.stage.written += json.at("successes").get<std::uint64_t>();
    // Statistics of earlier versions have none.
    const Json left_out = json.value("left_out_dict", Json::object());
    for (const auto& [reason, count] : left_out.items())
      report.stage.left_out[reason].count += count.get<std::uint64_t>();
    for (const auto& [reason, count] : json.at("status_dict").items()) {
      const auto failed = count.get<std::uint64_t>() - left_out.value(reason, std::uint64_t{0});
      if (reason != "success" && failed > 0) report.stage.dropped[reason].count += failed;
    }
  } catch (const Json::exception&) {
    fail(ErrorCode::corrupt_data, "statistics: got another file, expected a shard's ({})",
         statistics.string());
  }
}

std::string sample_key(std::size_t shard, std::size_t index, std::size_t samples_per_shard) {
  int digits = 0;
  for (std::size_t power = 1; power < samples_per_shard; power *= 10) ++digits;
  return fmt::format("{:05}{:0{}}", shard, index, digits);
}

/// What is gathered on the way through a shard.
struct OpenShard::Writing {
  std::optional<shards::TarWriter> tar;  ///< once there is a picture
  std::unique_ptr<Sidecar> sidecar;
  std::map<std::string, std::size_t> statuses;
  std::map<std::string, std::size_t> failures;  ///< those left out among them
  StageReport report;
  std::uint64_t bytes = 0;
};

OpenShard::OpenShard(const DownloadOptions& options, std::size_t number)
    : options_(options),
      number_(number),
      files_(shard_files(options, number)),
      start_(std::chrono::system_clock::now()),
      journal_(files_.journal, options.samples_per_shard) {}

bool OpenShard::has(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return journal_.has(index);
}

void OpenShard::add(std::size_t index, const JournalEntry& entry) {
  const std::lock_guard lock(mutex_);
  journal_.add(index, entry);
}

void OpenShard::close(std::size_t count) {
  const std::lock_guard lock(mutex_);
  count_ = count;
  is_closed_ = true;
}

bool OpenShard::complete(DownloadReport& report, std::mutex& report_mutex) {
  const std::lock_guard lock(mutex_);
  if (is_written_) return true;
  if (!is_closed_ || journal_.count() < count_) return false;
  Writing writing{.tar = {},
                  .sidecar = make_sidecar(files_.sidecar, options_.sidecar, sidecar_columns()),
                  .statuses = {},
                  .failures = {},
                  .report = {}};
  write(writing);
  if (writing.tar) writing.tar->commit();
  writing.sidecar->commit();
  write_statistics(writing);
  journal_.remove();
  is_written_ = true;
  const std::lock_guard report_lock(report_mutex);
  curate::add(report.stage, writing.report);
  report.shards += 1;
  report.bytes += writing.bytes;
  return true;
}

/// Reads the journal once more, as columns have types before they have rows.
std::vector<columns::Column> OpenShard::sidecar_columns() const {
  if (options_.sidecar != SidecarFormat::parquet) return {};
  SidecarColumns columns(options_.additional_columns);
  for (std::size_t i = 0; i < count_; ++i)
    columns.add(parse_entry(journal_.read(i), files_.journal));
  return columns.take();
}

void OpenShard::write(Writing& writing) const {
  const std::string extension = extension_of(options_.picture.format);
  for (std::size_t i = 0; i < count_; ++i) {
    const JournalEntry entry = journal_.read(i);
    const Json json = parse_entry(entry, files_.journal);
    writing.sidecar->add(entry.json, json);
    const std::string status = json.at("status");
    ++writing.report.read;
    ++writing.statuses[status];
    if (status != "success") {
      const std::string failure = json.at("error_message");
      ++writing.failures[failure];
      auto& reasons = status == "left_out" ? writing.report.left_out : writing.report.dropped;
      count_under(reasons, failure, [&] {
        const std::string detail = json.value("error_detail", std::string());
        return fmt::format("{}{}{}: {}", failure, detail.empty() ? "" : ", ", detail,
                           json.at("url").get<std::string>());
      });
      continue;
    }
    if (!writing.tar) writing.tar.emplace(files_.tar);
    const std::string key = json.at("key");
    writing.tar->add(fmt::format("{}.{}", key, extension), bytes_of(entry.picture));
    if (json.at("caption").is_string()) {
      writing.tar->add(key + ".txt", bytes_of(json.at("caption").get_ref<const std::string&>()));
    }
    writing.tar->add(key + ".json", bytes_of(json.dump(4)));
    ++writing.report.written;
    writing.bytes += entry.picture.size();
  }
}

void OpenShard::write_statistics(const Writing& writing) const {
  const auto end = std::chrono::system_clock::now();
  const auto count = [&writing](const char* status) {
    const auto found = writing.statuses.find(status);
    return found == writing.statuses.end() ? std::size_t{0} : found->second;
  };
  Json json = {{"count", count_},
               {"successes", count("success")},
               {"failed_to_download", count("failed_to_download")},
               {"failed_to_resize", count("failed_to_resize")},
               {"left_out", count("left_out")},
               {"duration", std::chrono::duration<double>(end - start_).count()},
               {"start_time", seconds_since_epoch(start_)},
               {"end_time", seconds_since_epoch(end)},
               {"status_dict", writing.failures}};
  json["status_dict"]["success"] = count("success");
  json["left_out_dict"] = Json::object();
  for (const auto& [reason, left_out] : writing.report.left_out)
    json["left_out_dict"][reason] = left_out.count;
  if (!options_.ignore_robots.empty()) json["ignore_robots"] = options_.ignore_robots;
  if (!options_.ignore_robots_tag.empty()) json["ignore_robots_tag"] = options_.ignore_robots_tag;
  write_file(files_.statistics, json.dump(4) + "\n");
}

}  // namespace diptych::curate
