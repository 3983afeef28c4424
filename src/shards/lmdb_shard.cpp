#include "shards/lmdb_shard.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>

#include "base/error.h"
#include "shards/caption_text.h"
#include "shards/chinese_clip_sample.h"
#include "shards/pickled_pair.h"
#include "shards/repeats.h"

namespace diptych::shards {

namespace {

constexpr std::string_view kImageCount = "num_images";
constexpr std::string_view kPairCount = "num_samples";

/// Checks that a database has as many entries as it says, apart from the one that says so.
void check_count(const LmdbFile& file, std::string_view key) {
  const std::string_view text = file.find(key).value_or("");
  std::uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && stop == end && !text.empty() && count + 1 == file.entries().size())
    return;
  fail(ErrorCode::corrupt_data, "database: got {} {}, expected the {} entries besides ({})", key,
       text.empty() ? "missing" : one_line(text),
       file.entries().empty() ? 0 : file.entries().size() - 1, file.name());
}

}  // namespace

bool LmdbShard::is_one(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path / "imgs" / "data.mdb", ignored) &&
         std::filesystem::is_regular_file(path / "pairs" / "data.mdb", ignored);
}

LmdbShard::LmdbShard(const std::filesystem::path& folder, const ShardOptions& options)
    : Shard(folder.string()),
      images_(folder / "imgs" / "data.mdb"),
      pairs_(folder / "pairs" / "data.mdb") {
  check_count(images_, kImageCount);
  check_count(pairs_, kPairCount);
  read_pairs();
  index_images(options);
  refuse_pairs_without_image();
}

void LmdbShard::refuse(RefusalReason reason, const LmdbFile& file, std::string_view key,
                       std::string what) {
  refused_.add({reason, file.name(), fmt::format("key {}", one_line(key)), std::move(what)});
}

void LmdbShard::read_pairs() {
  const std::vector<LmdbFile::Entry>& entries = pairs_.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    if (key == kPairCount) continue;
    std::optional<PickledPair> pair = read_pickled_pair(value);
    if (!pair) {
      refuse(RefusalReason::malformed_row, pairs_, key,
             "pair: got other bytes, expected a pickle of a picture's id, a text's id and a text");
      continue;
    }
    if (auto fault = caption_fault(pair->text)) {
      refuse(fault->reason, pairs_, key, std::move(fault->what));
      continue;
    }
    const std::string_view doubt = caption_doubt(pair->text);
    if (!doubt.empty())
      remarks_.add(doubt, fmt::format("{}, key {}", pairs_.name(), one_line(key)));
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    links_.push_back({std::move(pair->image), number, i});
  }
  std::sort(links_.begin(), links_.end(), [](const Link& a, const Link& b) {
    return std::tie(a.image, a.number) < std::tie(b.image, b.number);
  });
}

void LmdbShard::index_images(const ShardOptions& options) {
  const std::vector<LmdbFile::Entry>& entries = images_.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [id, base64] = entries[i];
    if (id == kImageCount) continue;
    const auto [first, last] = links_of(links_, id);
    if (options.need_image && base64.empty()) {
      refuse(RefusalReason::no_picture, images_, id, "picture: got nothing");
    } else if (options.need_caption && first == last) {
      refuse(RefusalReason::no_caption, images_, id,
             fmt::format("picture: got no text that names it ({})", pairs_.name()));
    } else {
      add_sample(i, number_of(id));
    }
  }
}

void LmdbShard::refuse_pairs_without_image() {
  for (const Link& link : links_) {
    if (link.image != kImageCount && images_.find(link.image)) continue;
    refuse(RefusalReason::missing_picture, pairs_, pairs_.entries()[link.entry].key,
           fmt::format("text: got image id {}, which {} has not", one_line(link.image),
                       images_.name()));
  }
}

Sample LmdbShard::read(std::uint64_t offset) const {
  const auto& [id, base64] = images_.entries().at(offset);
  ChineseClipPicture picture{.id = std::string(id), .bytes = decode_picture(base64, *this, offset)};
  const auto [first, last] = links_of(links_, id);
  for (auto link = first; link != last; ++link) {
    std::optional<PickledPair> pair = read_pickled_pair(pairs_.entries()[link->entry].value);
    if (!pair) fail(ErrorCode::corrupt_data, "pair: got another one than before ({})", name());
    picture.texts.push_back(std::move(pair->text));
    picture.text_ids.push_back(std::move(pair->text_id));
  }
  return as_sample(std::move(picture), *this, offset);
}

std::vector<std::filesystem::path> LmdbShard::files() const {
  return {images_.name(), pairs_.name()};
}

std::string LmdbShard::place(std::uint64_t offset) const {
  return fmt::format("picture {}", one_line(images_.entries().at(offset).key));
}

}  // namespace diptych::shards
