#include "checkpoint/containers/safetensors.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;

/// A file with this header and this much data, every byte 1.
std::shared_ptr<const std::string> make_file(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return std::make_shared<const std::string>(bytes + header + std::string(data, '\1'));
}

TensorMap safetensors_from(const std::shared_ptr<const std::string>& file) {
  return read_safetensors(std::as_bytes(std::span(*file)), "test.safetensors", file);
}

/// A header with these members.
std::string object(const std::vector<std::string>& members) {
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

void expect_corrupt(const std::string& header, std::size_t data, const std::string& reason) {
  expect_error([&] { safetensors_from(make_file(header, data)); }, ErrorCode::corrupt_data, reason);
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape,
                     offsets);
}

TEST(Safetensors, GivesViewsIntoTheFile) {
  const auto file = make_file(object({entry("a", "[2]", "[0,8]"), entry("empty", "[0,3]", "[8,8]"),
                                      entry("scalar", "[]", "[8,9]", "I8")}) +
                                  "  ",
                              9);
  const TensorMap map = safetensors_from(file);
  EXPECT_EQ(map.at("a").shape, Shape({2}));
  EXPECT_EQ(map.at("empty").bytes.size(), 0U);
  EXPECT_EQ(to_integers(map.at("scalar")), std::vector<std::int64_t>{1});
  EXPECT_EQ(static_cast<const void*>(map.at("a").bytes.data()), file->data() + file->size() - 9);
}

// Time that grows with the square of the header would not end.
TEST(Safetensors, ReadsAndWritesAHeaderOfManyTensors) {
  constexpr int kTensors = 200'000;
  std::vector<std::string> members;
  for (int i = 0; i < kTensors; ++i)
    members.push_back(entry(fmt::format("t{}", i), "[0]", "[0,0]"));
  const TensorMap map = safetensors_from(make_file(object(members), 0));
  EXPECT_EQ(map.tensors.size(), kTensors);
  const test::TemporaryFolder folder;
  write_safetensors(folder.path() / "many.safetensors", map);
  EXPECT_EQ(read_safetensors(folder.path() / "many.safetensors").tensors.size(), kTensors);
}

TEST(Safetensors, KeepsItsBytesAlive) {
  TensorMap map;
  {
    const auto file = make_file(object({entry("a", "[4]", "[0,4]", "U8")}), 4);
    map = safetensors_from(file);
  }
  EXPECT_EQ(to_integers(map.at("a")), std::vector<std::int64_t>(4, 1));
}

TEST(Safetensors, ReadsMetadata) {
  const auto file = make_file(R"({"__metadata__":{"format":"pt"}})", 0);
  const Safetensors read =
      open_safetensors(std::as_bytes(std::span(*file)), "test.safetensors", file);
  EXPECT_EQ(read.metadata, (Metadata{{"format", "pt"}}));
  EXPECT_TRUE(read.tensors.tensors.empty());
}

TEST(Safetensors, RefusesWhatIsTooShortForItsHeader) {
  for (const std::size_t size : {0U, 7U, 8U, 9U}) {
    const auto file = std::make_shared<const std::string>(make_file("{}", 0)->substr(0, size));
    expect_error([&] { safetensors_from(file); }, ErrorCode::corrupt_data, "safetensors");
  }
}

TEST(Safetensors, RefusesAHeaderLargerThanTheLimitBeforeReadingIt) {
  std::string bytes(8, '\0');
  const std::uint64_t length = std::numeric_limits<std::uint64_t>::max();
  std::memcpy(bytes.data(), &length, sizeof length);
  const auto file = std::make_shared<const std::string>(bytes + "{}");
  expect_error([&] { safetensors_from(file); }, ErrorCode::corrupt_data, "100000000");
}

TEST(Safetensors, RefusesAHeaderThatIsNotAnObject) {
  expect_corrupt("", 0, "does not begin with {");
  expect_corrupt("[]", 0, "does not begin with {");
  expect_corrupt(" {}", 0, "does not begin with {");
  expect_corrupt("{", 0, "JSON");
  expect_corrupt("{\"\xff\":1}", 0, "JSON");
}

TEST(Safetensors, RefusesDuplicateKeys) {
  expect_corrupt(object({entry("a", "[1]", "[0,4]"), entry("a", "[1]", "[4,8]")}), 8,
                 "occurs twice");
}

TEST(Safetensors, RefusesDeepNesting) {
  expect_corrupt("{\"a\":" + std::string(100'000, '['), 0, "nested deeper");
}

TEST(Safetensors, RefusesDTypesItDoesNotKnow) {
  expect_corrupt(object({entry("a", "[1]", "[0,4]", "F31")}), 4, "F31");
  expect_error(
      [] { safetensors_from(make_file(object({entry("a", "[4]", "[0,4]", "F8_E4M3")}), 4)); },
      ErrorCode::unsupported, "F8_E4M3");
}

TEST(Safetensors, RefusesEntriesOfAnotherForm) {
  expect_corrupt(R"({"a":1})", 0, "tensor a");
  expect_corrupt(R"({"a":{"dtype":"F32","shape":[1]}})", 4, "tensor a");
  expect_corrupt(R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", 4, "tensor a");
  expect_corrupt(R"({"__metadata__":{"a":1}})", 0, "__metadata__");
  expect_corrupt(object({entry("a", "[-1]", "[0,4]")}), 4, "a.shape");
  expect_corrupt(object({entry("a", "[1.0]", "[0,4]")}), 4, "a.shape");
  expect_corrupt(object({entry("a", "4", "[0,4]")}), 4, "a.shape");
  expect_corrupt(object({entry("a", "[1]", "[0,4,8]")}), 8, "a.data_offsets");
}

TEST(Safetensors, RefusesAShapeThatIsNotItsBytes) {
  expect_corrupt(object({entry("a", "[2]", "[0,4]")}), 4, "expected 8 bytes");
  expect_corrupt(object({entry("a", "[1]", "[4,0]")}), 4, "expected 4 bytes");
  expect_corrupt(object({entry("a", "[4294967296,4294967296]", "[0,0]")}), 0, "overflows");
}

TEST(Safetensors, RefusesHolesOverlapAndLeftovers) {
  const std::string first = entry("a", "[2]", "[0,8]");
  expect_corrupt(object({first, entry("b", "[2]", "[4,12]")}), 12, "tensor b");
  expect_corrupt(object({first, entry("b", "[1]", "[12,16]")}), 16, "tensor b");
  expect_corrupt(object({entry("b", "[1]", "[4,8]")}), 8, "tensor b");
  expect_corrupt(object({first}), 12, "12 bytes of data");
  expect_corrupt(object({first}), 4, "4 bytes of data");
}

TEST(Safetensors, RefusesAMissingFile) {
  expect_error([] { read_safetensors("/nonexistent/a.safetensors"); }, ErrorCode::not_found,
               "a.safetensors");
}

TEST(Safetensors, WritesWhatItReads) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("b", TensorBuffer({3}, std::vector<float>{1.0F, -2.0F, 0.5F}));
  written.add("a", TensorBuffer({1, 1}, std::vector<std::int32_t>{7}));
  written.add("byte", TensorBuffer(DType::uint8, {3}));
  written.add("long", TensorBuffer(DType::int64, {}));
  write_safetensors(folder.path() / "x.safetensors", written, {{"made", "by a test"}});
  const Safetensors got = open_safetensors(folder.path() / "x.safetensors");
  EXPECT_EQ(got.metadata, (Metadata{{"made", "by a test"}}));
  ASSERT_EQ(got.tensors.tensors.size(), written.tensors.size());
  for (const auto& [name, view] : written.tensors) {
    const TensorView& read = got.tensors.at(name);
    EXPECT_EQ(read.dtype, view.dtype);
    EXPECT_EQ(read.shape, view.shape);
    EXPECT_TRUE(std::ranges::equal(read.bytes, view.bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % size_of(read.dtype), 0U)
        << name;
  }
}

TEST(Safetensors, ConvertsFloatingTensorsWhileWriting) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("weight", TensorBuffer({2}, std::vector<float>{1.5F, -0.25F}));
  written.add("ids", TensorBuffer({1}, std::vector<std::int32_t>{7}));
  write_safetensors(folder.path() / "x.safetensors", written, {}, DType::float16);
  const TensorMap got = read_safetensors(folder.path() / "x.safetensors");
  EXPECT_EQ(got.at("weight").dtype, DType::float16);
  EXPECT_EQ(to_floats(got.at("weight")), (std::vector<float>{1.5F, -0.25F}));
  EXPECT_EQ(got.at("ids").dtype, DType::int32);
}

TEST(Safetensors, RefusesValuesThatDoNotFitAndLeavesNoFile) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("weight", TensorBuffer({1}, std::vector<float>{1e6F}));
  expect_error(
      [&] { write_safetensors(folder.path() / "x.safetensors", written, {}, DType::float16); },
      ErrorCode::invalid_argument, "weight");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace diptych::checkpoint
