#include "options/resume_options.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "options/option.h"

namespace diptych::options {
namespace {

bool has_grown(const OptionSpec& option, const std::string& was, const TrainOptions& options) {
  if (option.change != Change::may_grow) return false;
  TrainOptions before = options;
  option.set(before, was);
  return std::stod(option.text(options)) > std::stod(was);
}

bool may_be_allowed(const std::string& name) {
  if (name == kModelChange || name == kDataChange) return true;
  const auto found = std::ranges::find(table(), name, &OptionSpec::name);
  return found != table().end() && found->change != Change::free;
}

}  // namespace

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::map<std::string, std::string> result_options(const TrainOptions& options) {
  std::map<std::string, std::string> values;
  for (const OptionSpec& option : table()) {
    if (option.change != Change::free)
      values.emplace(std::string(option.name), option.text(options));
  }
  return values;
}

std::vector<Difference> compare_options(const std::map<std::string, std::string>& saved,
                                        const TrainOptions& options) {
  std::vector<Difference> differences;
  for (const auto& [name, is] : result_options(options)) {
    const OptionSpec& option = find(name);
    const auto found = saved.find(name);
    const std::string was = found == saved.end() ? option.text({}) : found->second;
    if (was == is || has_grown(option, was, options)) continue;
    differences.push_back({.what = name, .was = was, .is = is, .allow = name});
  }
  return differences;
}

bool is_allowed(const TrainOptions& options, std::string_view allow) {
  const std::vector<std::string> names = split(options.allow_change);
  return std::ranges::find(names, allow) != names.end();
}

void check_allowed_changes(const TrainOptions& options) {
  for (const std::string& name : split(options.allow_change)) {
    if (may_be_allowed(name)) continue;
    fail(ErrorCode::invalid_argument,
         "train: allow-change: got '{}', expected options that change the result, such as wd, or "
         "model or train-data",
         name);
  }
}

}  // namespace diptych::options
