#pragma once

#include <diptych/output_file.h>

#include <filesystem>
#include <span>
#include <string>

/// Throws Error(invalid_argument) when writing the file `out` ("-": standard output) would replace
/// one that is read: one of `inputs`, or of the model `model`, which is a file, a folder, a name or
/// empty.
void check_replaces_no_input(const std::string& out, std::span<const std::filesystem::path> inputs,
                             const std::string& model);

/// Throws Error(invalid_argument) when the file `out` ("-": standard output) is there already,
/// unless it `may_replace` one.
void check_replaces_nothing(const std::string& out, bool may_replace);

/// Returns what becomes of a file that another process has written meanwhile.
inline diptych::Existing existing_file(bool may_replace) {
  return may_replace ? diptych::Existing::replaced : diptych::Existing::kept;
}
