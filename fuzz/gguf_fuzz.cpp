// Any bytes either are a GGUF file whose tensors, quantised ones too, have the bytes that their
// shapes say or throw diptych::Error; and what can be read either is a model or throws.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "checkpoint/containers/gguf.h"
#include "checkpoint/load.h"
#include "diptych/error.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const checkpoint::Gguf content = checkpoint::read_gguf(bytes, "input", nullptr);
    for (const auto& [name, view] : content.tensors.tensors) {
      if (DenseTensor(view).bytes().size() != view.size_bytes()) std::abort();
    }
    const std::vector<checkpoint::FileBytes> files = {{"model.gguf", bytes, nullptr}};
    checkpoint::load_model_folder(files);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
