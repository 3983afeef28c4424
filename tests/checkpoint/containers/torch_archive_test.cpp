#include "checkpoint/containers/torch_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/containers/pickle_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using namespace test::pickled;  // NOLINT(google-build-using-namespace)
using test::build_zip;
using test::expect_error;
using test::little_endian;

std::string stored_floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TorchContent read_archive(const std::string& file) {
  const ZipArchive archive(std::as_bytes(std::span(file)), "test.pt");
  return read_torch_archive(archive, "test.pt", nullptr);
}

void expect_archive_refused(const std::string& file, ErrorCode code, const std::string& reason) {
  expect_error([&] { read_archive(file); }, code, reason);
}

/// A file with one tensor "a" over a storage of four floats.
std::string one_tensor(const std::string& rebuilt) {
  return torch_file(dictionary({unicode("a"), rebuilt}), {stored_floats({1, 2, 3, 4})});
}

const std::string kFour = storage("FloatStorage", "0", 4);

TEST(TorchArchive, ReadsAFlatStateDict) {
  const std::string file = one_tensor(tensor(kFour, 1, {3}, {1}));
  EXPECT_EQ(to_floats(read_archive(file).tensors.at("a")), (std::vector<float>{2, 3, 4}));
}

TEST(TorchArchive, ReadsUnderEveryUsualKeyAndKeepsWhatLiesBeside) {
  for (const std::string key : {"state_dict", "model", "module"}) {
    const std::string file = torch_file(
        dictionary(
            {unicode("epoch"), integer(3), unicode("name"), unicode("tiny"), unicode(key),
             dictionary({unicode("a"), tensor(kFour, 0, {4}, {1})}), unicode("optimizer"),
             // A storage that does not exist: the optimiser's tensors are never looked at.
             dictionary({unicode("b"), tensor(storage("FloatStorage", "9", 4), 0, {4}, {1})})}),
        {stored_floats({1, 2, 3, 4})});
    const TorchContent content = read_archive(file);
    EXPECT_EQ(content.tensors.tensors.size(), 1U);
    EXPECT_EQ(content.metadata, (Metadata{{"epoch", "3"}, {"name", "tiny"}}));
  }
}

TEST(TorchArchive, ReadsTheLargestDictionaryWhateverItIsCalled) {
  const std::string vector = tensor(kFour, 0, {4}, {1});
  const std::string file =
      torch_file(dictionary({unicode("loss"), vector, unicode("outer"),
                             tuple({dictionary({unicode("a"), vector, unicode("b"), vector})})}),
                 {stored_floats({1, 2, 3, 4})});
  const TensorMap map = read_archive(file).tensors;
  EXPECT_EQ(map.tensors.size(), 2U);
  EXPECT_EQ(map.at("b").count(), 4);
}

TEST(TorchArchive, FindsTensorsInObjectsAndWholeModules) {
  const std::string vector = tensor(kFour, 0, {4}, {1});
  const auto object = [](const std::string& state) {
    return global("some.code", "Module") + ")\x81" + state + "b";
  };
  const std::string inner =
      object(dictionary({unicode("_parameters"), dictionary({unicode("proj"), vector})}));
  const std::string file = torch_file(
      dictionary(
          {unicode("args"), object(dictionary({unicode("lr"), integer(1)})), unicode("net"),
           object(dictionary({unicode("_modules"), dictionary({unicode("visual"), inner})}))}),
      {stored_floats({1, 2, 3, 4})});
  EXPECT_TRUE(read_archive(file).tensors.tensors.contains("proj"));
}

TEST(TorchArchive, LeavesArraysSetsPathsAndNumbersBesideTheWeights) {
  const std::string array = global("numpy._core.multiarray", "_reconstruct") +
                            tuple({global("numpy", "ndarray"), integers({0}),
                                   "C\x01"
                                   "b"}) +
                            "R" + tuple({integer(1), integers({1})}) + "b";
  const std::string set = global("builtins", "set") + tuple({"](" + integer(1) + "e"}) + "R";
  const std::string path =
      global("pathlib", "PosixPath") + tuple({unicode("a"), unicode("b")}) + "R";
  const std::string counts = global("collections", "defaultdict") +
                             tuple({global("builtins", "dict")}) + "R(" + unicode("a") +
                             integer(1) + "u";
  const std::string file =
      torch_file(dictionary({unicode("array"), array, unicode("set"), set, unicode("path"), path,
                             unicode("counts"), counts, unicode("loss"),
                             std::string("G\x3f\xf8\0\0\0\0\0\0", 9), unicode("weights"),
                             dictionary({unicode("a"), tensor(kFour, 0, {4}, {1})})}),
                 {stored_floats({1, 2, 3, 4})});
  EXPECT_EQ(read_archive(file).tensors.at("a").count(), 4);
}

TEST(TorchArchive, WalksEachDictionaryOnceHoweverItIsNested) {
  std::string chain = dictionary({unicode("a"), tensor(kFour, 0, {4}, {1})});
  for (int i = 0; i < 40; ++i)
    chain +=
        "q\x01"
        "0" +
        dictionary({unicode("x"), "h\x01", unicode("y"), "h\x01"});
  EXPECT_EQ(read_archive(torch_file(chain, {stored_floats({1, 2, 3, 4})})).tensors.tensors.size(),
            1U);
}

// Time that grows with the square of the names would not end.
TEST(TorchArchive, ReadsManyTensors) {
  constexpr int kTensors = 100'000;
  std::vector<std::string> items;
  for (int i = 0; i < kTensors; ++i) {
    items.push_back(unicode(fmt::format("layer.{}.weight", i)));
    items.push_back(i == 0 ? tensor(kFour, 0, {4}, {1}) + "q\x01" : "h\x01");
  }
  const std::string file = torch_file(dictionary(items), {stored_floats({1, 2, 3, 4})});
  EXPECT_EQ(read_archive(file).tensors.tensors.size(), kTensors);
}

TEST(TorchArchive, LimitsDimensionsAndKeys) {
  const std::vector<std::int32_t> ones(65, 1);
  expect_archive_refused(one_tensor(tensor(kFour, 0, ones, ones)), ErrorCode::corrupt_data,
                         "64 dimensions");
  expect_archive_refused(
      one_tensor(tensor(storage("FloatStorage", std::string(2000, '0'), 4), 0, {4}, {1})),
      ErrorCode::corrupt_data, "1024 bytes");
}

TEST(TorchArchive, CopiesStridedTensors) {
  const std::string file = one_tensor(tensor(kFour, 0, {2, 2}, {1, 2}));
  EXPECT_EQ(to_floats(read_archive(file).tensors.at("a")), (std::vector<float>{1, 3, 2, 4}));
}

TEST(TorchArchive, TakesAnyStrideOfDimensionsOfSizeOne) {
  const std::string file = one_tensor(tensor(kFour, 0, {1, 4}, {77, 1}));
  EXPECT_EQ(read_archive(file).tensors.at("a").shape, Shape({1, 4}));
}

TEST(TorchArchive, UnwrapsParameters) {
  const std::string file = one_tensor(
      global("torch._utils", "_rebuild_parameter") +
      tuple({tensor(kFour, 0, {4}, {1}), "\x88", global("collections", "OrderedDict") + ")R"}) +
      "R");
  EXPECT_EQ(read_archive(file).tensors.at("a").count(), 4);
}

TEST(TorchArchive, ReadsUntypedStoragesWithTheirDType) {
  const std::string untyped = tuple({unicode("storage"), global("torch.storage", "UntypedStorage"),
                                     unicode("0"), unicode("cpu"), integer(16)}) +
                              "Q";
  const std::string file =
      one_tensor(global("torch._utils", "_rebuild_tensor_v3") +
                 tuple({untyped, integer(0), integers({2}), integers({1}), "\x89",
                        global("collections", "OrderedDict") + ")R", global("torch", "float64")}) +
                 "R");
  EXPECT_EQ(read_archive(file).tensors.at("a").dtype, DType::float64);
}

/// A TorchScript object of some class with these attributes.
std::string module(const std::vector<std::string>& attributes) {
  return global("__torch__.some", "Module") + ")\x81" + dictionary(attributes) + "b";
}

TEST(TorchArchive, JoinsTheNamesOfTorchScriptModules) {
  const std::string file =
      torch_file(module({unicode("visual"), module({unicode("proj"), tensor(kFour, 0, {4}, {1})}),
                         unicode("training"), "\x88", unicode("scale"), tensor(kFour, 0, {}, {})}),
                 {stored_floats({1, 2, 3, 4})});
  const TorchContent content = read_archive(file);
  EXPECT_TRUE(content.script);
  EXPECT_EQ(content.tensors.at("visual.proj").count(), 4);
  EXPECT_EQ(content.tensors.at("scale").shape, Shape{});
}

TEST(TorchArchive, RefusesModulesThatUnfoldWithoutEnd) {
  // A module that holds itself, and a chain where each holds the next one twice.
  expect_archive_refused(torch_file(global("__torch__.some", "Module") + ")\x81q\x01" +
                                        dictionary({unicode("self"), "h\x01"}) + "b",
                                    {}),
                         ErrorCode::corrupt_data, "without end");
  std::string chain = module({});
  for (int i = 0; i < 40; ++i)
    chain +=
        "q\x01"
        "0" +
        module({unicode("x"), "h\x01", unicode("y"), "h\x01"});
  expect_archive_refused(torch_file(chain, {}), ErrorCode::corrupt_data, "without end");
}

TEST(TorchArchive, RefusesCallsOfAnythingElse) {
  expect_archive_refused(torch_file(global("os", "system") + unicode("echo owned") + "\x85R", {}),
                         ErrorCode::unsupported, "os.system");
  expect_archive_refused(torch_file(global("torch", "load") + unicode("x") + "\x85R", {}),
                         ErrorCode::unsupported, "torch.load");
}

TEST(TorchArchive, RefusesTensorsOutsideTheirStorage) {
  for (const std::string& rebuilt :
       {tensor(kFour, 0, {5}, {1}), tensor(kFour, 2, {3}, {1}), tensor(kFour, 5, {1}, {1}),
        tensor(kFour, 0, {2, 2}, {3, 1}), tensor(kFour, 0, {2, 2}, {2, 3})}) {
    expect_archive_refused(one_tensor(rebuilt), ErrorCode::corrupt_data, "within its storage");
  }
}

TEST(TorchArchive, RefusesNegativeSizesOffsetsAndStrides) {
  expect_archive_refused(one_tensor(tensor(kFour, -1, {1}, {1})), ErrorCode::corrupt_data,
                         "offset");
  expect_archive_refused(one_tensor(tensor(kFour, 0, {-1}, {1})), ErrorCode::corrupt_data, "sizes");
  expect_archive_refused(one_tensor(tensor(kFour, 3, {2}, {-1})), ErrorCode::corrupt_data, "sizes");
  expect_archive_refused(one_tensor(tensor(kFour, 0, {2}, {1, 1})), ErrorCode::corrupt_data,
                         "strides");
}

TEST(TorchArchive, RefusesTensorsThatRepeatTheirStorage) {
  expect_archive_refused(one_tensor(tensor(kFour, 0, {1'000'000'000, 1000}, {0, 0})),
                         ErrorCode::corrupt_data, "within its storage");
  const std::int32_t most = 2'147'483'647;
  expect_archive_refused(one_tensor(tensor(kFour, 0, {most, most, most}, {0, 0, 0})),
                         ErrorCode::corrupt_data, "overflows");
  expect_archive_refused(one_tensor(tensor(kFour, 0, {most, 2}, {most, most})),
                         ErrorCode::corrupt_data, "within its storage");
}

TEST(TorchArchive, LimitsWhatStridedTensorsMayCopy) {
  std::vector<std::string> items;
  for (int i = 0; i < 2000; ++i) {
    items.push_back(unicode(fmt::format("t{}", i)));
    items.push_back(i == 0 ? tensor(storage("FloatStorage", "0", 10'000), 0, {2, 5000}, {1, 2}) +
                                 "q\x01"
                           : "h\x01");
  }
  expect_archive_refused(torch_file(dictionary(items), {std::string(40'000, '\0')}),
                         ErrorCode::out_of_memory, "strided");
}

TEST(TorchArchive, RefusesStoragesThatLieAboutTheirSize) {
  expect_archive_refused(
      torch_file(dictionary({unicode("a"), tensor(kFour, 0, {4}, {1})}), {"short"}),
      ErrorCode::corrupt_data, "got 5 bytes, expected 16");
  expect_archive_refused(torch_file(dictionary({unicode("a"), tensor(kFour, 0, {4}, {1})}), {}),
                         ErrorCode::corrupt_data, "storage 0");
  expect_archive_refused(one_tensor(tensor(storage("FloatStorage", "0", -4), 0, {4}, {1})),
                         ErrorCode::corrupt_data, "storage's size");
}

TEST(TorchArchive, RefusesDTypesThatItHasNot) {
  expect_archive_refused(one_tensor(tensor(storage("ComplexFloatStorage", "0", 4), 0, {4}, {1})),
                         ErrorCode::unsupported, "ComplexFloatStorage");
}

TEST(TorchArchive, RefusesOddPickles) {
  expect_archive_refused(torch_file("N", {}), ErrorCode::unsupported, "state dict");
  expect_archive_refused(torch_file("}", {}), ErrorCode::unsupported, "state dict");
  expect_archive_refused(torch_file(dictionary({unicode("a"), integer(1)}), {}),
                         ErrorCode::unsupported, "state dict");
  expect_archive_refused(torch_file(dictionary({unicode("\xff"), tensor(kFour, 0, {4}, {1})}),
                                    {stored_floats({1, 2, 3, 4})}),
                         ErrorCode::corrupt_data, "UTF-8");
  expect_archive_refused(one_tensor(tensor("N", 0, {4}, {1})), ErrorCode::corrupt_data,
                         "a storage");
  expect_archive_refused(one_tensor(global("torch._utils", "_rebuild_tensor_v2") + ")R"),
                         ErrorCode::corrupt_data, "arguments");
  expect_archive_refused(one_tensor(global("torch._utils", "_rebuild_tensor_v2") + "NR"),
                         ErrorCode::corrupt_data, "arguments");
}

TEST(TorchArchive, RefusesArchivesOfAnotherKind) {
  expect_archive_refused(build_zip({{.name = "word/document.xml", .data = "x"}}),
                         ErrorCode::unsupported, "data.pkl");
  expect_archive_refused(build_zip({{.name = "a/data.pkl", .data = pickle("}")},
                                    {.name = "a/byteorder", .data = "big"}}),
                         ErrorCode::unsupported, "byte order");
}

}  // namespace
}  // namespace diptych::checkpoint
