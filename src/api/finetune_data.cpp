#include "api/finetune_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "api/picture_copies.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/random.h"
#include "evaluate/class_folders.h"
#include "shards/chinese_clip_shard.h"
#include "shards/dataset.h"
#include "shards/lmdb_shard.h"
#include "shards/sources.h"

namespace diptych::api {
namespace {

namespace fs = std::filesystem;

template <typename T>
void shuffle(std::vector<T>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

/// How many of so many are kept out: at least one of two.
std::size_t kept_out(std::size_t count, double share) {
  if (count < 2) return 0;
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(count)));
  return std::clamp<std::size_t>(wanted, 1, count - 1);
}

/// Divides groups of pictures that belong on one side of the line.
void divide(std::vector<std::vector<OwnPicture>> groups, double share, Random& random,
            OwnData& data) {
  shuffle(groups, random);
  const std::size_t out = kept_out(groups.size(), share);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::vector<OwnPicture>& side = i < out ? data.held_out : data.training;
    side.insert(side.end(), groups[i].begin(), groups[i].end());
  }
}

/// Why a folder that stands among pictures could not be looked into; nothing for pictures.
std::optional<std::string> fault_of_folder(const fs::path& path) {
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) return std::nullopt;
  try {
    entries_of(path);
  } catch (const Error& error) {
    return fmt::format("{}: what is in it is left out", error.what());
  }
  return fmt::format("folder {} could not be read: what is in it is left out", path.string());
}

OwnData read_classes(const FinetuneOptions& options, PromptLanguage language) {
  const evaluate::ClassFolders folders = evaluate::read_class_folders(options.data);
  OwnData data{.classes = folders.names, .notes = folders.notes};
  if (!folders.skipped.empty()) data.notes.push_back("not pictures: " + describe(folders.skipped));
  std::vector<std::vector<std::vector<OwnPicture>>> by_class(folders.names.size());
  for (std::size_t i = 0; i < folders.images.size(); ++i) {
    if (std::optional<std::string> fault = fault_of_folder(folders.images[i])) {
      data.notes.push_back(*std::move(fault));
      continue;
    }
    const std::size_t right = folders.right_classes[i];
    const std::string& label = folders.names[right];
    by_class[right].push_back({{.path = fs::absolute(folders.images[i]),
                                .caption = fill_template(default_template(label, language), label),
                                .right_class = right}});
  }
  Random random(options.seed);
  for (std::size_t i = 0; i < by_class.size(); ++i) {
    if (by_class[i].size() < 2) {
      data.notes.push_back(fmt::format("class '{}' has {} pictures, so that none is kept out of it",
                                       data.classes[i], by_class[i].size()));
    }
    divide(std::move(by_class[i]), options.held_out, random, data);
  }
  return data;
}

/// A row's picture and caption. Throws Error for a picture that is not there.
OwnPicture read_row(const shards::Dataset& dataset, std::size_t row, const fs::path& table) {
  const shards::Sample sample = dataset.at(row);
  fs::path path = sample.key;
  if (path.is_relative() && !fs::exists(path)) path = table.parent_path() / path;
  return {.path = fs::absolute(path), .caption = std::string(sample.text("txt").value_or(""))};
}

/// "3 with fields that do not fit the header, the first: ..."
void note_refused(const shards::Refusals& refused, std::vector<std::string>& notes) {
  for (const shards::RefusalReason reason : refused.reasons()) {
    notes.push_back(fmt::format("refused: {} {}, the first: {}", refused.count(reason),
                                shards::describe(reason),
                                refused.examples(reason).front().message()));
  }
}

OwnData read_captions(const FinetuneOptions& options) {
  const shards::Dataset dataset(options.data.string());
  shards::Refusals refused = dataset.refused();
  std::map<fs::path, std::vector<OwnPicture>> by_picture;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    try {
      OwnPicture picture = read_row(dataset, i, options.data);
      by_picture[picture.path].push_back(std::move(picture));
    } catch (const Error& error) {
      refused.add(dataset.refusal(i, error));
    }
  }
  OwnData data;
  data.notes = dataset.remarks();
  note_refused(refused, data.notes);
  std::vector<std::vector<OwnPicture>> groups;
  groups.reserve(by_picture.size());
  for (auto& [path, pictures] : by_picture) groups.push_back(std::move(pictures));
  Random random(options.seed);
  divide(std::move(groups), options.held_out, random, data);
  return data;
}

/// Whether a path is of samples that are no files, or a folder of them.
bool holds_shards(const fs::path& data) {
  const auto is_tar = [](const fs::path& path) {
    return shards::source_kind(path) == shards::SourceKind::tar;
  };
  if (is_tar(data) || shards::ChineseClipShard::is_one(data) || shards::LmdbShard::is_one(data))
    return true;
  std::error_code unknown;
  fs::directory_iterator entry(data, unknown);
  for (; !unknown && entry != fs::directory_iterator(); entry.increment(unknown))
    if (is_tar(entry->path())) return true;
  return false;
}

/// Pictures are measured, and compared, as files.
void refuse_shards(const fs::path& data) {
  if (!holds_shards(data)) return;
  fail(ErrorCode::invalid_argument,
       "finetune: got shards, expected class folders or a table of pictures: 'diptych shards "
       "convert {0} --to csv --out FOLDER' makes one ({0})",
       data.string());
}

/// A field of a table, quoted where it must be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

OwnData read_own_data(const FinetuneOptions& options, PromptLanguage language) {
  refuse_shards(options.data);
  if (!fs::exists(options.data)) {
    fail(ErrorCode::not_found, "finetune: there is no {}: expected class folders or a table",
         options.data.string());
  }
  OwnData data =
      fs::is_directory(options.data) ? read_classes(options, language) : read_captions(options);
  if (data.held_out.empty() || data.training.size() < 2) {
    fail(ErrorCode::invalid_argument,
         "finetune: got {} pictures to train on and {} to measure with, expected at least 2 and 1 "
         "({}){}",
         data.training.size(), data.held_out.size(), options.data.string(),
         data.notes.empty() ? "" : "; " + data.notes.front());
  }
  const std::size_t copies = count_copies(paths_of(data.held_out), paths_of(data.training));
  if (copies > 0) {
    data.notes.push_back(
        fmt::format("copies of pictures that are trained on: {} of {} kept out, so that their "
                    "figures promise too much",
                    copies, data.held_out.size()));
  }
  return data;
}

std::vector<fs::path> paths_of(const std::vector<OwnPicture>& pictures) {
  std::vector<fs::path> paths;
  for (const OwnPicture& picture : pictures) paths.push_back(picture.path);
  return paths;
}

void write_table(const fs::path& path, const std::vector<OwnPicture>& pictures) {
  std::string text = "filepath,title\n";
  for (const OwnPicture& picture : pictures)
    text += field(picture.path.string()) + "," + field(picture.caption) + "\n";
  write_file(path, text);
}

}  // namespace diptych::api
