// Any bytes either are a torch archive whose tensors have the bytes their shapes say or throw
// diptych::Error; and what can be read either is a model or throws.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "checkpoint/containers/torch_archive.h"
#include "checkpoint/load.h"
#include "diptych/error.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const checkpoint::TorchContent content =
        checkpoint::read_torch_archive({bytes, "input"}, "input", nullptr);
    for (const auto& [name, view] : content.tensors.tensors) {
      if (view.bytes.size() != static_cast<std::size_t>(view.count()) * size_of(view.dtype))
        std::abort();
    }
    const std::vector<checkpoint::FileBytes> files = {{"pytorch_model.bin", bytes, nullptr}};
    checkpoint::load_model_folder(files);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
