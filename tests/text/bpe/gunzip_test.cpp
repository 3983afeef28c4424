#include "text/bpe/gunzip.h"

#include <gtest/gtest.h>

#include "text/bpe/gzip.h"
#include "text/expect_error.h"

namespace diptych::text {
namespace {

using test::expect_error;

TEST(Gunzip, ReadsAllOrTheFirstBytes) {
  const std::vector<std::byte> file = test::gzip("one two three");
  EXPECT_EQ(gunzip(file, 100), "one two three");
  EXPECT_EQ(gunzip(file, 13), "one two three");
  EXPECT_EQ(gunzip(file, 7), "one two");
}

TEST(Gunzip, RefusesWhatIsCutOffOrChanged) {
  std::vector<std::byte> file = test::gzip(std::string(1000, 'x') + "the end");
  const auto refuses = [](const std::vector<std::byte>& bytes) {
    expect_error(ErrorCode::corrupt_data, "gzip data", [&] { gunzip(bytes, 2000); });
  };
  refuses({});
  refuses({file.begin(), file.end() - 9});
  file[0] = std::byte{0};
  refuses(file);
}

}  // namespace
}  // namespace diptych::text
