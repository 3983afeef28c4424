#pragma once

namespace diptych::test {

/// What the modules of the tests offer.
struct TestFunctions {
  int (*twice)(int);
};

}  // namespace diptych::test
