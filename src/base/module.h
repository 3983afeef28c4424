#pragma once

#include <string>

namespace diptych {

/// A part of diptych that stands on large libraries, and is therefore loaded only when it is used.
struct ModuleFile {
  const char* name;      ///< "libdiptych-train.so"
  const char* variable;  ///< the environment variable that may say where it is
  const char* command;   ///< who wants it: "train"
  const char* remedy;    ///< what to do when there is none
};

/// What a module exports, and all that it exports, under the name `diptych_module`.
struct ModuleTable {
  const char* build;      ///< build_id() of the diptych that the module is part of
  const void* functions;  ///< the struct of function pointers that the module's own header declares
  /// Returns what is wrong with a library that the module stands on, or nullptr. None: nothing is.
  const char* (*library_fault)() = nullptr;
};

/// Loads a module, which stays loaded, and returns its functions. Looks for it where its variable
/// says, beside the program or shared library that this code is part of (a build folder, an
/// installed library), in the library folder beside the program's bin, and where the system looks.
/// Throws Error(unsupported) when there is none, one of another build, or one over other libraries
/// than it was built with.
const void* load_module(const ModuleFile& file);

/// The functions of a loaded module: `module->function(...)`.
template <typename Functions>
class Module {
 public:
  explicit Module(const ModuleFile& file)
      : functions_(static_cast<const Functions*>(load_module(file))) {}

  const Functions* operator->() const { return functions_; }

 private:
  const Functions* functions_;
};

/// Identifies the build of this code: version, compiler and what all headers declare. A module and
/// a program of the same id have the same types in memory.
const char* build_id() noexcept;

}  // namespace diptych

/// Exports `functions`, a struct with static storage, as this module's table; after it may stand
/// the function that says what is wrong with the libraries it stands on.
#define DIPTYCH_EXPORT_MODULE(functions, ...)                           \
  extern "C" __attribute__((visibility("default")))                     \
  const ::diptych::ModuleTable diptych_module = {::diptych::build_id(), \
                                                 &(functions)__VA_OPT__(, ) __VA_ARGS__}
