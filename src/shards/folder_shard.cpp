#include "shards/folder_shard.h"

#include <algorithm>
#include <list>
#include <memory>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "shards/repeats.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kMaxPartBytes = std::size_t{1} << 30;

}  // namespace

std::vector<std::string> FolderShard::list_names() {
  std::vector<std::string> names;
  std::uint64_t others = 0;
  std::string first_other;
  try {
    std::filesystem::recursive_directory_iterator entry(folder_);
    for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      const std::filesystem::path path = entry->path().lexically_relative(folder_);
      const bool is_hidden = path.filename().string().starts_with('.');
      if (entry->is_directory() && is_hidden) {
        entry.disable_recursion_pending();
      } else if (!entry->is_regular_file()) {
        continue;
      }
      if (!is_hidden && path.has_extension() && path.extension() != ".") {
        names.push_back(path.string());
      } else if (others++ == 0) {
        first_other = path.string();
      }
    }
  } catch (const std::filesystem::filesystem_error& error) {
    fail(ErrorCode::io, "folder: {}", error.what());
  }
  remarks_.add("files without an ending, or hidden files and folders",
               fmt::format("{} ({})", one_line(first_other), name()), others);
  return names;
}

FolderShard::FolderShard(const std::filesystem::path& folder, const ShardOptions& options)
    : Shard(folder.string()), folder_(folder) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : list_names()) {
    const std::size_t dot = name.rfind('.');
    files.emplace_back(name.substr(0, dot), name.substr(dot + 1));
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

Sample FolderShard::read(std::uint64_t offset) const {
  const Files& files = samples_.at(offset);
  Sample sample;
  sample.key = files.key;
  sample.shard = name();
  sample.offset = offset;
  const auto parts = std::make_shared<std::list<std::vector<std::byte>>>();
  for (const std::string& ending : files.endings) {
    parts->push_back(read_file(folder_ / (files.key + "." + ending), kMaxPartBytes));
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
