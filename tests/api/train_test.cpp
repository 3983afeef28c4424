#include "diptych/train.h"

#include <cstdlib>

#include "support/expect_error.h"

namespace diptych {
namespace {

TEST(RunTraining, SaysHowToGetATrainer) {
  ::setenv("DIPTYCH_TRAINER", "/missing/libdiptych-train.so", 1);
  test::expect_error([] { run_training({}); }, ErrorCode::unsupported, "DIPTYCH_TRAIN=ON");
  test::expect_error([] { run_training({}); }, ErrorCode::unsupported,
                     "/missing/libdiptych-train.so");
}

TEST(RunTraining, RefusesAModuleThatIsNoTrainer) {
  ::setenv("DIPTYCH_TRAINER", "libm.so.6", 1);
  test::expect_error([] { run_training({}); }, ErrorCode::unsupported, "diptych_trainer_version");
}

}  // namespace
}  // namespace diptych
