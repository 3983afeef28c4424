#include "base/module.h"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/environment.h"
#include "base/error.h"
#include "diptych/version.h"

namespace diptych {
namespace {

std::string path_of(const ModuleFile& file) {
  if (const auto place = environment(file.variable)) return *place;
  std::error_code unknown;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const auto& place :
       {folder / file.name, folder / ".." / DIPTYCH_LIBRARY_FOLDER / file.name}) {
    if (std::filesystem::exists(place, unknown)) return place.string();
  }
  return file.name;
}

}  // namespace

Module::Module(const ModuleFile& file)
    : file_(file), handle_(::dlopen(path_of(file).c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    fail(ErrorCode::unsupported, "{}: this diptych cannot ({}); {}, or say in {} where its {} is",
         file.command, ::dlerror(), file.remedy, file.variable, file.name);
  }
  const std::string_view built_as = function<const char*()>(file.version)();
  if (built_as != version()) {
    fail(ErrorCode::unsupported, "{}: {}: got version {}, expected {}", file.command, file.name,
         built_as, version());
  }
}

void* Module::symbol(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr) {
    fail(ErrorCode::unsupported, "{}: {} has no {}", file_.command, file_.name, name);
  }
  return found;
}

}  // namespace diptych
