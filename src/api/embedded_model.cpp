#include "api/embedded_model.h"

#include <cstddef>
#include <span>

namespace diptych::embedded {

// Defined by diptych_embed (CMakeLists.txt) from models/pictogram.
std::span<const std::byte> pictogram_weights();
std::span<const std::byte> pictogram_config();
std::span<const std::byte> pictogram_vocabulary();

}  // namespace diptych::embedded

namespace diptych::api {

std::vector<checkpoint::FileBytes> embedded_files() {
  return {{"model.safetensors", embedded::pictogram_weights(), nullptr},
          {"diptych.json", embedded::pictogram_config(), nullptr},
          {"vocabulary.txt", embedded::pictogram_vocabulary(), nullptr}};
}

}  // namespace diptych::api
