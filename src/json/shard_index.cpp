#include "json/shard_index.h"

#include "base/error.h"
#include "json/json.h"

namespace diptych {
namespace {

bool names_a_file_beside(const Json& file) {
  if (!file.is_string()) return false;
  const auto& name = file.get_ref<const std::string&>();
  return !name.empty() && !name.starts_with('.') && name.find_first_of("/\\") == name.npos;
}

}  // namespace

bool is_shard_index(std::string_view file) {
  return file.ends_with(".index.json");
}

std::map<std::string, std::string> read_shard_index(std::span<const std::byte> text,
                                                    const std::string& name) {
  const Json json = parse_json(text, name);
  const auto found = json.is_object() ? json.find("weight_map") : json.end();
  if (found == json.end() || !found->is_object() || found->empty())
    fail(ErrorCode::corrupt_data, "shard index: expected a weight_map ({})", name);
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : found->items()) {
    if (!names_a_file_beside(file)) {
      fail(ErrorCode::corrupt_data,
           "shard index: {}: got {}, expected the name of a file beside it ({})", tensor,
           file.dump(), name);
    }
    files.emplace(tensor, file.get<std::string>());
  }
  return files;
}

}  // namespace diptych
