#include "train/trainer_module.h"

#include "base/module.h"

namespace {

constexpr diptych::train::TrainerFunctions kFunctions = {.train = &diptych::train::train};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
