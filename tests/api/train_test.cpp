#include "diptych/train.h"

#include <cstdlib>

#include "support/expect_error.h"

namespace diptych {
namespace {

/// Options that pass the checks which come before the trainer is loaded.
TrainOptions options() {
  TrainOptions options;
  options.train_data = "pairs.csv";
  options.model = "ViT-B-32.json";
  return options;
}

TEST(RunTraining, SaysHowToGetATrainer) {
  ::setenv("DIPTYCH_TRAINER", "/missing/libdiptych-train.so", 1);
  test::expect_error([] { run_training(options()); }, ErrorCode::unsupported, "DIPTYCH_TRAIN=ON");
  test::expect_error([] { run_training(options()); }, ErrorCode::unsupported,
                     "/missing/libdiptych-train.so");
}

TEST(RunTraining, RefusesAModuleThatIsNoTrainer) {
  ::setenv("DIPTYCH_TRAINER", "libm.so.6", 1);
  test::expect_error([] { run_training(options()); }, ErrorCode::unsupported,
                     "no module of diptych");
}

}  // namespace
}  // namespace diptych
