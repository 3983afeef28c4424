#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "diptych/curation.h"
#include "diptych/export.h"

// Looking after files of samples: what is in them, what is wrong with them, and the same samples in
// another form. Every sample is accounted for: `read` is always `written` and what was dropped.

namespace diptych {

/// Where samples are read from.
struct SampleInputs {
  /// Each a tar shard, a CSV or TSV table, Chinese-CLIP's NAME_imgs.tsv beside NAME_texts.jsonl or
  /// its folder of LMDB databases (`imgs` and `pairs`), a folder of shards, a glob, or any of these
  /// with braces ("{00000..00012}.tar"); tars and tables also with gzip or zstd.
  std::vector<std::string> sources;
  /// Tables: the columns with the picture's path and with the caption. Defaults: open_clip's.
  std::string image_column = "filepath";
  std::string caption_column = "title";
  /// Tables: what separates fields. Zero, the default: what makes both columns stand in the header.
  char separator = '\0';
  /// Tables: what relative paths of pictures start from. Empty, the default: the working folder,
  /// otherwise the table's.
  std::filesystem::path image_root;
};

/// What a good sample is.
struct SampleRules {
  /// Whether it has a picture. Default: yes.
  bool need_picture = true;
  /// Whether it has a caption that can be used: UTF-8, not blank, at most 64 KiB. Default: yes.
  bool need_caption = true;
  /// Whether its picture is decoded to see that it can be. Default: yes.
  bool decode = true;
  /// The least width and height in pixels of a picture that is decoded. Default: 16. Zero: any.
  int min_side = 16;
  /// The member of the `json` part that holds the caption, or a list of them. Empty, the default:
  /// the `txt` part.
  std::string json_text_key;
};

/// One file of samples.
struct ShardSummary {
  std::string file;
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;  ///< of all parts
  /// How many samples have a part of each extension.
  std::map<std::string, std::uint64_t> parts;
  /// Samples that break a rule. Of `list_shards`: zero.
  std::uint64_t bad = 0;
};

struct ShardList {
  /// Files: read, and dropped when they are missing, damaged or no shards.
  StageReport files;
  std::vector<ShardSummary> shards;
};

/// Returns the files that sources name, in order. Throws Error as list_shards.
DIPTYCH_API std::vector<std::filesystem::path> sample_files(const SampleInputs& inputs);

/// Says what is in files of samples, without looking at pictures and captions. Throws Error:
/// invalid_argument, not_found, unsupported for sources that name no files of samples.
DIPTYCH_API ShardList list_shards(const SampleInputs& inputs, int threads = 0);

struct DoctorOptions {
  SampleInputs inputs;
  SampleRules rules;
  /// A new or empty folder (or of the same command: StageOptions::command) for clean copies of tar
  /// shards under their own names: good samples as they are, and samples put together whose parts
  /// stand apart. Empty, the default: none.
  std::filesystem::path repair;
  StageOptions stage;
};

struct DoctorReport {
  ShardList shards;
  /// Samples: read, good as they stand (`written`), and dropped by what is wrong with them, each
  /// under the first reason found.
  StageReport samples;
  /// Of `repair`: files and samples in the clean copies, and those of the samples that were put
  /// together from parts that stood apart.
  std::uint64_t repaired_files = 0;
  std::uint64_t repaired_samples = 0;
  std::uint64_t joined_samples = 0;
};

/// Looks at every sample: missing parts, captions that cannot be used, pictures that cannot be
/// decoded or are tiny, keys that stand twice, parts of one key that are no neighbours, and files
/// that are cut or damaged. Takes some 50 bytes of memory a sample. Throws Error as list_shards,
/// and io; invalid_argument for a repair of what is no tar, into a folder with files, or of two
/// shards of one name.
DIPTYCH_API DoctorReport check_shards(const DoctorOptions& options);

/// In what form samples are written.
enum class SampleFormat {
  shards,             ///< a folder of webdataset shards: 000000.tar, 000001.tar ...
  tar,                ///< one tar
  files,              ///< a folder with a file a part: KEY.jpg, KEY.txt ...
  csv,                ///< a folder with pictures and table.csv: filepath, title
  tsv,                ///< the same with table.tsv
  chinese_clip,       ///< a folder with train_imgs.tsv and train_texts.jsonl
  chinese_clip_lmdb,  ///< a folder with the databases imgs and pairs
};

struct RepackOptions {
  /// As `SampleInputs` says; a folder without shards stands for the pictures in and below it, each
  /// with the .txt and .json beside it.
  SampleInputs inputs;
  /// What is left out. Default: nothing that can be read.
  SampleRules rules = {.need_picture = false, .need_caption = false, .decode = false};
  SampleFormat format = SampleFormat::shards;
  /// The file, or the folder, which must be new or empty, or left unfinished by the same command
  /// (StageOptions::command).
  std::filesystem::path out;
  /// Default: 10,000, as img2dataset's.
  std::size_t samples_per_shard = 10'000;
  StageOptions stage;
};

struct RepackReport {
  StageReport files;
  StageReport samples;
};

/// Writes the samples of all sources, in order, in one form. A key that the form cannot hold gets
/// `_` for what is wrong with it, one that was there before a number; how many is noted, and so
/// are parts that the form has no place for. Throws Error as list_shards; io; invalid_argument for
/// an output that is there already, or when no sample is left.
DIPTYCH_API RepackReport repack_samples(const RepackOptions& options);

}  // namespace diptych
