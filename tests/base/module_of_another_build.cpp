#include "base/module.h"

extern "C" __attribute__((visibility("default")))
const diptych::ModuleTable diptych_module = {"0.0.0-another", nullptr};
