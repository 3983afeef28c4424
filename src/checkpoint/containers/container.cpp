#include "checkpoint/containers/container.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/find_model.h"
#include "checkpoint/containers/foreign_file.h"
#include "checkpoint/containers/gguf.h"
#include "checkpoint/containers/npz.h"
#include "checkpoint/containers/torch_archive.h"
#include "checkpoint/containers/torch_legacy.h"
#include "checkpoint/containers/zip_archive.h"

namespace diptych::checkpoint {
namespace {

/// The names that the file gives its tensors, without what wrappers put into them where that keeps
/// them apart.
std::vector<TensorName> unwrapped_names(const TensorMap& map) {
  std::vector<TensorName> names;
  std::set<std::string_view> taken;
  for (const auto& [tensor, view] : map.tensors) names.push_back({without_wrappers(tensor)});
  for (const TensorName& name : names) taken.insert(name.name);
  if (taken.size() == names.size()) return names;
  names.clear();
  for (const auto& [tensor, view] : map.tensors) names.push_back({tensor});
  return names;
}

/// Eight bytes of length, then JSON.
bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 8 && bytes[8] == std::byte{'{'};
}

Container from_torch(TorchContent content, ContainerKind kind) {
  return {content.script ? ContainerKind::torch_script : kind, std::move(content.tensors),
          std::move(content.metadata), std::move(content.notes), std::move(content.sums)};
}

Container read_zip(const FileBytes& file, RecognisesModel recognises) {
  const ZipArchive archive(file.bytes, file.name);
  if (looks_like_npz(archive))
    return {
        ContainerKind::npz, read_npz(archive, file.name, file.keep_alive), {}, {}, archive.sums()};
  return from_torch(read_torch_archive(archive, file.name, file.keep_alive, recognises),
                    ContainerKind::torch_zip);
}

Container read_by_content(const FileBytes& file, RecognisesModel recognises) {
  if (looks_like_zip(file.bytes)) return read_zip(file, recognises);
  if (looks_like_legacy_torch(file.bytes)) {
    return from_torch(read_legacy_torch(file.bytes, file.name, file.keep_alive, recognises),
                      ContainerKind::torch_legacy);
  }
  if (looks_like_gguf(file.bytes)) {
    Gguf content = read_gguf(file.bytes, file.name, file.keep_alive);
    return {ContainerKind::gguf, std::move(content.tensors), std::move(content.metadata), {}, {}};
  }
  if (looks_like_safetensors(file.bytes)) {
    Safetensors content = open_safetensors(file.bytes, file.name, file.keep_alive);
    return {ContainerKind::safetensors,
            std::move(content.tensors),
            std::move(content.metadata),
            {},
            {}};
  }
  fail(file.bytes.empty() ? ErrorCode::corrupt_data : ErrorCode::unsupported,
       "checkpoint: got {}, expected safetensors, a torch file, TorchScript, npz or GGUF ({})",
       describe_content(file.bytes), file.name);
}

}  // namespace

Container read_part(const FileBytes& file, RecognisesModel recognises) {
  try {
    return read_by_content(file, recognises);
  } catch (const Error& error) {
    // Checks of numbers know no file.
    if (std::string_view(error.what()).find(file.name) != std::string_view::npos) throw;
    fail(error.code(), "{} ({})", error.what(), file.name);
  }
}

std::string_view name(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::safetensors:
      return "safetensors";
    case ContainerKind::torch_zip:
      return "torch zip";
    case ContainerKind::torch_script:
      return "TorchScript";
    case ContainerKind::torch_legacy:
      return "torch pickle";
    case ContainerKind::npz:
      return "npz";
    case ContainerKind::gguf:
      return "GGUF";
  }
  return "";
}

FileBytes map_file(const std::string& path) {
  auto file = std::make_shared<const MappedFile>(path);
  return {file->name(), file->bytes(), file};
}

void take_model(Container& container, RecognisesModel recognises) {
  const std::vector<TensorName> names = unwrapped_names(container.tensors);
  auto model = find_model(names, recognises);
  if (!model) return;
  std::vector<TensorView*> views;
  for (auto& [tensor, view] : container.tensors.tensors) views.push_back(&view);
  std::map<std::string, TensorView, std::less<>> taken;
  for (const std::size_t i : model->members)
    taken.emplace(names[i].name.substr(model->prefix.size()), std::move(*views[i]));
  container.tensors.tensors = std::move(taken);
  std::ranges::move(model->notes, std::back_inserter(container.notes));
}

Container read_container(const FileBytes& file, RecognisesModel recognises) {
  Container container = read_part(file, recognises);
  take_model(container, recognises);
  return container;
}

}  // namespace diptych::checkpoint
