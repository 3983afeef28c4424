#include "diptych/download.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/mapped_file.h"
#include "base/module.h"
#include "base/parallel.h"
#include "columns/columns_module.h"
#include "curate/download/fitted_picture.h"
#include "curate/download/open_shard.h"
#include "curate/download/url_list.h"
#include "curate/download/work_queue.h"
#include "curate/sha2.h"
#include "curate/tally.h"
#include "diptych/picture_files.h"
#include "diptych/version.h"
#include "diptych/worker_share.h"
#include "fetch/fetch_module.h"
#include "json/json.h"

namespace diptych {

namespace {

using namespace curate;

/// Shards that wait for slow hosts; each has a file open and 80 KiB of memory.
constexpr std::size_t kMostOpenShards = 64;
constexpr const char* kFailedToDownload = "failed_to_download";
constexpr const char* kLeftOut = "left_out";
/// Bytes of a list by which it is told from another one of its size.
constexpr std::uint64_t kMostHashed = std::uint64_t{1} << 28;

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The names that `others` has not.
std::vector<std::string> missing_in(const std::vector<std::string>& others,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  std::copy_if(names.begin(), names.end(), std::back_inserter(missing),
               [&](const std::string& name) { return !holds(others, name); });
  return missing;
}

/// What says that a picture is not to be used.
std::vector<std::string> known_directives() {
  return DownloadOptions().disallowed_directives;
}

/// Nobody's refusal is passed over without a reason.
void check_directives(const DownloadOptions& options) {
  const std::vector<std::string> known = known_directives();
  const bool is_any = missing_in(options.disallowed_directives, known).size() < known.size();
  if (is_any || !options.ignore_robots_tag.empty()) return;
  fail(ErrorCode::invalid_argument,
       "directives of X-Robots-Tag: got {}, expected one or more of {}, or a reason to ignore them",
       options.disallowed_directives.empty()
           ? "none"
           : fmt::format("{}", fmt::join(options.disallowed_directives, ", ")),
       fmt::join(known, ", "));
}

void note_directives(const DownloadOptions& options, std::vector<std::string>& notes) {
  const std::vector<std::string> known = known_directives();
  const std::vector<std::string> ignored = missing_in(options.disallowed_directives, known);
  const std::vector<std::string> unknown = missing_in(known, options.disallowed_directives);
  if (!options.ignore_robots_tag.empty()) {
    notes.push_back(fmt::format("X-Robots-Tag is ignored: {}", options.ignore_robots_tag));
  } else if (!ignored.empty()) {
    notes.push_back(
        fmt::format("pictures with X-Robots-Tag {} are taken", fmt::join(ignored, ", ")));
  }
  if (!unknown.empty()) {
    notes.push_back(fmt::format("directives that no known X-Robots-Tag refuses with: {}",
                                fmt::join(unknown, ", ")));
  }
}

/// Columns whose name a sample's own members have.
void note_columns(const DownloadOptions& options, std::vector<std::string>& notes) {
  const std::vector<std::string> own = {"key",   "status", "error_message",  "error_detail",
                                        "width", "height", "original_width", "original_height",
                                        "sha256"};
  std::vector<std::string> left_out;
  for (const std::string& column : options.additional_columns) {
    const bool is_another = (column == "url" && options.url_column != "url") ||
                            (column == "caption" && options.caption_column != "caption" &&
                             !options.caption_column.empty());
    if (holds(own, column) || is_another) left_out.push_back(column);
  }
  if (left_out.empty()) return;
  notes.push_back(
      fmt::format("additional columns that are left out, as each sample has its own "
                  "member of that name: {}",
                  fmt::join(left_out, ", ")));
}

void check(const DownloadOptions& options) {
  check_directives(options);
  const auto expect = [](bool is_good, const char* what, auto got, const char* expected) {
    if (!is_good) fail(ErrorCode::invalid_argument, "{}: got {}, expected {}", what, got, expected);
  };
  const PictureForm& form = options.picture;
  expect(!options.lists.empty(), "lists of URLs", 0, "at least one");
  expect(options.samples_per_shard >= 1 && options.samples_per_shard <= 1'000'000,
         "samples a shard", options.samples_per_shard, "1 to 1,000,000");
  expect(options.connections >= 1 && options.connections <= 10'000, "connections",
         options.connections, "1 to 10,000");
  expect(options.host_connections >= 1, "connections a host", options.host_connections,
         "at least 1");
  expect(options.host_rate >= 0.0, "requests a second and host", options.host_rate, "at least 0");
  expect(options.timeout_seconds >= 1, "timeout", options.timeout_seconds, "at least 1 s");
  expect(options.retries >= 0, "retries", options.retries, "at least 0");
  expect(options.max_bytes >= 1, "bytes of a picture", options.max_bytes, "at least 1");
  expect(form.size >= 1 && form.size <= 16'384, "picture size", form.size, "1 to 16384");
  const bool is_png = form.format == PictureFormat::png;
  expect(form.quality >= (is_png ? 0 : 1) && form.quality <= (is_png ? 9 : 100), "quality",
         form.quality, is_png ? "0 to 9 for png" : "1 to 100");
}

/// What the bytes of a shard depend on.
std::string description_of(const DownloadOptions& options) {
  const PictureForm& form = options.picture;
  OrderedJson lists = OrderedJson::array();
  for (const auto& list : options.lists) {
    std::error_code unknown;
    OrderedJson file = {{"file", list.filename().string()},
                        {"bytes", std::filesystem::file_size(list, unknown)}};
    if (std::filesystem::is_regular_file(list, unknown))
      file["content"] = fmt::format("{:016x}", beginning_hash(list, kMostHashed));
    lists.push_back(std::move(file));
  }
  OrderedJson json = {{"lists", lists},
                      {"url_col", options.url_column},
                      {"caption_col", options.caption_column},
                      {"save_additional_columns", options.additional_columns},
                      {"number_sample_per_shard", options.samples_per_shard},
                      {"resize_mode", static_cast<int>(form.resize)},
                      {"image_size", form.size},
                      {"resize_only_if_bigger", form.only_if_larger},
                      {"upscale_interpolation", static_cast<int>(form.upscale)},
                      {"downscale_interpolation", static_cast<int>(form.downscale)},
                      {"encode_format", static_cast<int>(form.format)},
                      {"encode_quality", form.quality},
                      {"min_image_size", form.min_side},
                      {"max_image_area", form.max_area},
                      {"max_aspect_ratio", form.max_aspect},
                      {"max_bytes", options.max_bytes},
                      {"ignore_robots", options.ignore_robots},
                      {"ignore_robots_tag", options.ignore_robots_tag},
                      {"disallowed_header_directives", options.disallowed_directives},
                      {"user_agent_token", options.user_agent_token}};
  // Folders of earlier versions have neither.
  if (!options.boxes_column.empty()) json["bbox_col"] = options.boxes_column;
  if (options.sidecar == SidecarFormat::parquet) json["sidecar"] = "parquet";
  return json.dump(2) + "\n";
}

/// Loads the module for Parquet where it will be wanted, before anything is fetched.
void prepare_parquet(const DownloadOptions& options) {
  const bool is_wanted = options.sidecar == SidecarFormat::parquet ||
                         std::any_of(options.lists.begin(), options.lists.end(), is_parquet_list);
  if (is_wanted) columns::column_files();
}

/// Makes the folder, or finds that an earlier run with the same options did.
void prepare_folder(const DownloadOptions& options) {
  make_folders(options.out);
  std::error_code error;
  const std::filesystem::path file = options.out / "download.json";
  const std::string description = description_of(options);
  if (!std::filesystem::exists(file, error)) {
    if (!std::filesystem::is_empty(options.out, error)) {
      fail(ErrorCode::invalid_argument,
           "output: got a folder with other files, expected a new one, or one of a download ({})",
           options.out.string());
    }
    return write_file(file, description);
  }
  if (read_text_file(file) != description) {
    fail(ErrorCode::invalid_argument,
         "output: got a folder of a download with other lists or options, expected the same or "
         "another folder ({})",
         file.string());
  }
}

fetch::CrawlRules rules_of(const DownloadOptions& options) {
  fetch::CrawlRules rules{.pace = {.connections = options.host_connections,
                                   .rate = options.host_rate,
                                   .burst = static_cast<double>(options.host_connections)},
                          .connections = options.connections,
                          .timeout_seconds = options.timeout_seconds,
                          .retries = options.retries,
                          .max_bytes = options.max_bytes,
                          .private_addresses = options.private_addresses,
                          .robots = options.ignore_robots.empty(),
                          .user_agent = fmt::format("diptych/{}", version()),
                          .agents = {"diptych"},
                          .disallowed_directives = options.disallowed_directives};
  if (!options.ignore_robots_tag.empty()) rules.disallowed_directives.clear();
  if (!options.user_agent_token.empty()) {
    rules.user_agent += fmt::format(" (compatible; {})", options.user_agent_token);
    rules.agents.insert(rules.agents.begin(), options.user_agent_token);
  }
  return rules;
}

/// Between the lists, the crawl and the shards.
class Download {
 public:
  explicit Download(const DownloadOptions& options)
      : options_(options),
        share_(worker_share()),
        threads_(options.stage.threads > 0 ? options.stage.threads : available_cpus()),
        queue_(threads_) {
    note_directives(options, report_.stage.notes);
    note_columns(options, report_.stage.notes);
  }

  fetch::CrawlNext next(fetch::CrawlRequest& request) {
    while (row_ || read_row()) {
      if (!shard_ && !is_passed_over_ && !open_shard()) return fetch::CrawlNext::later;
      ListRow row = std::move(*std::exchange(row_, std::nullopt));
      const std::size_t index = index_++;
      const bool is_new = shard_ && !shard_->has(index);
      const bool is_asked = is_new && row.fault.empty();
      Pending pending{shard_, index, shard_number_, std::move(row)};
      if (is_asked) {
        request = {.id = shard_number_ * options_.samples_per_shard + index,
                   .url = pending.row.url};
        pending_.emplace(request.id, std::move(pending));
      } else if (is_new) {
        fetch::CrawlResult result;
        result.failure = pending.row.fault;
        result.detail = pending.row.detail;
        process(std::move(pending), std::move(result));
      } else if (is_others_) {
        count_passed_over();
      }
      if (index_ == options_.samples_per_shard) close_shard();
      if (is_asked) return fetch::CrawlNext::url;
    }
    return fetch::CrawlNext::end;
  }

  void take(fetch::CrawlResult&& result) {
    Pending pending = std::move(pending_.extract(result.id).mapped());
    process(std::move(pending), std::move(result));
    ++done_;
    if (options_.stage.progress) options_.stage.progress(done_, 0);
  }

  DownloadReport finish() {
    queue_.finish();
    // A shard that was whole already had no result that completed it.
    for (const auto& shard : open_) shard->complete(report_, report_mutex_);
    return std::move(report_);
  }

 private:
  struct Pending {
    std::shared_ptr<OpenShard> shard;
    std::size_t index = 0;
    std::size_t shard_number = 0;
    ListRow row;
  };

  /// Reads the next row of the lists, each of which begins a shard; false after the last.
  bool read_row() {
    while (true) {
      if (!list_) {
        if (list_number_ == options_.lists.size()) return false;
        list_ = std::make_unique<UrlList>(options_.lists[list_number_++],
                                          ListColumns{.url = options_.url_column,
                                                      .caption = options_.caption_column,
                                                      .additional = options_.additional_columns,
                                                      .boxes = options_.boxes_column});
      }
      row_ = list_->next();
      if (row_) return true;
      take_note();
      list_.reset();
      if (index_ > 0) close_shard();
    }
  }

  void take_note() {
    std::string note = list_->note();
    if (note.empty()) return;
    const std::lock_guard lock(report_mutex_);
    report_.stage.notes.push_back(std::move(note));
  }

  /// Begins a shard, or finds that it is not this run's to write; false when too many are open.
  bool open_shard() {
    std::erase_if(open_, [this](const auto& shard) {
      return shard.use_count() == 1 && shard->complete(report_, report_mutex_);
    });
    if (open_.size() >= kMostOpenShards) return false;
    index_ = 0;
    std::error_code ignored;
    const std::filesystem::path statistics = shard_files(options_, shard_number_).statistics;
    is_others_ = shard_number_ % share_.count != share_.index;
    is_passed_over_ = is_others_ || std::filesystem::exists(statistics, ignored);
    if (is_passed_over_ && !is_others_) {
      const std::lock_guard lock(report_mutex_);
      add_statistics(statistics, report_);
    } else if (!is_others_) {
      shard_ = std::make_shared<OpenShard>(options_, shard_number_);
      open_.push_back(shard_);
    }
    return true;
  }

  void close_shard() {
    if (shard_) shard_->close(index_);
    shard_.reset();
    is_passed_over_ = false;
    index_ = 0;
    ++shard_number_;
  }

  void count_passed_over() {
    const std::lock_guard lock(report_mutex_);
    report_.stage.read += 1;
    report_.stage.left_out["another process's"].count += 1;
  }

  void process(Pending pending, fetch::CrawlResult result) {
    // A std::function is copied; what it holds is not.
    auto work = std::make_shared<std::pair<Pending, fetch::CrawlResult>>(std::move(pending),
                                                                         std::move(result));
    queue_.add([this, work = std::move(work)] {
      const JournalEntry entry = entry_of(work->first, std::move(work->second));
      work->first.shard->add(work->first.index, entry);
      work->first.shard->complete(report_, report_mutex_);
      work->first.shard.reset();
    });
  }

  JournalEntry entry_of(const Pending& pending, fetch::CrawlResult result) const {
    FittedPicture picture;
    const char* status = "success";
    if (!result.failure.empty()) {
      const bool is_forbidden =
          result.failure == "forbidden by robots.txt" || result.failure.starts_with("opted out");
      status = is_forbidden ? kLeftOut : kFailedToDownload;
      picture.failure = std::move(result.failure);
      picture.detail = std::move(result.detail);
    } else {
      picture = fit_picture(std::move(result.body), options_.picture, pending.row.boxes);
      if (!picture.failure.empty()) status = picture.is_left_out ? kLeftOut : "failed_to_resize";
    }
    return {.json = json_of(pending, picture, status), .picture = std::move(picture.bytes)};
  }

  std::string json_of(const Pending& pending, const FittedPicture& picture,
                      const char* status) const {
    const bool is_there = picture.failure.empty();
    const auto number = [is_there](int value) {
      return is_there ? OrderedJson(value) : OrderedJson();
    };
    OrderedJson json = {
        {"url", pending.row.url},
        {"caption", pending.row.caption ? OrderedJson(*pending.row.caption) : OrderedJson()},
        {"key", sample_key(pending.shard_number, pending.index, options_.samples_per_shard)},
        {"status", status},
        {"error_message", is_there ? OrderedJson() : OrderedJson(picture.failure)},
        {"width", number(picture.width)},
        {"height", number(picture.height)},
        {"original_width", number(picture.original_width)},
        {"original_height", number(picture.original_height)},
        {"sha256", is_there ? OrderedJson(sha256(picture.bytes)) : OrderedJson()}};
    if (!picture.detail.empty()) json["error_detail"] = picture.detail;
    for (const auto& [name, value] : pending.row.additional.items()) {
      if (!json.contains(name)) json[name] = value;
    }
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }

  const DownloadOptions& options_;
  WorkerShare share_;
  int threads_;
  std::unique_ptr<UrlList> list_;
  std::size_t list_number_ = 0;  ///< of the next list
  std::optional<ListRow> row_;   ///< read, and not yet given out
  std::size_t shard_number_ = 0;
  std::size_t index_ = 0;  ///< of the next row in its shard
  std::shared_ptr<OpenShard> shard_;
  bool is_passed_over_ = false;
  bool is_others_ = false;
  std::vector<std::shared_ptr<OpenShard>> open_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::size_t done_ = 0;
  std::mutex report_mutex_;
  DownloadReport report_;
  WorkQueue queue_;  ///< ends first: its threads use the others
};

}  // namespace

DownloadReport download_pictures(const DownloadOptions& options) {
  check(options);
  static const Module<fetch::FetchFunctions> fetcher(fetch::fetch_module("curate download"));
  prepare_parquet(options);
  prepare_folder(options);
  Download download(options);
  const fetch::CrawlRules rules = rules_of(options);
  fetcher->crawl(rules,
                 {.next = [&](fetch::CrawlRequest& request) { return download.next(request); },
                  .take = [&](fetch::CrawlResult&& result) { download.take(std::move(result)); }});
  return download.finish();
}

}  // namespace diptych
