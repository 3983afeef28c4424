#include "output_file.h"

#include <diptych/error.h>
#include <diptych/output_file.h>
#include <fmt/core.h>

#include <system_error>

namespace {

namespace fs = std::filesystem;

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code unknown;
  return fs::equivalent(a, b, unknown);
}

/// Whether `file` is the model, or lies in the folder that is the model.
bool belongs_to_model(const fs::path& file, const fs::path& model) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  return is_same_file(file, model) || is_same_file(folder, model);
}

[[noreturn]] void refuse(const std::string& out, std::string_view what) {
  throw diptych::Error(
      diptych::ErrorCode::invalid_argument,
      fmt::format("output: got {}, which this would replace, expected another file ({})", what,
                  out));
}

}  // namespace

void check_replaces_no_input(const std::string& out, std::span<const fs::path> inputs,
                             const std::string& model) {
  std::error_code unknown;
  if (out == "-" || !fs::exists(out, unknown)) return;
  for (const fs::path& input : inputs) {
    if (is_same_file(out, input)) refuse(out, "one of the inputs");
  }
  if (!model.empty() && belongs_to_model(out, model)) refuse(out, "a file of the model");
}

void check_replaces_nothing(const std::string& out, bool may_replace) {
  if (out != "-" && !may_replace) diptych::refuse_earlier_result(out);
}
