#include <fmt/core.h>

#include "base/utf8.h"
#include "diptych/train_options.h"
#include "options/option.h"

namespace diptych {
namespace {

using options::OptionSpec;

constexpr std::string_view kHead =
    "# Options of diptych train: `diptych train FILE` trains with them. The command line takes the "
    "same names\n"
    "# with -- before them, and wins over this file.\n";

/// A TOML string.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string line_of(const OptionSpec& option, const TrainOptions& options) {
  // TOML is UTF-8: another name of a file is left to the command line.
  const std::string text = option.text(options);
  const std::string value = is_utf8(text) ? text : "";
  const bool bare = option.is_number() || option.is_switch();
  return fmt::format("{}{} = {}", value.empty() ? "#" : "", option.name,
                     bare ? value : quoted(value));
}

}  // namespace

std::string write_train_options(const TrainOptions& options) {
  std::string text(kHead);
  std::string_view heading;
  for (const OptionSpec& option : options::table()) {
    if (option.heading != heading) text += fmt::format("\n\n## {}\n", option.heading);
    heading = option.heading;
    text += fmt::format("\n# {} ({})\n{}\n", option.meaning, option.accepted(),
                        line_of(option, options));
  }
  return text;
}

}  // namespace diptych
