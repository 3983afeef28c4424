#include "checkpoint/containers/torch_writer.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "checkpoint/containers/convert_floating.h"
#include "checkpoint/containers/pickle_writer.h"
#include "checkpoint/containers/script_modules.h"
#include "checkpoint/containers/zip_writer.h"

namespace diptych::checkpoint {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

DType written_dtype(const TensorView& view, std::optional<DType> floating) {
  return floating && is_floating(view.dtype) ? *floating : view.dtype;
}

/// A state dict's pickle: storages are numbered in the tensors' order.
std::string pickle_state_dict(const TensorMap& tensors, std::optional<DType> floating,
                              std::string_view under) {
  PickleWriter pickle;
  if (!under.empty()) {
    pickle.begin_dictionary();
    pickle.text(under);
  }
  pickle.begin_dictionary();
  std::size_t key = 0;
  for (const auto& [tensor, view] : tensors.tensors) {
    if (!is_utf8(tensor)) fail(ErrorCode::invalid_argument, "torch: a tensor's name is not UTF-8");
    pickle.text(tensor);
    pickle.tensor(written_dtype(view, floating), view.shape, std::to_string(key++));
  }
  pickle.end_dictionary();
  if (!under.empty()) pickle.end_dictionary();
  return std::move(pickle).finish();
}

void add_storages(ZipWriter& zip, const TensorMap& tensors, std::optional<DType> floating) {
  std::size_t key = 0;
  for (const auto& [tensor, view] : tensors.tensors) {
    const std::string entry = "archive/data/" + std::to_string(key++);
    const DType dtype = written_dtype(view, floating);
    if (dtype == view.dtype) {
      zip.add(entry, DenseTensor(view).bytes());
    } else {
      zip.add(entry, convert_floating(tensor, view, dtype).bytes());
    }
    MappedFile::release_pages(view.bytes);
  }
}

}  // namespace

void write_torch_archive(const std::filesystem::path& path, const TensorMap& tensors,
                         std::optional<DType> floating, std::string_view under) {
  ZipWriter zip(path);
  zip.add("archive/data.pkl", as_bytes(pickle_state_dict(tensors, floating, under)));
  zip.add("archive/byteorder", as_bytes("little"));
  add_storages(zip, tensors, floating);
  zip.add("archive/version", as_bytes("3\n"));
  zip.commit();
}

void write_torch_script(const std::filesystem::path& path, const TensorMap& tensors,
                        std::optional<DType> floating) {
  ScriptModules modules;
  std::size_t key = 0;
  for (const auto& [tensor, view] : tensors.tensors)
    modules.add(tensor, {written_dtype(view, floating), view.shape, std::to_string(key++)});
  ZipWriter zip(path);
  zip.add("archive/data.pkl", as_bytes(modules.pickle()));
  zip.add("archive/code/__torch__/weights.py", as_bytes(modules.code()));
  zip.add("archive/constants.pkl", as_bytes(std::string_view("\x80\x02).", 4)));  // none
  add_storages(zip, tensors, floating);
  zip.add("archive/version", as_bytes("3\n"));
  zip.commit();
}

}  // namespace diptych::checkpoint
