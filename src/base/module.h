#pragma once

#include <string>

namespace diptych {

/// A part of diptych that stands on large libraries, and is therefore loaded only when it is used.
struct ModuleFile {
  const char* name;      ///< "libdiptych-train.so"
  const char* variable;  ///< the environment variable that may say where it is
  const char* command;   ///< who wants it: "train"
  const char* remedy;    ///< what to do when there is none
  const char* version;   ///< its function that says which diptych it is part of
};

/// A loaded module; it stays loaded. Throws Error(unsupported) when there is none, or one of
/// another version. It is looked for where its variable says, beside this program (a build folder),
/// in the library folder beside its bin (installed), and where the system looks.
class Module {
 public:
  explicit Module(const ModuleFile& file);

  /// One of its functions. Throws Error(unsupported).
  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  const ModuleFile& file_;
  void* handle_ = nullptr;
};

}  // namespace diptych
