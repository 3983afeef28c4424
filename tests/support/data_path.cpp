#include "support/support.h"

namespace diptych::test {

std::filesystem::path data_path(const std::string& name) {
  return std::filesystem::path(DIPTYCH_TEST_DATA) / name;
}

}  // namespace diptych::test
