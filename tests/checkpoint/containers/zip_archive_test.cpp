#include "checkpoint/containers/zip_archive.h"

#include <gtest/gtest.h>

#include "checkpoint/containers/zip_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using test::build_zip;
using test::expect_error;

ZipArchive open(const std::string& file) {
  return {std::as_bytes(std::span(file)), "test.zip"};
}

void expect_zip_refused(const std::string& file, ErrorCode code, const std::string& reason) {
  expect_error([&] { open(file); }, code, reason);
}

std::string content(const ZipArchive& archive, const std::string& entry) {
  const auto bytes = archive.checked(entry);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ZipArchive, FindsStoredEntries) {
  const std::string file = build_zip({{.name = "a/b", .data = "first"}, {.name = "a/c"}});
  const ZipArchive archive = open(file);
  EXPECT_EQ(archive.entries().size(), 2U);
  EXPECT_EQ(content(archive, "a/b"), "first");
  EXPECT_EQ(content(archive, "a/c"), "");
  EXPECT_EQ(archive.find("a"), nullptr);
  expect_error([&] { archive.checked("a"); }, ErrorCode::corrupt_data, "no entry a");
}

TEST(ZipArchive, HasTheSumsThatAreKept) {
  const std::string file =
      build_zip({{.name = "a", .data = "first"}, {.name = "b", .data = "x", .crc32 = 0}});
  const ZipArchive archive = open(file);
  ASSERT_EQ(archive.sums().size(), 1U);
  EXPECT_EQ(archive.sums().front().entry, "a");
  EXPECT_NO_THROW(check_sums(archive.sums()));
  EXPECT_EQ(content(archive, "b"), "x") << "torch.save can leave sums out, as zeros";
}

TEST(ZipArchive, DamagedBytesHaveAnotherSum) {
  const std::string big(20 << 20, 'x');
  std::string file = build_zip({{.name = "a", .data = "first"}, {.name = "b", .data = big}});
  file[15 << 20] ^= 1;
  const ZipArchive archive = open(file);
  expect_error([&] { check_sums(archive.sums()); }, ErrorCode::corrupt_data, "b: got bytes");
}

TEST(ZipArchive, FindsEntriesOfZip64) {
  const std::string file =
      build_zip({{.name = "a", .data = "first", .wide = true}, {.name = "b", .data = "x"}}, true);
  EXPECT_EQ(content(open(file), "a"), "first");
  EXPECT_EQ(content(open(file), "b"), "x");
}

TEST(ZipArchive, RefusesATruncatedFile) {
  const std::string file = build_zip({{.name = "a", .data = "first"}});
  for (std::size_t size = 0; size < file.size(); ++size)
    expect_zip_refused(file.substr(0, size), ErrorCode::corrupt_data, "zip");
}

/// torch.jit.save compresses code longer than 200 bytes.
TEST(ZipArchive, PassesCompressedEntriesOver) {
  const std::string file = build_zip(
      {{.name = "code", .data = "xyz", .method = 8, .stored = 2}, {.name = "data", .data = "x"}});
  const ZipArchive archive = open(file);
  EXPECT_EQ(content(archive, "data"), "x");
  expect_error([&] { archive.find("code"); }, ErrorCode::unsupported, "code is compressed");
  expect_error([&] { archive.checked("code"); }, ErrorCode::unsupported, "code is compressed");
}

TEST(ZipArchive, RefusesEncryptedEntries) {
  expect_zip_refused(build_zip({{.name = "a", .data = "x", .flags = 1}}), ErrorCode::unsupported,
                     "encrypted");
}

TEST(ZipArchive, RefusesSizesThatContradict) {
  expect_zip_refused(build_zip({{.name = "a", .data = "abc", .stored = 2}}),
                     ErrorCode::corrupt_data, "2 stored bytes, expected 3");
  expect_zip_refused(build_zip({{.name = "a", .data = "abc", .size = 2}}), ErrorCode::corrupt_data,
                     "contradicts");
  expect_zip_refused(build_zip({{.name = "a", .data = "abc", .local_name = "b"}}),
                     ErrorCode::corrupt_data, "contradicts");
}

TEST(ZipArchive, RefusesAnEntryThatReachesIntoTheDirectory) {
  // The local header leaves its size to a data descriptor, so that only the directory states it.
  std::string file = build_zip({{.name = "a", .data = "abc", .flags = 8, .size = 300}});
  file.replace(18, 8, std::string(8, '\0'));
  expect_zip_refused(file, ErrorCode::corrupt_data, "expected 300");
}

TEST(ZipArchive, RefusesOverlappingEntries) {
  const std::string inner = build_zip({{.name = "b", .data = "x"}});
  const auto inner_local = inner.substr(0, inner.find("PK\1\2"));
  expect_zip_refused(
      build_zip({{.name = "a", .data = inner_local}, {.name = "b", .data = "x", .offset = 31}}),
      ErrorCode::corrupt_data, "overlap");
}

TEST(ZipArchive, RefusesDuplicateNames) {
  expect_zip_refused(build_zip({{.name = "a", .data = "1"}, {.name = "a", .data = "2"}}),
                     ErrorCode::corrupt_data, "occurs twice");
}

TEST(ZipArchive, RefusesNamesThatLeaveTheFolder) {
  for (const std::string name : {"../a", "a/../../b", "/etc/passwd", "a\\b", "c:a", "..", "\xff"})
    expect_zip_refused(build_zip({{.name = name}}), ErrorCode::corrupt_data, "relative path");
  EXPECT_NE(open(build_zip({{.name = "a/..b", .data = ""}})).find("a/..b"), nullptr);
}

TEST(ZipArchive, RefusesOffsetsOutsideTheFile) {
  expect_zip_refused(build_zip({{.name = "a", .data = "x", .offset = 1U << 30}}),
                     ErrorCode::corrupt_data, "offset");
  std::string file = build_zip({{.name = "a", .data = "x"}});
  file.replace(file.size() - 6, 4, std::string(4, '\x7f'));
  expect_zip_refused(file, ErrorCode::corrupt_data, "outside the file");
}

TEST(ZipArchive, RefusesACountThatIsTooLarge) {
  std::string file = build_zip({{.name = "a", .data = "x"}});
  file.replace(file.size() - 14, 4, std::string(4, '\x7f'));
  expect_zip_refused(file, ErrorCode::corrupt_data, "central directory");
}

TEST(ZipArchive, ChecksTheCrcOnRequest) {
  std::string file = build_zip({{.name = "a", .data = "abc"}});
  file[file.find("abc")] = 'x';
  expect_error([&] { open(file).checked("a"); }, ErrorCode::corrupt_data, "CRC");
}

}  // namespace
}  // namespace diptych::checkpoint
