#include "fetch/part_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::fetch {
namespace {

namespace fs = std::filesystem;

const PartOrigin kOrigin = {.url = "http://host/file", .validator = "\"v1\"", .size = 10};

void append(PartFile& part, std::string_view text) {
  part.write(std::as_bytes(std::span(text)));
}

class PartFileTest : public ::testing::Test {
 protected:
  fs::path path() const { return folder_.path() / "file"; }
  fs::path part_path() const { return folder_.path() / "file.part"; }
  fs::path origin_path() const { return folder_.path() / "file.part.json"; }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(PartFileTest, GoesOnWhereItWas) {
  {
    PartFile part(path());
    part.restart(kOrigin);
    append(part, "12345");
  }
  EXPECT_FALSE(fs::exists(path()));
  PartFile part(path());
  EXPECT_EQ(part.size(), 5U);
  ASSERT_TRUE(part.origin().has_value());
  EXPECT_EQ(part.origin()->url, kOrigin.url);
  EXPECT_EQ(part.origin()->validator, kOrigin.validator);
  EXPECT_EQ(part.origin()->size, kOrigin.size);
  append(part, "67890");
  part.commit();
  EXPECT_EQ(read_text_file(path()), "1234567890");
  EXPECT_FALSE(fs::exists(part_path()));
  EXPECT_FALSE(fs::exists(origin_path()));
}

TEST_F(PartFileTest, OfUnknownOriginDoesNotCount) {
  write_file(part_path(), "from somewhere");
  EXPECT_EQ(PartFile(path()).size(), 0U);
}

TEST_F(PartFileTest, WithABrokenOriginDoesNotCount) {
  const std::string deep = R"({"url": "http://host/file", "validator": "v", "size": 14, "x": )" +
                           std::string(1000, '[') + std::string(1000, ']') + "}";
  for (const std::string& origin :
       {std::string(), std::string("{"), std::string("[]"), std::string("7"),
        std::string(R"({"url": 1, "validator": 2})"),
        std::string(R"({"url": "http://host/file", "size": -1})"), deep}) {
    write_file(part_path(), "from somewhere");
    write_file(origin_path(), origin);
    EXPECT_EQ(PartFile(path()).size(), 0U) << origin;
  }
}

TEST_F(PartFileTest, WithoutAValidatorIsNotContinuedLater) {
  {
    PartFile part(path());
    part.restart({.url = kOrigin.url});
    append(part, "12345");
    EXPECT_EQ(part.size(), 5U);
  }
  EXPECT_EQ(PartFile(path()).size(), 0U);
}

TEST_F(PartFileTest, BelongsToOneAtATime) {
  PartFile part(path());
  test::expect_error([&] { PartFile(this->path()); }, ErrorCode::io, "another program");
}

TEST_F(PartFileTest, AnEmptyOneLeavesNothingBehind) {
  { const PartFile part(path()); }
  EXPECT_FALSE(fs::exists(part_path()));
}

TEST_F(PartFileTest, DiscardRemovesIt) {
  PartFile part(path());
  part.restart(kOrigin);
  append(part, "12345");
  part.discard();
  EXPECT_FALSE(fs::exists(part_path()));
  EXPECT_FALSE(fs::exists(origin_path()));
}

TEST_F(PartFileTest, AFolderThatIsNoneIsAnError) {
  write_file(path(), "a file");
  test::expect_error([&] { PartFile(path() / "below"); }, ErrorCode::io, "cannot write");
}

}  // namespace
}  // namespace diptych::fetch
