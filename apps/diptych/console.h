#pragma once

#include <diptych/encoder.h>

#include <span>
#include <string>
#include <string_view>

#include "json_text.h"

/// Returns a text for one line of a terminal: control characters, which a file name may contain, as
/// "\x0a".
std::string printable(std::string_view text);

/// Prints one line on stderr: "diptych: message". Control characters, which a file name may
/// contain, are written as escapes.
void print_error(std::string_view message);

/// Does the same for what went well but should be known: "diptych: note: message".
void print_note(std::string_view message);

/// Prints text on stdout as it is. Throws Error(io) when it cannot be written.
void print_text(std::string_view text);

/// Prints a line on stdout. Throws Error(io) when it cannot be written.
void print_line(std::string_view line);

/// Prints a line of a table of two columns, "name             value", on stdout. Throws Error(io).
void print_field(std::string_view name, std::string_view value);

/// Prints a JSON document on stdout, as `json_text` writes it. Throws Error(io).
void print_json(const Json& document, int indent = 2);

/// Throws Error(io) when something printed did not reach its file, as on a full disk.
void flush_output();

/// Says that nothing was found. Returns the exit status, at least 1, as grep's, where it was
/// `status` so far.
int report_nothing_found(std::string_view message, int status = 0);

/// Lists the inputs that failed, which `what` names. Returns the exit status: 0 when none did, 1
/// when some did, and the first one's own when all did.
int report_failures(std::span<const diptych::Failure> failures, std::size_t inputs,
                    std::string_view what = "pictures");
