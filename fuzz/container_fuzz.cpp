// Any bytes, as a file of any known container, either hold tensors with the bytes that their shapes
// say or throw diptych::Error. The corpus has one of each; torch files from before 1.6 have no fuzz
// target of their own.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "checkpoint/containers/container.h"
#include "checkpoint/families/families.h"
#include "diptych/error.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const checkpoint::Container container =
        checkpoint::read_container({"input", bytes, nullptr}, checkpoint::is_known_model);
    for (const auto& [name, view] : container.tensors.tensors) {
      if (DenseTensor(view).bytes().size() != view.size_bytes()) std::abort();
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
