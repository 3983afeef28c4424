#include "base/module.h"
#include "base/module_test.h"

namespace {

constexpr diptych::test::TestFunctions kFunctions = {.twice = [](int x) { return 2 * x; }};

const char* fault() {
  return "libexample: got version 1, expected 2";
}

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions, &fault);
