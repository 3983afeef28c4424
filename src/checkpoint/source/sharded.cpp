#include "checkpoint/source/sharded.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "json/shard_index.h"

namespace diptych::checkpoint {
namespace {

Container read_sharded(const ModelFiles& files, const std::string& index,
                       RecognisesModel recognises) {
  const FileBytes source = files.open(index);
  const auto places = read_shard_index(source.bytes, source.name);
  std::set<std::string> shards;
  for (const auto& [tensor, file] : places) shards.insert(file);
  Container whole;
  for (const std::string& file : shards) {
    Container shard = read_part(files.open(file), recognises);
    whole.kind = shard.kind;
    for (auto& [tensor, view] : shard.tensors.tensors) {
      const auto place = places.find(tensor);
      if (place == places.end() || place->second != file) {
        fail(ErrorCode::corrupt_data,
             "shard index: tensor {} of {} is not where the index says ({})", tensor, file,
             source.name);
      }
      whole.tensors.tensors.emplace(tensor, std::move(view));
    }
    for (auto& kept : shard.tensors.storage) whole.tensors.storage.push_back(std::move(kept));
    whole.metadata.merge(shard.metadata);
    std::ranges::move(shard.notes, std::back_inserter(whole.notes));
    std::ranges::move(shard.sums, std::back_inserter(whole.sums));
  }
  if (whole.tensors.tensors.size() != places.size()) {
    fail(ErrorCode::corrupt_data, "shard index: got {} tensors, expected {} ({})",
         whole.tensors.tensors.size(), places.size(), source.name);
  }
  take_model(whole, recognises);
  return whole;
}

}  // namespace

Container read_weights(const ModelFiles& files, const std::string& file,
                       RecognisesModel recognises) {
  return is_shard_index(file) ? read_sharded(files, file, recognises)
                              : read_container(files.open(file), recognises);
}

}  // namespace diptych::checkpoint
