#include "sort_into.h"

#include <diptych/error.h>
#include <diptych/output_file.h>
#include <diptych/picture_files.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "counted.h"

namespace {

namespace fs = std::filesystem;
using diptych::ErrorCode;

constexpr std::size_t kLongestFolder = 120;

[[noreturn]] void fail(ErrorCode code, const std::string& message) {
  throw diptych::Error(code, message);
}

[[noreturn]] void fail_to_write(const fs::path& place) {
  fail(ErrorCode::io, fmt::format("cannot write {}: {}", place.string(), std::strerror(errno)));
}

/// A label as the name of a folder: without what ends a name or hides it.
std::string folder_name(std::string label) {
  std::replace(label.begin(), label.end(), '/', '_');
  if (label.starts_with('.')) label.front() = '_';
  if (label.size() > kLongestFolder) {
    fail(
        ErrorCode::invalid_argument,
        fmt::format("--sort-into: got a label of {} bytes, expected at most {} for a folder's name "
                    "({})",
                    label.size(), kLongestFolder, label));
  }
  return label;
}

fs::path numbered(const fs::path& place, int number) {
  if (number == 1) return place;
  return place.parent_path() /
         (place.stem().native() + fmt::format("-{}", number) + place.extension().native());
}

/// A new file of the bytes of another. False: the name was taken.
bool copy_new(const fs::path& from, const fs::path& to) {
  std::ifstream source(from, std::ios::binary);
  if (!source)
    fail(ErrorCode::io, fmt::format("cannot read {}: {}", from.string(), std::strerror(errno)));
  const int file = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) return false;
  if (file < 0) fail_to_write(to);
  std::array<char, 1 << 16> part{};
  bool good = true;
  while (good && (source.read(part.data(), part.size()) || source.gcount() > 0)) {
    for (std::streamsize done = 0; good && done < source.gcount();) {
      const ssize_t written =
          write(file, part.data() + done, static_cast<std::size_t>(source.gcount() - done));
      good = written >= 0 || errno == EINTR;
      if (written > 0) done += written;
    }
  }
  int problem = good ? 0 : errno;
  if (close(file) != 0 && problem == 0) problem = errno;
  if (problem == 0 && !source.bad()) return true;
  unlink(to.c_str());
  errno = problem;
  fail_to_write(to);
}

/// A new symbolic link with the whole path. False: the name was taken.
bool link_new(const fs::path& from, const fs::path& to) {
  if (symlink(fs::absolute(from).lexically_normal().c_str(), to.c_str()) == 0) return true;
  if (errno != EEXIST) fail_to_write(to);
  return false;
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::weakly_canonical(path);
  const fs::path outer = fs::weakly_canonical(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace

void add_sort_options(Command command, SortOptions& options) {
  Option folder = command.option(
      "--sort-into", options.folder,
      "put every picture into a folder of its best label in this folder; needs --copy or --link");
  Option copy = command.flag("--copy", options.copy, "by copying it").needs(folder);
  command.flag("--link", options.link, "by a symbolic link to it").needs(folder).excludes(copy);
  command.flag("--dry-run", options.dry_run, "only say where each would go").needs(folder);
}

Sorter::Sorter(SortOptions options, const std::vector<std::string>& labels,
               const std::vector<std::string>& given)
    : options_(std::move(options)) {
  if (!options_.copy && !options_.link) {
    fail(ErrorCode::invalid_argument,
         "--sort-into: got neither --copy nor --link, expected one of them");
  }
  std::map<std::string, std::string> label_of;
  for (const std::string& label : labels) {
    const std::string name = folder_name(label);
    const auto [first, is_new] = label_of.emplace(name, label);
    if (!is_new) {
      fail(ErrorCode::invalid_argument,
           fmt::format(
               "--sort-into: got the labels {} and {}, expected ones with folders of their own",
               first->second, label));
    }
    folders_[label] = name;
  }
  for (const std::string& path : given) {
    std::error_code unknown;
    if (fs::is_directory(path, unknown) && is_within(options_.folder, path)) {
      fail(ErrorCode::invalid_argument,
           fmt::format("--sort-into: got {}, expected a folder outside {}, which is sorted",
                       options_.folder, path));
    }
  }
}

bool Sorter::is_there(const fs::path& picture, const fs::path& place) const {
  const auto planned = planned_.find(place);
  const std::array<fs::path, 2> files = {picture,
                                         planned == planned_.end() ? place : planned->second};
  if (options_.link) {
    std::error_code unknown;
    return fs::equivalent(files[0], files[1], unknown);
  }
  return diptych::first_with_same_bytes(files)[1] == 0;
}

bool Sorter::place_at(const fs::path& picture, const fs::path& place) {
  if (options_.dry_run) {
    if (fs::exists(fs::symlink_status(place))) return false;
    return planned_.emplace(place, picture).second;
  }
  return options_.copy ? copy_new(picture, place) : link_new(picture, place);
}

fs::path Sorter::put(const fs::path& picture, const std::string& label) {
  const fs::path folder = fs::path(options_.folder) / folders_.at(label);
  if (!options_.dry_run) diptych::make_output_folder(folder);
  for (int number = 1;; ++number) {
    fs::path place = numbered(folder / picture.filename(), number);
    if (place_at(picture, place)) {
      ++done_;
      ++used_[label];
      return place;
    }
    if (is_there(picture, place)) {
      ++there_;
      return place;
    }
  }
}

std::string Sorter::summary() const {
  return fmt::format("{} {}{} into {}, {} {} there already ({})", counted(done_, "picture"),
                     options_.dry_run ? "would be " : "", options_.copy ? "copied" : "linked",
                     counted(used_.size(), "folder"), there_, there_ == 1 ? "was" : "were",
                     options_.folder);
}
