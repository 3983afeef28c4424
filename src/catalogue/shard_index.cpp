#include "catalogue/shard_index.h"

#include <set>
#include <span>

#include "base/error.h"
#include "base/mapped_file.h"
#include "json/shard_index.h"

namespace diptych::catalogue {
namespace {

constexpr std::size_t kMostShards = 1000;

}  // namespace

bool is_weights_file(std::string_view name) {
  return name.find_first_of("/\\") == std::string_view::npos && !name.starts_with('.') &&
         (name.ends_with(".safetensors") || name.ends_with(".bin"));
}

std::vector<std::string> shards_of(const std::filesystem::path& index) {
  const std::string text = read_text_file(index);
  const auto files = read_shard_index(std::as_bytes(std::span(text)), index.string());
  std::set<std::string> shards;
  for (const auto& [tensor, file] : files) {
    if (!is_weights_file(file)) {
      fail(ErrorCode::corrupt_data,
           "shard index: {}: got \"{}\", expected the name of a file of weights beside it ({})",
           tensor, file, index.string());
    }
    shards.insert(file);
    if (shards.size() > kMostShards)
      fail(ErrorCode::corrupt_data, "shard index: got more than {} files ({})", kMostShards,
           index.string());
  }
  return {shards.begin(), shards.end()};
}

}  // namespace diptych::catalogue
