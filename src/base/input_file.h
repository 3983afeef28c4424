#pragma once

#include <string_view>

#include "base/mapped_file.h"

namespace diptych {

/// Says whether the name of an input stands for what a command writes: "pipe:COMMAND".
bool is_pipe(std::string_view name);

/// Returns an input's whole content. Of "pipe:COMMAND" that is what the shell's COMMAND writes to
/// its standard output, kept in a nameless file of the temporary folder. Only names that the user
/// gave may come here, never those that stand in data. Throws Error: as MappedFile, io for a
/// command that cannot be run, ends with another status than 0, or writes more than 64 GiB.
MappedFile open_input(const std::filesystem::path& path);

}  // namespace diptych
