#include "catalogue/shard_index.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/mapped_file.h"

namespace diptych::catalogue {
namespace {

constexpr std::size_t kMostShards = 1000;

}  // namespace

bool is_weights_file(std::string_view name) {
  return name.find_first_of("/\\") == std::string_view::npos && !name.starts_with('.') &&
         (name.ends_with(".safetensors") || name.ends_with(".bin"));
}

bool is_shard_index(std::string_view file) {
  return file.ends_with(".index.json");
}

std::vector<std::string> shards_of(const std::filesystem::path& index) {
  const auto json =
      nlohmann::json::parse(read_text_file(index), nullptr, /*allow_exceptions=*/false);
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (map == json.end() || !map->is_object() || map->empty())
    fail(ErrorCode::corrupt_data, "shard index: expected a weight_map ({})", index.string());
  std::set<std::string> shards;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_weights_file(file.get_ref<const std::string&>())) {
      fail(ErrorCode::corrupt_data,
           "shard index: {}: got {}, expected the name of a file of weights beside it ({})", tensor,
           file.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), index.string());
    }
    shards.insert(file.get<std::string>());
    if (shards.size() > kMostShards)
      fail(ErrorCode::corrupt_data, "shard index: got more than {} files ({})", kMostShards,
           index.string());
  }
  return {shards.begin(), shards.end()};
}

}  // namespace diptych::catalogue
