#include "shards/sources.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/input_file.h"
#include "shards/lmdb_shard.h"
#include "shards/refusal.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kMaxFiles = 1'000'000;

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void too_many(std::string_view pattern) {
  fail(ErrorCode::invalid_argument, "sources: got over {} files, expected fewer ({})", kMaxFiles,
       pattern);
}

/// The texts that the inside of a pair of braces stands for.
std::vector<std::string> alternatives(std::string_view inside) {
  const std::vector<std::string_view> bounds = split(inside, "..");
  const auto first = parse_number(bounds.front());
  const auto last = parse_number(bounds.back());
  std::vector<std::string> texts;
  if (bounds.size() != 2 || !first || !last) {
    for (const std::string_view part : split(inside, ",")) texts.emplace_back(part);
    return texts;
  }
  if (*first > *last) {
    fail(ErrorCode::invalid_argument, "brace range: got {{{}}}, expected the smaller number first",
         inside);
  }
  if (*last - *first >= kMaxFiles) too_many(inside);
  const bool padded = bounds[0].starts_with('0') || bounds[1].starts_with('0');
  const std::size_t width = padded ? std::max(bounds[0].size(), bounds[1].size()) : 1;
  for (std::uint64_t i = *first; i <= *last; ++i) texts.push_back(fmt::format("{:0{}}", i, width));
  return texts;
}

/// A pattern's texts with the braces put in, the last pair varying fastest.
std::vector<std::string> expand_braces(std::string_view pattern) {
  const std::size_t open = pattern.find('{');
  const std::size_t close = pattern.find('}');
  if (open == std::string_view::npos && close == std::string_view::npos)
    return {std::string(pattern)};
  const std::string_view inside = pattern.substr(std::min(open, pattern.size()));
  if (open > close || close == std::string_view::npos ||
      inside.substr(1).find('{') < close - open - 1) {
    fail(ErrorCode::invalid_argument, "sources: got braces that do not match or are nested ({})",
         pattern);
  }
  const std::vector<std::string> heads = alternatives(pattern.substr(open + 1, close - open - 1));
  const std::vector<std::string> tails = expand_braces(pattern.substr(close + 1));
  if (heads.size() * tails.size() > kMaxFiles) too_many(pattern);
  std::vector<std::string> texts;
  for (const std::string& head : heads) {
    for (const std::string& tail : tails)
      texts.push_back(fmt::format("{}{}{}", pattern.substr(0, open), head, tail));
  }
  return texts;
}

Source list_folder(const std::filesystem::path& folder) {
  Source files;
  for (const auto& entry : entries_of(folder)) {
    if (source_kind(entry.path()) == SourceKind::tar) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Source match_glob(const std::string& pattern) {
  glob_t matches = {};
  Source files;
  if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0)
    files.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  ::globfree(&matches);
  return files;
}

Source find_files(const std::string& text, Pipes pipes) {
  const bool takes_pipes = pipes == Pipes::taken;
  if (takes_pipes && is_pipe(text)) return {text};
  if (is_pipe(text) || text.find("://") != std::string::npos) {
    fail(ErrorCode::unsupported, "sources: got '{}', expected a local file or folder{}", text,
         takes_pipes ? ", or pipe:COMMAND, as 'pipe:curl -fsSL URL'" : "");
  }
  Source files;
  std::error_code ignored;
  if (std::filesystem::is_directory(text, ignored) && !LmdbShard::is_one(text)) {
    files = list_folder(text);
  } else if (text.find_first_of("*?[") != std::string::npos &&
             !std::filesystem::exists(text, ignored)) {
    files = match_glob(text);
  } else {
    files = {text};
  }
  if (!files.empty()) return files;
  if (std::filesystem::is_directory(text, ignored)) {
    fail(ErrorCode::not_found,
         "sources: got no shards in {}, expected .tar files (diptych shards pack makes them of "
         "pictures and their texts)",
         text);
  }
  fail(ErrorCode::not_found, "sources: got no file that {} stands for, expected shards or tables",
       text);
}

std::string lower_extension(const std::filesystem::path& path) {
  return ascii_lower(path.extension().string());
}

}  // namespace

std::optional<SourceKind> source_kind(const std::filesystem::path& path) {
  if (is_pipe(path.native())) return SourceKind::tar;
  std::string extension = lower_extension(path);
  if (extension == ".tgz") return SourceKind::tar;
  if (extension == ".gz" || extension == ".zst") extension = lower_extension(path.stem());
  if (extension == ".tar") return SourceKind::tar;
  if (extension == ".csv" || extension == ".tsv") return SourceKind::table;
  return std::nullopt;
}

std::vector<Source> expand_sources(std::string_view text, Pipes pipes) {
  std::vector<Source> sources;
  for (const std::string_view part : split(text, "::")) {
    if (part.empty()) fail(ErrorCode::invalid_argument, "sources: got an empty name in '{}'", text);
    Source& source = sources.emplace_back();
    for (const std::string& name : expand_braces(part)) {
      const Source files = find_files(name, pipes);
      source.insert(source.end(), files.begin(), files.end());
    }
  }
  return sources;
}

namespace {

/// "train", "val", "test": the part of a data set that a file's name begins with; empty: none.
std::string part_of_name(const std::filesystem::path& path) {
  constexpr auto kParts = std::to_array<std::string_view>(
      {"train", "training", "val", "valid", "validation", "dev", "test", "testing"});
  const std::string name = ascii_lower(path.filename().string());
  const std::string first = name.substr(0, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
  return std::ranges::find(kParts, first) == kParts.end() ? "" : first;
}

std::optional<std::string> note_on_parts(const std::string& folder) {
  std::set<std::string> parts;
  for (const auto& entry : entries_of(folder)) {
    if (source_kind(entry.path()) == SourceKind::tar) parts.insert(part_of_name(entry.path()));
  }
  parts.erase("");
  if (parts.size() < 2) return std::nullopt;
  return fmt::format("shards of several parts of a data set are all taken: {} ({})",
                     fmt::join(parts, ", "), folder);
}

}  // namespace

std::vector<std::string> notes_on_folders(std::string_view text) {
  std::vector<std::string> sentences;
  for (const std::string_view part : split(text, "::")) {
    for (const std::string& name : expand_braces(part)) {
      std::error_code ignored;
      if (!std::filesystem::is_directory(name, ignored) || LmdbShard::is_one(name)) continue;
      if (auto note = note_on_parts(name)) sentences.push_back(*std::move(note));
      std::set<std::string> others;
      for (const auto& entry : entries_of(name)) {
        if (source_kind(entry.path()) != SourceKind::tar) others.insert(entry.path().filename());
      }
      if (others.empty()) continue;
      sentences.push_back(fmt::format(
          "entries of a folder that are no tar shards and left out: {}, the first: {} ({})",
          others.size(), one_line(*others.begin()), name));
    }
  }
  return sentences;
}

}  // namespace diptych::shards
