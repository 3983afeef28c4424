#include "diptych/version.h"

#include <gmock/gmock.h>

#include <string>

#include "base/mapped_file.h"

namespace diptych {
namespace {

TEST(Version, IsTheNewestOfTheChangelog) {
  const std::string changelog = read_text_file(DIPTYCH_CHANGELOG);
  const std::size_t begin = changelog.find("\n## [");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_THAT(changelog.substr(begin + 1), testing::StartsWith("## [" + std::string(version())));
}

}  // namespace
}  // namespace diptych
