#include "checkpoint/container.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "checkpoint/gguf.h"
#include "checkpoint/npz.h"
#include "checkpoint/torch_archive.h"
#include "checkpoint/torch_legacy.h"
#include "checkpoint/zip_archive.h"

namespace diptych::checkpoint {
namespace {

/// Put before every name by DistributedDataParallel and torch.compile.
constexpr std::array<std::string_view, 2> kWrapperPrefixes = {"module.", "_orig_mod."};

bool all_begin_with(const TensorMap& map, std::string_view prefix) {
  return !map.tensors.empty() &&
         std::all_of(map.tensors.begin(), map.tensors.end(), [&](const auto& tensor) {
           return tensor.first.size() > prefix.size() && tensor.first.starts_with(prefix);
         });
}

void strip_prefix(TensorMap& map, std::size_t length) {
  std::map<std::string, TensorView, std::less<>> stripped;
  for (auto& [tensor, view] : map.tensors) stripped.emplace(tensor.substr(length), std::move(view));
  map.tensors = std::move(stripped);
}

void strip_wrappers(TensorMap& map) {
  bool again = true;
  while (again) {
    again = false;
    for (const std::string_view prefix : kWrapperPrefixes) {
      if (!all_begin_with(map, prefix)) continue;
      strip_prefix(map, prefix.size());
      again = true;
    }
  }
}

/// Eight bytes of length, then JSON.
bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 8 && bytes[8] == std::byte{'{'};
}

Container from_torch(TorchContent content, ContainerKind kind) {
  return {content.script ? ContainerKind::torch_script : kind, std::move(content.tensors),
          std::move(content.metadata)};
}

Container read_zip(const SourceFile& file) {
  const ZipArchive archive(file.bytes, file.name);
  if (looks_like_npz(archive))
    return {ContainerKind::npz, read_npz(archive, file.name, file.keep_alive), {}};
  return from_torch(read_torch_archive(archive, file.name, file.keep_alive),
                    ContainerKind::torch_zip);
}

Container read_any(const SourceFile& file) {
  if (looks_like_zip(file.bytes)) return read_zip(file);
  if (looks_like_legacy_torch(file.bytes)) {
    return from_torch(read_legacy_torch(file.bytes, file.name, file.keep_alive),
                      ContainerKind::torch_legacy);
  }
  if (looks_like_gguf(file.bytes)) {
    Gguf content = read_gguf(file.bytes, file.name, file.keep_alive);
    return {ContainerKind::gguf, std::move(content.tensors), std::move(content.metadata)};
  }
  if (looks_like_safetensors(file.bytes)) {
    Safetensors content = open_safetensors(file.bytes, file.name, file.keep_alive);
    return {ContainerKind::safetensors, std::move(content.tensors), std::move(content.metadata)};
  }
  fail(file.bytes.empty() ? ErrorCode::corrupt_data : ErrorCode::unsupported,
       "checkpoint: got {}, expected safetensors, a torch file, TorchScript, npz or GGUF ({})",
       file.bytes.empty() ? "an empty file" : "a file of another kind", file.name);
}

}  // namespace

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

SourceFile map_file(const std::string& path) {
  auto file = std::make_shared<const MappedFile>(path);
  return {file->name(), file->bytes(), file};
}

Container read_container(const SourceFile& file) {
  Container container = read_any(file);
  strip_wrappers(container.tensors);
  return container;
}

}  // namespace diptych::checkpoint
