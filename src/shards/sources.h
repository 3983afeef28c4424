#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::shards {

/// The files of one source, in order.
using Source = std::vector<std::filesystem::path>;

enum class SourceKind { tar, table };

/// Returns what a file's name says it holds: .tar and .tgz, .csv and .tsv, also with .gz or .zst
/// after that and in capitals. Nothing for another name.
std::optional<SourceKind> source_kind(const std::filesystem::path& path);

/// Whether a source may be "pipe:COMMAND", the tar that a command writes: where each shard is read
/// through once, and not where samples are drawn from all of them.
enum class Pipes { refused, taken };

/// Returns the files that a text names: sources joined by `::`, each a file, a folder (its tar
/// files by name), a glob (`*`, `?`, `[a-z]`, by name), or any of these with braces: ranges
/// (`{00000..00012}`, with the zeros kept) and lists (`{train,extra}`). Whether the files exist is
/// found when they are opened. Throws Error: invalid_argument for text that is empty or whose
/// braces do not match, or that names over a million files; not_found for a folder or glob without
/// files; unsupported for URLs, and for pipes where they are refused.
std::vector<Source> expand_sources(std::string_view text, Pipes pipes = Pipes::refused);

/// Returns a sentence on each folder of such a text that has something besides the shards taken
/// from it: tables, other files, folders; and on each whose shards are called as several parts of a
/// data set are.
std::vector<std::string> notes_on_folders(std::string_view text);

}  // namespace diptych::shards
