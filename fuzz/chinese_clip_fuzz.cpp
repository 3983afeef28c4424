// The bytes up to the first NUL are pictures, the rest texts of Chinese-CLIP's form: whatever they
// hold, every sample found is read or refused with an Error.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "scratch_folder.h"
#include "shards/chinese_clip_shard.h"

namespace {

void read_sample(const diptych::shards::ChineseClipShard& shard, std::uint64_t offset) {
  if (shard.place(offset).empty()) std::abort();
  try {
    const diptych::shards::Sample sample = shard.read(offset);
    if (sample.key.empty() || !sample.text("txt")) std::abort();
  } catch (const diptych::Error&) {  // what is not base64
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  const std::filesystem::path& folder = scratch_folder();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\0'), input.size());
  write_file(folder / "x_imgs.tsv", input.substr(0, cut));
  write_file(folder / "x_texts.jsonl", input.substr(std::min(cut + 1, input.size())));
  try {
    const shards::ChineseClipShard shard(folder / "x_imgs.tsv", {});
    for (const std::uint64_t offset : shard.offsets()) read_sample(shard, offset);
  } catch (const Error&) {  // an empty file
  }
  return 0;
}
