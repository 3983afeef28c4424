// Any text is refused with diptych::Error or is a config of each family whose model can be
// described.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/configs/open_clip_config.h"
#include "diptych/error.h"
#include "network/model.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

namespace {

template <typename Read>
void attempt(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  attempt([&] {
    const Json json = parse_json(bytes, "input");
    attempt([&] { network::make_model(checkpoint::read_open_clip_config(json, "input").config); });
    attempt(
        [&] { network::make_model(checkpoint::read_huggingface_config(json, "input").config); });
    attempt([&] {
      network::make_model(checkpoint::read_huggingface_siglip_config(json, "input").config);
    });
    attempt([&] { checkpoint::read_huggingface_preprocessing(json, 224, "input"); });
    attempt([&] {
      const checkpoint::ModelFile model = checkpoint::read_diptych_json(json, "input");
      const Json written = checkpoint::write_diptych_json(model);
      if (checkpoint::read_diptych_json(written, "input").config != model.config) std::abort();
    });
  });
  return 0;
}
