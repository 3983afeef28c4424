#include "base/unfilled_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace diptych {
namespace {

TEST(UnfilledBytes, KeepWhatTheyHoldWhenTheyGrow) {
  const std::string text = "what was written before";
  UnfilledBytes bytes;
  bytes.resize(text.size());
  std::copy(text.begin(), text.end(), bytes.begin());
  bytes.resize(std::size_t{1} << 20);
  bytes.resize(text.size());
  EXPECT_EQ(as_text(bytes), text);
}

}  // namespace
}  // namespace diptych
