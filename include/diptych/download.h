#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diptych/curation.h"
#include "diptych/export.h"

// From lists of URLs to shards of pictures. Names and layout are img2dataset's.

namespace diptych {

enum class DownloadResize {
  none,                ///< "no": as they come
  border,              ///< longest side to the size, and white around it to a square
  keep_ratio,          ///< shortest side to the size
  keep_ratio_largest,  ///< longest side to the size
  center_crop,         ///< shortest side to the size, and the square in the middle
};

/// How a picture is scaled.
enum class ScaleFilter {
  area,      ///< the mean of the pixels that an output pixel covers
  bilinear,  ///< as Pillow's
  bicubic,   ///< as Pillow's
  lanczos,   ///< as Pillow's, of three lobes
};

enum class PictureFormat { jpg, png, webp };

/// How a shard's list of what became of its URLs is written.
enum class SidecarFormat {
  json_lines,  ///< 00000.jsonl
  parquet,     ///< 00000.parquet, as img2dataset's
};

/// What becomes of a picture that came.
struct PictureForm {
  DownloadResize resize = DownloadResize::border;
  int size = 256;               ///< in pixels, 1 to 16384
  bool only_if_larger = false;  ///< smaller pictures stay as they are
  ScaleFilter upscale = ScaleFilter::lanczos;
  ScaleFilter downscale = ScaleFilter::area;
  /// A picture that is of this format already and needs no change keeps its bytes.
  PictureFormat format = PictureFormat::jpg;
  /// Of JPEG and WebP 1 to 100, of PNG the compression, 0 to 9.
  int quality = 95;
  /// Pictures outside of these are left out. Zero: no limit.
  int min_side = 0;
  std::uint64_t max_area = 0;
  double max_aspect = 0.0;
  /// Pixels that a header may state, checked before any is decoded.
  std::uint64_t max_pixels = 178'956'970;
};

struct DownloadOptions {
  /// CSV, TSV, JSON Lines, Parquet and lists of a URL a line (.txt), also with gzip or zstd. Each
  /// begins a shard.
  std::vector<std::filesystem::path> lists;
  /// A folder: 00000.tar, 00000.jsonl (a line a URL, those that failed too), 00000_stats.json ...
  /// What an earlier run with the same options left there goes on where it stood.
  std::filesystem::path out;
  std::string url_column = "url";
  /// Empty, the default: "caption", otherwise "text", where the list has them.
  std::string caption_column;
  /// Further columns, which go into each sample's JSON.
  std::vector<std::string> additional_columns;
  /// The column with boxes that are blurred, faces for one: [[left, top, right, bottom], ...] in
  /// shares of width and height, or null. Empty, the default: nothing is blurred.
  std::string boxes_column;
  SidecarFormat sidecar = SidecarFormat::json_lines;
  std::size_t samples_per_shard = 10'000;  ///< URLs

  /// Requests at a time, in all and to one host.
  int connections = 256;
  int host_connections = 8;
  /// Requests a second to one host. Zero: any.
  double host_rate = 20.0;
  int timeout_seconds = 10;  ///< for all of a request
  int retries = 2;           ///< after failures that may pass
  std::size_t max_bytes = std::size_t{50} << 20;
  /// Whether private, loopback and link-local addresses may be connected to. For tests.
  bool private_addresses = false;
  /// Why robots.txt does not count; goes into the statistics. Empty, the default: it counts.
  std::string ignore_robots;
  /// A crawler's own product token beside "diptych", for robots.txt and X-Robots-Tag.
  std::string user_agent_token;
  /// Why X-Robots-Tag does not count; goes into the statistics. Empty, the default: it counts.
  std::string ignore_robots_tag;
  /// Of X-Robots-Tag, in lower case: at least one of these. Those of them that are left out, and
  /// others, are noted.
  std::vector<std::string> disallowed_directives = {"noai", "noimageai", "noindex", "noimageindex"};

  PictureForm picture;
  StageOptions stage;
};

struct DownloadReport {
  /// URLs: what failed is in `dropped`; what robots.txt, an opt-out or a limit on pictures forbids,
  /// and what another process has, in `left_out`. Of an earlier run's shards what became of their
  /// URLs then, without examples.
  StageReport stage;
  std::uint64_t done_before = 0;  ///< URLs of shards that an earlier run wrote
  std::uint64_t shards = 0;       ///< written by this run
  std::uint64_t bytes = 0;        ///< of pictures in them
};

/// Fetches the pictures of lists, each host at its pace and as its robots.txt says, and writes
/// shards. A run that was killed goes on URL by URL; the shards have the same bytes as those of one
/// that was not, if the hosts answer the same. Processes of Slurm, torchrun and mpirun share the
/// shards. Beside pull_model the only function that connects to anything. Throws Error: not_found,
/// io, corrupt_data, invalid_argument (bad options, a list without the column, a folder of other
/// options), unsupported when diptych was built without libcurl, or for Parquet without Arrow.
DIPTYCH_API DownloadReport download_pictures(const DownloadOptions& options);

}  // namespace diptych
