#include "base/module.h"

#include <dlfcn.h>
#include <link.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/environment.h"
#include "base/error.h"

namespace diptych {
namespace {

/// Returns the folder of the shared library that this code is part of, or of the program.
std::filesystem::path own_folder() {
  Dl_info unused;
  void* map = nullptr;
  const bool found =
      ::dladdr1(reinterpret_cast<const void*>(&build_id), &unused, &map, RTLD_DL_LINKMAP) != 0;
  const std::string_view library = found ? static_cast<const link_map*>(map)->l_name : "";
  std::error_code unknown;
  // A program's own name is empty there.
  return library.empty() ? std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path()
                         : std::filesystem::path(library).parent_path();
}

std::string path_of(const ModuleFile& file) {
  if (const auto place = environment(file.variable)) return *place;
  const std::filesystem::path folder = own_folder();
  std::error_code unknown;
  for (const auto& place :
       {folder / file.name, folder / ".." / DIPTYCH_LIBRARY_FOLDER / file.name}) {
    if (std::filesystem::exists(place, unknown)) return place.string();
  }
  return file.name;
}

}  // namespace

const void* load_module(const ModuleFile& file) {
  const std::string path = path_of(file);
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const std::string_view reason = ::dlerror();
    const bool is_other_library = reason.find("undefined symbol") != std::string_view::npos;
    fail(ErrorCode::unsupported, "{}: cannot load {} ({}{}). {}, or set {} to its path",
         file.command, file.name, reason,
         is_other_library
             ? ": a library that it stands on is of another version than it was built with"
             : "",
         file.remedy, file.variable);
  }
  const auto* table = static_cast<const ModuleTable*>(::dlsym(handle, "diptych_module"));
  if (table == nullptr) {
    fail(ErrorCode::unsupported, "{}: got a library that is no module of diptych, expected {} ({})",
         file.command, file.name, path);
  }
  if (std::string_view(table->build) != build_id()) {
    fail(ErrorCode::unsupported, "{}: got {} of build {}, expected build {} ({})", file.command,
         file.name, table->build, build_id(), path);
  }
  const char* fault = table->library_fault == nullptr ? nullptr : table->library_fault();
  if (fault != nullptr) fail(ErrorCode::unsupported, "{}: {} ({})", file.command, fault, path);
  return table->functions;
}

}  // namespace diptych
