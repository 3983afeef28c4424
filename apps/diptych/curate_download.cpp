#include <diptych/download.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "console.h"
#include "counted.h"
#include "curate.h"
#include "inputs.h"
#include "progress.h"

namespace {

using diptych::DownloadOptions;
using diptych::DownloadResize;
using diptych::PictureForm;
using diptych::PictureFormat;
using diptych::ScaleFilter;
using diptych::SidecarFormat;

struct CurateDownloadArguments {
  DownloadOptions download;
  std::vector<std::string> lists;
  StageArguments stage;
};

constexpr const char* kCurateDownloadExamples =
    "Options are named as img2dataset's, where it has them; --image_size is --image-size. Writes\n"
    "NNNNN.tar with KEY.jpg, KEY.txt and KEY.json, NNNNN.jsonl (or .parquet) with a line a URL, "
    "those that "
    "failed\n"
    "too, and NNNNN_stats.json. What was killed goes on URL by URL when it is run again; "
    "processes\n"
    "of Slurm, torchrun and mpirun share the shards. robots.txt and X-Robots-Tag are obeyed.\n"
    "Examples:\n"
    "  diptych curate download urls.csv --output-folder pictures --caption-col caption\n"
    "  diptych curate download kept.jsonl --output-folder pictures --resize-mode keep_ratio "
    "--image-size 384 --resize-only-if-bigger";

const std::map<std::string, ScaleFilter>& scale_filters() {
  static const std::map<std::string, ScaleFilter> filters = {{"area", ScaleFilter::area},
                                                             {"bilinear", ScaleFilter::bilinear},
                                                             {"bicubic", ScaleFilter::bicubic},
                                                             {"lanczos", ScaleFilter::lanczos}};
  return filters;
}

void add_lists(Command command, CurateDownloadArguments& options) {
  DownloadOptions& download = options.download;
  command
      .list("LIST", options.lists,
            "lists of URLs: .csv, .tsv, .jsonl, .parquet, .txt, also .gz and .zst")
      .required();
  path_option(command, "--output-folder", download.out, "a new folder, or one to go on with")
      .required();
  command.option("--url-col", download.url_column, "the column with the URLs").show_default();
  command.option("--caption-col", download.caption_column,
                 "the column with the captions; default: caption or text, where there is one");
  command.list("--save-additional-columns", download.additional_columns,
               "a column that goes into each sample's JSON; may be given several times");
  command.option("--bbox-col", download.boxes_column,
                 "the column with boxes that are blurred, as [[left, top, right, bottom]], 0 to 1");
  command
      .choice("--sidecar", download.sidecar,
              std::map<std::string, SidecarFormat>{{"jsonl", SidecarFormat::json_lines},
                                                   {"parquet", SidecarFormat::parquet}},
              "what the list of each shard's URLs is written as")
      .show_default("jsonl");
  command.option("--number-sample-per-shard", download.samples_per_shard, "URLs a shard")
      .at_least(1, 1e6)
      .show_default();
}

void add_crawl(Command command, DownloadOptions& download) {
  command.option("--thread-count", download.connections, "requests at a time, to all hosts")
      .at_least(1, 10'000)
      .show_default();
  command.option("--host-connections", download.host_connections, "requests at a time to one host")
      .at_least(1, 10'000)
      .show_default();
  command
      .option("--host-rate", download.host_rate,
              "requests a second to one host; 0: any, where you have leave")
      .at_least(0)
      .show_default();
  command.option("--timeout", download.timeout_seconds, "seconds for all of a request")
      .at_least(1, 3600)
      .show_default();
  command.option("--retries", download.retries, "further attempts after failures that may pass")
      .at_least(0, 100)
      .show_default();
  command.option("--max-bytes", download.max_bytes, "the largest file")
      .at_least(1, 1e12)
      .show_default();
  command.option("--user-agent-token", download.user_agent_token,
                 "your crawler's name, which robots.txt and X-Robots-Tag may speak to");
  command.option("--ignore-robots", download.ignore_robots,
                 "do not read robots.txt, for this REASON, which the statistics keep");
  command.list("--disallowed-header-directives", download.disallowed_directives,
               "directives of X-Robots-Tag that are obeyed, also as a JSON list; default: noai, "
               "noimageai, noindex, noimageindex");
  command.option("--ignore-robots-tag", download.ignore_robots_tag,
                 "obey no X-Robots-Tag, for this REASON, which the statistics keep");
  command.flag("--allow-private-addresses", download.private_addresses,
               "connect to private, loopback and link-local addresses too");
}

void add_picture(Command command, PictureForm& form) {
  command
      .choice("--resize-mode", form.resize,
              std::map<std::string, DownloadResize>{
                  {"no", DownloadResize::none},
                  {"border", DownloadResize::border},
                  {"keep_ratio", DownloadResize::keep_ratio},
                  {"keep_ratio_largest", DownloadResize::keep_ratio_largest},
                  {"center_crop", DownloadResize::center_crop}},
              "what --image-size is of")
      .show_default("border");
  command.option("--image-size", form.size, "pixels").at_least(1, 16'384).show_default();
  command.flag("--resize-only-if-bigger", form.only_if_larger,
               "leave smaller pictures as they are");
  command.choice("--upscale-interpolation", form.upscale, scale_filters(), "how pictures grow")
      .show_default("lanczos");
  command.choice("--downscale-interpolation", form.downscale, scale_filters(), "how they shrink")
      .show_default("area");
  command
      .choice("--encode-format", form.format,
              std::map<std::string, PictureFormat>{{"jpg", PictureFormat::jpg},
                                                   {"png", PictureFormat::png},
                                                   {"webp", PictureFormat::webp}},
              "what pictures become; those that are it, and of the size, keep "
              "their bytes")
      .show_default("jpg");
  command.option("--encode-quality", form.quality, "1 to 100; of png the compression, 0 to 9")
      .at_least(0, 100)
      .show_default();
  command.option("--min-image-size", form.min_side, "least width and height").at_least(0);
  command.option("--max-image-area", form.max_area, "most pixels; default: any");
  command.option("--max-aspect-ratio", form.max_aspect, "most of the longer side over the shorter")
      .at_least(1);
}

/// Directives as they are given one by one, or as img2dataset has them: '["noai", "noindex"]'.
std::vector<std::string> directives_of(const std::vector<std::string>& given) {
  constexpr const char* kAround = " []\"'";
  std::vector<std::string> directives;
  for (const std::string& value : given) {
    std::istringstream parts(value);
    for (std::string part; std::getline(parts, part, ',');) {
      const std::size_t first = part.find_first_not_of(kAround);
      if (first == std::string::npos) continue;
      part = part.substr(first, part.find_last_not_of(kAround) - first + 1);
      std::transform(part.begin(), part.end(), part.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      directives.push_back(part);
    }
  }
  return directives;
}

/// How what failed is fetched again, once all shards are there.
void note_retry(const diptych::DownloadReport& report) {
  std::uint64_t failed = 0;
  for (const auto& [reason, dropped] : report.stage.dropped) failed += dropped.count;
  if (report.shards > 0 || report.done_before == 0 || failed == 0) return;
  print_note(fmt::format(
      "{} failed before, and nothing is left to do: the lines of NNNNN.jsonl with the status "
      "failed_to_download are a list for another folder; without its NNNNN_stats.json a shard is "
      "done anew",
      counted(failed, "URL")));
}

int download(CurateDownloadArguments options, Command command) {
  if (options.download.picture.resize == DownloadResize::none) {
    command.refuse_unused({"--image-size", "--resize-only-if-bigger", "--upscale-interpolation",
                           "--downscale-interpolation"},
                          "another --resize-mode than no");
  }
  note_repeated(options.lists);

  options.download.lists = as_paths(options.lists);
  options.download.disallowed_directives = directives_of(options.download.disallowed_directives);
  options.download.stage = options.stage.stage;
  Progress progress("URLs");
  options.download.stage.progress = progress.callback();
  const diptych::DownloadReport report = diptych::download_pictures(options.download);
  if (options.stage.json) {
    Json json = stage_json(report.stage);
    json["done_before"] = report.done_before;
    json["shards"] = report.shards;
    json["bytes"] = report.bytes;
    print_json(json);
  } else {
    print_stage(report.stage);
    print_line(
        fmt::format("{}, {} bytes of pictures", counted(report.shards, "shard"), report.bytes));
    if (report.done_before > 0)
      print_line(fmt::format("{} done before", counted(report.done_before, "URL")));
  }
  note_retry(report);
  const int status = finish_stage(report.stage);
  const bool is_anything_there =
      report.stage.written > 0 || report.stage.left_out.contains("another process's");
  return is_anything_there ? status : 1;
}

}  // namespace

void add_curate_download(Command curate) {
  auto options = std::make_shared<CurateDownloadArguments>();
  const Command command = curate.command("download", "Fetch the pictures of lists into shards");
  add_lists(command, *options);
  add_crawl(command, options->download);
  add_picture(command, options->download.picture);
  add_stage_threads(command, options->stage.stage);
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.footer(kCurateDownloadExamples);
  command.runs([options, command] { return download(*options, command); });
}
