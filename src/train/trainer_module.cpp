#include "train/trainer_module.h"

#include "base/module.h"
#include "libtorch/version.h"

namespace {

constexpr diptych::train::TrainerFunctions kFunctions = {
    .train = &diptych::train::train,
    .plan = &diptych::train::plan,
    .benchmark_loss = &diptych::train::benchmark_loss};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions, &diptych::libtorch::loaded_version_fault);
