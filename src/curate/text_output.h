#pragma once

#include <filesystem>

namespace diptych::curate {

/// Throws Error(invalid_argument) for a name that asks for something else than a file of plain
/// lines: a shard, a packed file, a pipe or standard output. An empty name is none.
void check_text_output(const std::filesystem::path& output);

}  // namespace diptych::curate
