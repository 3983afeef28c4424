#include "base/module.h"
#include "base/module_test.h"

namespace {

constexpr diptych::test::TestFunctions kFunctions = {.twice = [](int x) { return 2 * x; }};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
