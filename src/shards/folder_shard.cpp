#include "shards/folder_shard.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/mapped_file.h"
#include "diptych/picture_files.h"
#include "shards/repeats.h"

namespace diptych::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPartBytes = std::size_t{1} << 30;

/// Whether rows in a file of that name are probably the captions of the pictures beside it.
bool is_table_name(const fs::path& path) {
  constexpr auto kEndings =
      std::to_array<std::string_view>({".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"});
  return std::ranges::find(kEndings, ascii_lower(path.extension().string())) != kEndings.end();
}

/// What an entry of a folder is that holds no part of a sample, before a number; empty for others.
std::string_view reason_to_leave_out(const fs::directory_entry& entry) {
  std::error_code unknown;
  const fs::path name = entry.path().filename();
  const bool is_folder = entry.is_directory(unknown);
  if (name.string().starts_with('.')) return "hidden files and folders";
  if (is_folder) return entry.is_symlink(unknown) ? "linked folders, not gone into" : "";
  if (!entry.is_regular_file(unknown)) return "entries that are no files, as links to nothing";
  if (!name.has_extension() || name.extension() == ".") return "files without an ending";
  return is_table_name(name) ? "tables in a folder of pictures, whose rows are not read" : "";
}

}  // namespace

std::vector<std::string> FolderShard::list_names() {
  std::vector<std::string> names;
  std::vector<fs::path> folders = {folder_};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    for (const fs::directory_entry& entry : entries_of(folder)) {
      const fs::path path = entry.path().lexically_relative(folder_);
      const std::string_view left_out = reason_to_leave_out(entry);
      std::error_code unknown;
      if (!left_out.empty()) {
        remarks_.add(left_out, fmt::format("{} ({})", one_line(path.string()), name()));
      } else if (entry.is_directory(unknown)) {
        folders.push_back(entry.path());
      } else {
        names.push_back(path.string());
      }
    }
  }
  return names;
}

FolderShard::FolderShard(const std::filesystem::path& folder, const ShardOptions& options)
    : Shard(folder.string()), folder_(folder) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : list_names()) {
    const std::size_t dot = name.rfind('.');
    files.emplace_back(name.substr(0, dot), name.substr(dot + 1));
  }
  if (std::ranges::none_of(
          files, [](const auto& file) { return is_image_extension(ascii_lower(file.second)); })) {
    const std::vector<std::string> left_out = remarks_.sentences();
    fail(ErrorCode::invalid_argument,
         "folder: got {} files and no picture among them, expected pictures with their texts{}{} "
         "({})",
         files.size(), left_out.empty() ? "" : "; ", left_out.empty() ? "" : left_out.front(),
         name());
  }
  std::sort(files.begin(), files.end());
  for (const auto& [key, ending] : files) {
    if (samples_.empty() || samples_.back().key != key) samples_.push_back({key, {}});
    samples_.back().endings.push_back(ending);
  }
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (count_images(samples_[i]) > 1)
      remarks_.add(kSeveralPictures, fmt::format("{}, key {}", name(), one_line(place(i))));
    if (options.need_image && count_images(samples_[i]) == 0) {
      refused_.add({RefusalReason::no_picture, name(), place(i),
                    fmt::format("file: got .{}, expected a picture of that name beside it",
                                samples_[i].endings.front())});
    } else {
      add_sample(i, number_of(samples_[i].key));
    }
  }
}

std::size_t FolderShard::count_images(const Files& files) {
  return static_cast<std::size_t>(std::ranges::count_if(
      files.endings,
      [](const std::string& ending) { return is_image_extension(ascii_lower(ending)); }));
}

std::vector<std::byte> FolderShard::read_part(const std::filesystem::path& path) {
  try {
    return read_file(path, kMaxPartBytes);
  } catch (const Error& error) {
    if (has_picture_name(path)) throw;
    throw UnreadableText(error.code(), error.what());
  }
}

Sample FolderShard::read(std::uint64_t offset) const {
  const Files& files = samples_.at(offset);
  Sample sample;
  sample.key = files.key;
  sample.shard = name();
  sample.offset = offset;
  const auto parts = std::make_shared<std::list<std::vector<std::byte>>>();
  for (const std::string& ending : files.endings) {
    parts->push_back(read_part(folder_ / (files.key + "." + ending)));
    if (!sample.parts.emplace(ascii_lower(ending), parts->back()).second) {
      fail(ErrorCode::unsupported,
           "files: got two that differ in capitals alone, expected one ({}.{})",
           (folder_ / files.key).string(), ending);
    }
  }
  sample.storage = parts;
  return sample;
}

std::string FolderShard::place(std::uint64_t offset) const {
  return samples_.at(offset).key;
}

}  // namespace diptych::shards
