#include "diptych/arrays.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych {
namespace {

Arrays example() {
  Arrays arrays;
  arrays["floats"] = {{2, 2}, std::vector<float>{1, 2, 3, 4}};
  arrays["ids"] = {{3}, std::vector<std::int32_t>{-1, 0, 7}};
  arrays["bytes"] = {{1, 2}, std::vector<std::uint8_t>{0, 255}};
  return arrays;
}

ErrorCode code_thrown_by(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

TEST(Arrays, SafetensorsKeepEveryTypeAndShape) {
  const test::TemporaryFolder folder;
  const Arrays written = example();
  write_arrays(folder.path() / "a.safetensors", written, {{"images", "[]"}});
  const Arrays read = read_arrays(folder.path() / "a.safetensors");
  ASSERT_EQ(read.size(), written.size());
  for (const auto& [name, array] : written) {
    EXPECT_EQ(read.at(name).shape, array.shape) << name;
    EXPECT_EQ(read.at(name).values, array.values) << name;
  }
}

// The bytes numpy.save writes for numpy.array([1, 2, 3], dtype=numpy.int32).
TEST(Arrays, NpyIsWhatNumPyWrites) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.npy";
  write_arrays(path, {{"ids", {{3}, std::vector<std::int32_t>{1, 2, 3}}}});
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }";
  header.resize(0x75, ' ');
  const std::string expected = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                               std::string("\1\0\0\0\2\0\0\0\3\0\0\0", 12);
  EXPECT_EQ(read_text_file(path), expected);
}

TEST(Arrays, NpyHoldsOneArray) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(code_thrown_by([&] { write_arrays(folder.path() / "a.npy", example()); }),
            ErrorCode::invalid_argument);
}

TEST(Arrays, OtherEndingsAreRefusedBeforeTheWork) {
  EXPECT_EQ(code_thrown_by([] { check_writable("out.parquet"); }), ErrorCode::unsupported);
  EXPECT_EQ(code_thrown_by([] { check_writable("out"); }), ErrorCode::unsupported);
  EXPECT_EQ(code_thrown_by([] { check_writable("no_such_folder/out.npy"); }), ErrorCode::io);
  EXPECT_EQ(code_thrown_by([] { check_writable("out.npy", 2); }), ErrorCode::invalid_argument);
  check_writable("out.safetensors", 2);
}

TEST(Arrays, AFolderIsNoFileToWrite) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "a.npy");
  EXPECT_EQ(code_thrown_by([&] { check_writable(folder.path() / "a.npy"); }), ErrorCode::io);
}

TEST(Arrays, AShapeThatDoesNotFitIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(
      code_thrown_by([&] {
        write_arrays(folder.path() / "a.safetensors", {{"x", {{2, 3}, std::vector<float>{1, 2}}}});
      }),
      ErrorCode::invalid_argument);
}

TEST(Arrays, IntegersBeyond32BitsAreRefused) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "wide.safetensors";
  std::string header = R"({"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string file(1, static_cast<char>(header.size()));
  file += std::string(7, '\0') + header + std::string("\0\0\0\0\1\0\0\0", 8);
  write_file(path, file);
  EXPECT_EQ(code_thrown_by([&] { read_arrays(path); }), ErrorCode::unsupported);
}

}  // namespace
}  // namespace diptych
