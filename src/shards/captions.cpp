#include "shards/captions.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace diptych::shards {
namespace {

/// No caption file is that large; parsing takes many times its size.
constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;

class TextReader {
 public:
  TextReader(const Sample& sample, const CaptionOptions& options)
      : sample_(sample), options_(options) {}

  SampleText read() && {
    const bool wants_json = !options_.json_text_key.empty() || !options_.json_group_key.empty();
    if (wants_json && sample_.parts.contains("json")) read_json();
    if (!found_in_json_) {
      if (const auto text = sample_.text("txt")) add_caption(std::string(*text));
    }
    if (text_.captions.empty() && text_.problems.empty()) add_problem("got none, expected one");
    return std::move(text_);
  }

 private:
  void read_json() {
    const std::string_view part = *sample_.text("json");
    if (part.size() > kMaxJsonBytes) return add_problem("got a json part above 16 MiB");
    const auto document = nlohmann::json::parse(part, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) return add_problem("got a json part that is not an object");
    if (const auto group = document.find(options_.json_group_key); group != document.end())
      text_.group = group->is_string() ? group->get<std::string>() : group->dump();
    const auto value = document.find(options_.json_text_key);
    if (options_.json_text_key.empty() || value == document.end()) return;
    found_in_json_ = true;
    if (!value->is_array()) return add_json_caption(*value);
    for (const nlohmann::json& caption : *value) add_json_caption(caption);
  }

  void add_json_caption(const nlohmann::json& caption) {
    if (!caption.is_string()) return add_problem("got a json value, expected text");
    add_caption(caption.get<std::string>());
  }

  void add_caption(std::string caption) {
    if (!is_utf8(caption)) return add_problem("got text that is not UTF-8");
    if (caption.find_first_not_of(" \t\r\n") == std::string::npos)
      return add_problem("got empty text");
    text_.captions.push_back(std::move(caption));
  }

  void add_problem(std::string_view what) {
    text_.problems.push_back(fmt::format("caption: {} ({}, offset {}, key {})", what, sample_.shard,
                                         sample_.offset, sample_.key));
  }

  const Sample& sample_;
  const CaptionOptions& options_;
  SampleText text_;
  bool found_in_json_ = false;
};

}  // namespace

SampleText read_text(const Sample& sample, const CaptionOptions& options) {
  return TextReader(sample, options).read();
}

std::vector<std::uint32_t> group_ids(const Dataset& dataset, const CaptionOptions& options) {
  std::unordered_map<std::string, std::uint32_t> known;
  std::vector<std::uint32_t> ids(dataset.size());
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string group = read_text(dataset.at(i), options).group;
    if (group.empty()) {
      ids[i] = count++;
    } else {
      const auto [place, added] = known.try_emplace(group, count);
      count += added ? 1 : 0;
      ids[i] = place->second;
    }
  }
  return ids;
}

}  // namespace diptych::shards
