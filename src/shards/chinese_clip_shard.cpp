#include "shards/chinese_clip_shard.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/as_text.h"
#include "base/error.h"
#include "shards/caption_text.h"
#include "shards/chinese_clip_sample.h"
#include "shards/python_json.h"
#include "shards/repeats.h"
#include "shards/table.h"

namespace diptych::shards {
namespace {

constexpr std::string_view kImagesSuffix = "_imgs.tsv";
constexpr std::string_view kTextsSuffix = "_texts.jsonl";

std::filesystem::path texts_beside(const std::filesystem::path& images) {
  std::string name = images.string();
  name.resize(name.size() - kImagesSuffix.size());
  return name.append(kTextsSuffix);
}

/// The line that begins at an offset, without its end.
std::string_view line_at(std::string_view text, std::uint64_t offset) {
  std::string_view line = text.substr(offset);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Calls `take(line, offset, number)` on each line that is not blank, numbers from 1.
template <typename Take>
void for_each_line(std::string_view text, Take&& take) {
  std::uint64_t number = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    const std::string_view line = line_at(text, offset);
    ++number;
    if (line.find_first_not_of(" \t") != std::string_view::npos) take(line, offset, number);
    const std::size_t end = text.find('\n', offset);
    offset = end == std::string_view::npos ? text.size() : end + 1;
  }
}

/// An id as text: they are numbers in one file and text in the other.
std::string id_text(const nlohmann::json& id) {
  if (id.is_string()) return id.get<std::string>();
  return id.is_number_integer() ? id.dump() : "";
}

}  // namespace

bool ChineseClipShard::is_one(const std::filesystem::path& path) {
  std::error_code ignored;
  return path.string().ends_with(kImagesSuffix) &&
         std::filesystem::exists(texts_beside(path), ignored);
}

ChineseClipShard::ChineseClipShard(const std::filesystem::path& images, const ShardOptions& options)
    : Shard(images.string()), images_(images), texts_(texts_beside(images)) {
  read_texts();
  index_images(options);
}

void ChineseClipShard::read_texts() {
  for_each_line(as_text(texts_.bytes()),
                [this](std::string_view line, std::uint64_t offset, std::uint64_t number) {
                  read_text_line(line, offset, number);
                });
  std::stable_sort(links_.begin(), links_.end(),
                   [](const Link& a, const Link& b) { return a.image < b.image; });
}

void ChineseClipShard::read_text_line(std::string_view line, std::uint64_t offset,
                                      std::uint64_t number) {
  const auto refuse = [&](RefusalReason reason, std::string what) {
    refused_.add({reason, texts_.name(), fmt::format("line {}", number), std::move(what)});
  };
  const nlohmann::json object = parse_python_json(line);
  if (object.is_discarded())
    return refuse(RefusalReason::unreadable_json, "text: got a line that is not JSON");
  const auto text = object.is_object() ? object.find("text") : object.end();
  const auto images = object.is_object() ? object.find("image_ids") : object.end();
  if (!object.is_object() || text == object.end() || !text->is_string() || images == object.end() ||
      !images->is_array()) {
    return refuse(RefusalReason::unreadable_json,
                  "text: got another line, expected an object with text and image_ids");
  }
  if (auto fault = caption_fault(text->get_ref<const std::string&>()))
    return refuse(fault->reason, std::move(fault->what));
  const std::string_view doubt = caption_doubt(text->get_ref<const std::string&>());
  if (!doubt.empty()) remarks_.add(doubt, fmt::format("{}, line {}", texts_.name(), number));
  for (const nlohmann::json& image : *images) {
    std::string id = id_text(image);
    if (id.empty()) {
      refuse(RefusalReason::unreadable_json, "text: got an image id that is no number");
    } else {
      links_.push_back({std::move(id), offset});
    }
  }
}

void ChineseClipShard::index_images(const ShardOptions& options) {
  std::vector<bool> used(links_.size());
  for_each_line(as_text(images_.bytes()), [&](std::string_view line, std::uint64_t offset,
                                              std::uint64_t number) {
    const auto refuse = [&](RefusalReason reason, std::string what) {
      refused_.add({reason, name(), fmt::format("line {}", number), std::move(what)});
    };
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos || line.find('\t', tab + 1) != line.npos)
      return refuse(RefusalReason::malformed_row,
                    "picture: got another line, expected an id, a tab, and base64");
    const auto [first, last] = links_of(links_, line.substr(0, tab));
    std::fill(used.begin() + (first - links_.cbegin()), used.begin() + (last - links_.cbegin()),
              true);
    if (options.need_image && tab + 1 == line.size())
      return refuse(RefusalReason::no_picture, "picture: got nothing after the id");
    if (options.need_caption && first == last)
      return refuse(RefusalReason::no_caption,
                    fmt::format("picture {}: got no text that names it ({})",
                                line.substr(0, std::min<std::size_t>(tab, 80)), texts_.name()));
    add_sample(offset, joined(number_of(line.substr(0, tab)), line.size()));
  });
  refuse_texts_without_image(used);
}

void ChineseClipShard::refuse_texts_without_image(const std::vector<bool>& used) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (used[i]) continue;
    refused_.add({RefusalReason::missing_picture, texts_.name(),
                  fmt::format("offset {}", links_[i].text),
                  fmt::format("text: got image id {}, which {} has not", links_[i].image, name())});
  }
}

Sample ChineseClipShard::read(std::uint64_t offset) const {
  const std::string_view line = line_at(as_text(images_.bytes()), offset);
  const std::size_t tab = std::min(line.find('\t'), line.size());
  ChineseClipPicture picture{
      .id = std::string(line.substr(0, tab)),
      .bytes = decode_picture(line.substr(std::min(tab + 1, line.size())), *this, offset)};
  const auto [first, last] = links_of(links_, picture.id);
  for (auto link = first; link != last; ++link) {
    const nlohmann::json object = parse_python_json(line_at(as_text(texts_.bytes()), link->text));
    picture.texts.push_back(object.value("text", ""));
    picture.text_ids.push_back(object.value("text_id", nlohmann::json()));
  }
  return as_sample(std::move(picture), *this, offset);
}

std::vector<std::filesystem::path> ChineseClipShard::files() const {
  return {images_.name(), texts_.name()};
}

std::string ChineseClipShard::place(std::uint64_t offset) const {
  return fmt::format("line {}", 1 + count_lines(as_text(images_.bytes()).substr(0, offset)));
}

}  // namespace diptych::shards
