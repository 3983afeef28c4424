#pragma once

#include <diptych/image.h>
#include <diptych/picture_files.h>

#include "command.h"

/// Declares --upright and --wide. `upright` is what the command does unless told.
void add_picture_options(Command command, diptych::DecodeOptions& options, bool upright);

/// Prints a line on stderr that says what in the folders was not taken as a picture; none for
/// nothing.
void print_skipped(const diptych::SkippedFiles& skipped);

/// Prints one line on stderr for each thing that a person may want to know of the pictures read.
void print_picture_notes(const diptych::PictureCounts& counts,
                         const diptych::DecodeOptions& options);
