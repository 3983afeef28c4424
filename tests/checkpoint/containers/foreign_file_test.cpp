#include "checkpoint/containers/foreign_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "checkpoint/load.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;
using ::testing::HasSubstr;

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 605157884\n";

std::string describe(const std::string& content) {
  return std::string(describe_content(std::as_bytes(std::span(content))));
}

TEST(ForeignFile, NamesWhatCameInAFilesPlace) {
  EXPECT_THAT(describe(kPointer), HasSubstr("Git LFS pointer"));
  EXPECT_THAT(describe("\n  <!DOCTYPE html><html>"), HasSubstr("HTML"));
  EXPECT_THAT(describe("\xEF\xBB\xBF<HTML>"), HasSubstr("HTML"));
  EXPECT_THAT(describe("<?xml version=\"1.0\"?><Error>AccessDenied</Error>"), HasSubstr("XML"));
  EXPECT_THAT(describe(R"({"error": "Repository not found"})"), HasSubstr("JSON"));
  EXPECT_EQ(describe("Not Found"), "a text");
  EXPECT_EQ(describe(""), "an empty file");
  EXPECT_EQ(describe(std::string("\x00\x01\x02", 3)), "a file of another kind");
}

TEST(ForeignFile, IsNamedWhereverAModelFileIsExpected) {
  for (const std::string name : {"model.safetensors", "pytorch_model.bin", "config.json"}) {
    const test::TemporaryFolder folder;
    std::filesystem::copy(test::data_path("hf_clip"), folder.path());
    const bool is_config = name == "config.json";
    if (!is_config) std::filesystem::remove(folder.path() / "model.safetensors");
    write_file(folder.path() / name, kPointer);
    expect_error([&] { load_model_file(folder.path()); }, ErrorCode::unsupported,
                 "Git LFS pointer");
    write_file(folder.path() / name, "<html>404</html>");
    expect_error([&] { load_model_file(folder.path() / name); }, ErrorCode::unsupported, "HTML");
  }
}

}  // namespace
}  // namespace diptych::checkpoint
