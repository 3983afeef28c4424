// Any bytes either are a pickle of plain data or throw diptych::Error; and its tensors, over
// storages of a few bytes, lie within them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/error.h"
#include "checkpoint/containers/torch_globals.h"
#include "checkpoint/containers/torch_pickle.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::byte, 1 << 16> kStorage = {};
  const auto lookup = [](std::string_view, std::uint64_t bytes) {
    if (bytes > kStorage.size()) fail(ErrorCode::corrupt_data, "storage too large");
    return std::span<const std::byte>(kStorage).first(bytes);
  };
  try {
    checkpoint::ByteReader reader({reinterpret_cast<const std::byte*>(data), size}, "pickle",
                                  "input");
    const checkpoint::Pickle pickle = checkpoint::read_pickle(reader, checkpoint::is_torch_global);
    const checkpoint::TorchContent content =
        checkpoint::read_torch_content(pickle, lookup, kStorage.size(), "input");
    for (const auto& [name, view] : content.tensors.tensors) {
      if (view.bytes.size() != static_cast<std::size_t>(view.count()) * size_of(view.dtype))
        std::abort();
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
