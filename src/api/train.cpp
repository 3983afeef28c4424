#include "diptych/train.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/error.h"
#include "diptych/version.h"
#include "train/trainer_module.h"

namespace diptych {
namespace {

constexpr const char* kModule = "libdiptych-train.so";

/// Where DIPTYCH_TRAINER says, beside this program (a build folder), or in the library folder
/// beside its bin (installed); otherwise where the system looks.
std::string module_path() {
  if (const auto place = environment("DIPTYCH_TRAINER")) return *place;
  std::error_code unknown;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const auto& place : {folder / kModule, folder / ".." / DIPTYCH_LIBRARY_FOLDER / kModule}) {
    if (std::filesystem::exists(place, unknown)) return place.string();
  }
  return kModule;
}

void* load_module() {
  void* module = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    fail(ErrorCode::unsupported,
         "train: this diptych has no trainer ({}); build it with libtorch (tools/setup, "
         "DIPTYCH_TRAIN=ON), or say in DIPTYCH_TRAINER where its {} is",
         ::dlerror(), kModule);
  }
  return module;
}

template <typename Function>
Function* find_function(void* module, const char* name) {
  auto* function = reinterpret_cast<Function*>(::dlsym(module, name));
  if (function == nullptr) fail(ErrorCode::unsupported, "train: {} has no {}", kModule, name);
  return function;
}

}  // namespace

TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks) {
  // Never unloaded: libtorch does not survive that.
  static void* const module = load_module();
  const std::string_view built_as =
      find_function<decltype(diptych_trainer_version)>(module, "diptych_trainer_version")();
  if (built_as != version()) {
    fail(ErrorCode::unsupported, "train: {}: got version {}, expected {}", kModule, built_as,
         version());
  }
  TrainResult result;
  find_function<decltype(diptych_run_training)>(module, "diptych_run_training")(options, callbacks,
                                                                                result);
  return result;
}

}  // namespace diptych
