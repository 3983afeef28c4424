#include "console.h"

#include <diptych/error.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

[[noreturn]] void fail_to_print() {
  throw diptych::Error(diptych::ErrorCode::io,
                       fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

void print_error(std::string_view message) {
  const std::string line = "diptych: " + printable(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_to_print();
}

void print_note(std::string_view message) {
  print_error("note: " + std::string(message));
}

void print_line(std::string_view line) {
  print_text(line);
  print_text("\n");
}

void print_field(std::string_view name, std::string_view value) {
  print_line(fmt::format("{:<16} {}", name, value));
}

void print_json(const Json& document, int indent) {
  print_line(json_text(document, indent));
}

void flush_output() {
  if (std::fflush(stdout) != 0) fail_to_print();
}

int report_nothing_found(std::string_view message, int status) {
  print_error(message);
  return std::max(status, 1);
}

int report_failures(std::span<const diptych::Failure> failures, std::size_t inputs,
                    std::string_view what) {
  for (const diptych::Failure& failure : failures) print_error(failure.message);
  if (failures.empty()) return 0;
  if (failures.size() == inputs) return diptych::exit_status(failures.front().code);
  print_error(fmt::format("{} of {} {} refused", failures.size(), inputs, what));
  return 1;
}
