#include "catalogue/cache.h"

#include <algorithm>
#include <system_error>

#include "base/environment.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "catalogue/shard_index.h"
#include "json/shard_index.h"

namespace diptych::catalogue {

namespace fs = std::filesystem;

fs::path cache_folder() {
  if (const auto folder = environment("DIPTYCH_CACHE")) return fs::path(*folder) / "models";
  if (const auto folder = environment("XDG_CACHE_HOME")) {
    return fs::path(*folder) / "diptych" / "models";
  }
  if (const auto home = environment("HOME")) {
    return fs::path(*home) / ".cache" / "diptych" / "models";
  }
  fail(ErrorCode::invalid_argument,
       "cache: no folder for models: none of DIPTYCH_CACHE, XDG_CACHE_HOME and HOME is set");
}

fs::path folder_of(const ListedModel& model) {
  return cache_folder() / model.name;
}

std::vector<std::string> weight_files(const ModelSource& source) {
  if (!source.url.empty()) return {source.url.substr(source.url.rfind('/') + 1)};
  if (!source.file.empty()) return {source.file};
  // open_clip's order; the newer repositories have both. A repository may hold only the Hugging
  // Face form. Few have their weights in several files, named by an index.
  return {"open_clip_model.safetensors",
          "open_clip_pytorch_model.bin",
          "model.safetensors",
          "pytorch_model.bin",
          "open_clip_model.safetensors.index.json",
          "model.safetensors.index.json",
          "pytorch_model.bin.index.json"};
}

fs::path pulled_weights(const ListedModel& model) {
  const fs::path folder = folder_of(model);
  for (const ModelSource& source : model.sources) {
    for (const std::string& name : weight_files(source)) {
      std::error_code absent;
      if (fs::is_regular_file(folder / name, absent)) return folder / name;
    }
  }
  return {};
}

std::vector<std::string> pulled_hub_names() {
  std::vector<std::string> names;
  std::error_code absent;
  for (const fs::directory_entry& owner : fs::directory_iterator(cache_folder(), absent)) {
    if (!owner.path().filename().string().starts_with(kHubPrefix)) continue;
    for (const fs::directory_entry& model : fs::directory_iterator(owner.path(), absent)) {
      names.push_back(owner.path().filename() / model.path().filename());
    }
  }
  std::ranges::sort(names);
  return names;
}

/// Of weights in one file, or in all files of its folder where it is an index. What cannot be read
/// counts nothing: a list of models is no place to fail for one of them.
std::uint64_t bytes_of(const fs::path& weights) {
  std::error_code unknown;
  if (!is_shard_index(weights.string())) return fs::file_size(weights, unknown);
  std::uint64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(weights.parent_path(), unknown)) {
    const std::uint64_t size = entry.file_size(unknown);
    if (!unknown && is_weights_file(entry.path().filename().string())) bytes += size;
  }
  return bytes;
}

ListedModel on_this_machine(ListedModel model) {
  model.folder = folder_of(model);
  const fs::path weights = pulled_weights(model);
  model.available = !weights.empty();
  if (model.available) model.bytes = bytes_of(weights);
  return model;
}

}  // namespace diptych::catalogue
