// Any bytes either are a safetensors file whose views lie within them or throw diptych::Error; and
// what can be read either is a model or throws.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "diptych/error.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const TensorMap map = checkpoint::read_safetensors(bytes, "input", nullptr);
    std::size_t total = 0;
    for (const auto& [name, view] : map.tensors) {
      if (view.bytes.size() != static_cast<std::size_t>(view.count()) * size_of(view.dtype))
        std::abort();
      total += view.bytes.size();
    }
    if (total > size) std::abort();
    const std::vector<checkpoint::FileBytes> files = {{"model.safetensors", bytes, nullptr}};
    checkpoint::load_model_folder(files);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
