#include "checkpoint/containers/torch_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "checkpoint/containers/container.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;

TEST(TorchWriter, WritesWhatTheReaderReads) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("matrix", TensorBuffer({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  written.add("scalar", TensorBuffer({}, std::vector<float>{7}));
  written.add("empty", TensorBuffer(DType::int64, {0, 4}));
  for (const DType dtype : {DType::float16, DType::bfloat16, DType::float64, DType::int8,
                            DType::uint8, DType::int16, DType::int32, DType::boolean}) {
    written.add(std::string(name(dtype)), TensorBuffer(dtype, {3}));
  }
  const std::string path = (folder.path() / "x.pt").string();
  write_torch_archive(path, written);
  const Container got = read_container(map_file(path));
  EXPECT_EQ(got.kind, ContainerKind::torch_zip);
  ASSERT_EQ(got.tensors.tensors.size(), written.tensors.size());
  for (const auto& [name, view] : written.tensors) {
    const TensorView& read = got.tensors.at(name);
    EXPECT_EQ(read.dtype, view.dtype) << name;
    EXPECT_EQ(read.shape, view.shape) << name;
    EXPECT_TRUE(std::ranges::equal(read.bytes, view.bytes)) << name;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % 64, 0U) << name;
  }
}

TEST(TorchWriter, NestsTheStateDictUnderAName) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("a", TensorBuffer({2}, std::vector<float>{1, 2}));
  const std::string path = (folder.path() / "x.pt").string();
  write_torch_archive(path, written, {}, "state_dict");
  EXPECT_EQ(to_floats(read_container(map_file(path)).tensors.at("a")), (std::vector<float>{1, 2}));
  const FileBytes file = map_file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  EXPECT_NE(bytes.find("state_dict"), bytes.npos);
}

TEST(TorchWriter, WritesTorchScriptThatItsReaderReads) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("visual.layer1.0.weight", TensorBuffer({2, 2}, std::vector<float>{1, 2, 3, 4}));
  written.add("visual.layer1.10.weight", TensorBuffer({1}, std::vector<float>{5}));
  written.add("logit_scale", TensorBuffer({}, std::vector<float>{6}));
  written.add("vocab_size", TensorBuffer(DType::int64, {}));
  const std::string path = (folder.path() / "x.pt").string();
  write_torch_script(path, written, DType::float16);
  const Container got = read_container(map_file(path));
  EXPECT_EQ(got.kind, ContainerKind::torch_script);
  ASSERT_EQ(got.tensors.tensors.size(), written.tensors.size());
  for (const auto& [name, view] : written.tensors) {
    const TensorView& read = got.tensors.at(name);
    EXPECT_EQ(read.shape, view.shape) << name;
    EXPECT_EQ(read.dtype, view.dtype != DType::int64 ? DType::float16 : view.dtype) << name;
  }
  EXPECT_EQ(to_floats(got.tensors.at("visual.layer1.0.weight")), (std::vector<float>{1, 2, 3, 4}));
}

/// Names become code that others run.
TEST(TorchWriter, RefusesTorchScriptNamesThatAreNoAttributes) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a\nb", "a..b", "a.", "a b", "training", "\"", "\u00e9"}) {
    TensorMap written;
    written.add(name, TensorBuffer({1}, std::vector<float>{1}));
    expect_error([&] { write_torch_script(folder.path() / "x", written); },
                 ErrorCode::invalid_argument, "cannot have a tensor named");
  }
  TensorMap both;
  both.add("a", TensorBuffer({1}, std::vector<float>{1}));
  both.add("a.b", TensorBuffer({1}, std::vector<float>{1}));
  expect_error([&] { write_torch_script(folder.path() / "x", both); }, ErrorCode::invalid_argument,
               "a tensor and a module");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(TorchWriter, WritesTheSameFileAgain) {
  const test::TemporaryFolder folder;
  TensorMap written;
  written.add("a", TensorBuffer({2}, std::vector<float>{1, 2}));
  write_torch_archive(folder.path() / "x", written);
  write_torch_archive(folder.path() / "y", written);
  const FileBytes x = map_file((folder.path() / "x").string());
  const FileBytes y = map_file((folder.path() / "y").string());
  EXPECT_TRUE(std::ranges::equal(x.bytes, y.bytes));
}

/// bfloat16 has the range of float32, so that its largest value does not fit the equally wide half.
TEST(TorchWriter, RefusesValuesThatDoNotFit) {
  const test::TemporaryFolder folder;
  TensorMap written;
  const float largest = bfloat16_to_float(0x7F7F);
  written.add("a", convert(TensorBuffer({1}, std::vector<float>{largest}).view(), DType::bfloat16));
  expect_error([&] { write_torch_archive(folder.path() / "x", written, DType::float16); },
               ErrorCode::invalid_argument, "tensor a");
  written.add("a", TensorBuffer({1}, std::vector<float>{std::numeric_limits<float>::infinity()}));
  EXPECT_NO_THROW(write_torch_archive(folder.path() / "x", written, DType::float16));
}

}  // namespace
}  // namespace diptych::checkpoint
