#include "shards/sample_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "shards/caption_text.h"
#include "shards/python_json.h"

namespace diptych::shards {
namespace {

/// No caption file is that large; parsing takes many times its size.
constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;

/// Nothing for null and for values that hold others: they name no group.
std::string group_name(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : "";
}

class TextReader {
 public:
  TextReader(const Sample& sample, const TextKeys& keys) : sample_(sample), keys_(keys) {}

  SampleText read() && {
    const bool wants_json = !keys_.json_text_key.empty() || !keys_.json_group_key.empty();
    if (wants_json && sample_.parts.contains("json")) read_json();
    if (!text_.has_text_key) {
      if (const auto text = sample_.text("txt")) add_caption(std::string(*text));
    }
    if (text_.captions.empty() && text_.refused.empty()) refuse_for_want_of_caption();
    if (keys_.group_by_caption && text_.group.empty() && !text_.captions.empty())
      text_.group = text_.captions.front();
    return std::move(text_);
  }

 private:
  void read_json() {
    const std::string_view part = *sample_.text("json");
    if (part.size() > kMaxJsonBytes) return refuse_json("got a part above 16 MiB");
    const nlohmann::json document = parse_python_json(part);
    if (document.is_discarded()) return refuse_json("got a part that is not JSON");
    if (!document.is_object())
      return refuse_json(fmt::format("got {}, expected an object", document.type_name()));
    if (const auto group = document.find(keys_.json_group_key); group != document.end())
      text_.group = group_name(*group);
    const auto value = document.find(keys_.json_text_key);
    if (keys_.json_text_key.empty() || value == document.end()) return;
    text_.has_text_key = true;
    if (!value->is_array()) return add_json_caption(*value);
    for (const nlohmann::json& caption : *value) add_json_caption(caption);
  }

  void add_json_caption(const nlohmann::json& caption) {
    if (!caption.is_string())
      return refuse_json(fmt::format("got {}, expected text", caption.type_name()));
    add_caption(caption.get<std::string>());
  }

  void add_caption(std::string caption) {
    if (auto fault = caption_fault(caption)) return refuse(fault->reason, std::move(fault->what));
    text_.captions.push_back(std::move(caption));
  }

  void refuse_for_want_of_caption() {
    const bool keyed = sample_.parts.contains("json") && !keys_.json_text_key.empty();
    refuse(RefusalReason::no_caption,
           keyed ? fmt::format("caption: got json without a caption in '{}', and no txt",
                               keys_.json_text_key)
                 : fmt::format("caption: got {}, expected txt", sample_.part_names()));
  }

  void refuse_json(std::string_view what) {
    refuse(RefusalReason::unreadable_json, fmt::format("caption: json: {}", what));
  }

  void refuse(RefusalReason reason, std::string what) {
    text_.refused.push_back({reason, sample_.shard, sample_.place(), std::move(what)});
  }

  const Sample& sample_;
  const TextKeys& keys_;
  SampleText text_;
};

/// Empty for a sample that cannot be read, which is counted when it is wanted for a batch.
std::string group_of(const Dataset& dataset, std::size_t index, const TextKeys& keys) {
  try {
    return read_text(dataset.at(index), keys).group;
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

SampleText read_text(const Sample& sample, const TextKeys& keys) {
  return TextReader(sample, keys).read();
}

Groups read_groups(const Dataset& dataset, const TextKeys& keys) {
  std::unordered_map<std::string, std::uint32_t> known;
  Groups groups;
  groups.ids.resize(dataset.size());
  std::uint32_t count = 0;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < groups.ids.size(); ++i) {
    const std::string group = group_of(dataset, i, keys);
    if (group.empty()) {
      groups.ids[i] = count++;
    } else {
      const auto [place, added] = known.try_emplace(group, count);
      count += added ? 1 : 0;
      groups.ids[i] = place->second;
      sizes.resize(count);
      groups.largest = std::max(groups.largest, ++sizes[place->second]);
      ++groups.samples_with_group;
    }
  }
  groups.different = known.size();
  return groups;
}

}  // namespace diptych::shards
