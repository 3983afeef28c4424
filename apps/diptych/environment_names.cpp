#include "environment_names.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "console.h"
#include "nearest.h"

namespace {

constexpr std::string_view kPrefix = "DIPTYCH_";

const std::vector<std::string> kRead = {
    "CACHE",           "FETCHER",       "INFERENCE",      "ISA",
    "LAUNCHER_FOLDER", "LAUNCHER_RANK", "LAUNCHER_WORLD", "PARQUET_READER",
    "PICTURE_FORMATS", "TRAINER"};

/// Of the build, the set-up and the tests (tools/setup, docs/parity.md).
const std::vector<std::string> kOfTheBuild = {"DEPENDENCIES", "FETCH",      "FORMATS",
                                              "PARQUET",      "REFERENCES", "TRAIN"};

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void note_unread_variables() {
  // Whoever started this process has said it.
  if (std::getenv("DIPTYCH_LAUNCHER_RANK") != nullptr) return;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view whole = *variable;
    if (!whole.starts_with(kPrefix)) continue;
    const std::string name(whole.substr(kPrefix.size(), whole.find('=') - kPrefix.size()));
    if (name.starts_with("TEST_") || is_one_of(name, kRead) || is_one_of(name, kOfTheBuild))
      continue;
    const auto nearest = nearest_name(name, kRead);
    print_note(fmt::format("the environment variable {}{} is read by nothing{}", kPrefix, name,
                           nearest ? fmt::format(": {}{}?", kPrefix, *nearest) : ""));
  }
}
