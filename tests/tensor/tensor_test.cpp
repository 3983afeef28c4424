#include "tensor/tensor.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "support/expect_error.h"

namespace diptych {
namespace {

using test::expect_error;
using testing::ElementsAre;
using testing::ElementsAreArray;

template <typename Element, std::size_t Size>
TensorView view_of(DType dtype, const std::array<Element, Size>& elements) {
  return {dtype, {static_cast<std::int64_t>(Size)}, std::as_bytes(std::span(elements))};
}

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({3, 224, 224}), 150'528);
  EXPECT_EQ(element_count({4, 0, 5}), 0);
  EXPECT_EQ(to_string({3, 224, 224}), "[3, 224, 224]");
  EXPECT_EQ(to_string({}), "[]");
}

TEST(Shape, RefusesWhatCannotBe) {
  expect_error([] { element_count({2, -1}); }, ErrorCode::corrupt_data, "[2, -1]");
  expect_error(
      [] {
        element_count({1LL << 40, 1LL << 40});
      },
      ErrorCode::corrupt_data, "element count");
  expect_error([] { element_count({1LL << 62, 2}); }, ErrorCode::corrupt_data, "too many");
}

TEST(ToFloats, ReadsEveryFloatingPointType) {
  const std::array<float, 2> singles = {1.5F, -2.0F};
  const std::array<double, 2> doubles = {1.5, -2.0};
  const std::array<std::uint16_t, 2> halves = {0x3E00, 0xC000};
  const std::array<std::uint16_t, 2> bfloats = {0x3FC0, 0xC000};
  EXPECT_THAT(to_floats(view_of(DType::float32, singles)), ElementsAre(1.5F, -2.0F));
  EXPECT_THAT(to_floats(view_of(DType::float64, doubles)), ElementsAre(1.5F, -2.0F));
  EXPECT_THAT(to_floats(view_of(DType::float16, halves)), ElementsAre(1.5F, -2.0F));
  EXPECT_THAT(to_floats(view_of(DType::bfloat16, bfloats)), ElementsAre(1.5F, -2.0F));
}

TEST(ToFloats, ReadsUnalignedBytes) {
  const std::array<float, 3> values = {1.0F, 2.0F, 3.0F};
  std::array<std::byte, sizeof(values) + 1> shifted = {};
  std::memcpy(shifted.data() + 1, values.data(), sizeof(values));
  const TensorView view = {DType::float32, {3}, std::span(shifted).subspan(1)};
  EXPECT_THAT(to_floats(view), ElementsAreArray(values));
}

TEST(ToFloats, RefusesIntegers) {
  const std::array<std::int32_t, 1> values = {1};
  expect_error([&] { to_floats(view_of(DType::int32, values)); }, ErrorCode::unsupported,
               "got int32");
}

TEST(ToIntegers, ReadsEveryIntegerType) {
  const std::array<std::int8_t, 1> int8 = {-128};
  const std::array<std::uint8_t, 1> uint8 = {255};
  const std::array<std::int16_t, 1> int16 = {-32768};
  const std::array<std::int32_t, 1> int32 = {-2'147'483'647};
  const std::array<std::int64_t, 1> int64 = {std::numeric_limits<std::int64_t>::min()};
  EXPECT_THAT(to_integers(view_of(DType::int8, int8)), ElementsAre(-128));
  EXPECT_THAT(to_integers(view_of(DType::uint8, uint8)), ElementsAre(255));
  EXPECT_THAT(to_integers(view_of(DType::int16, int16)), ElementsAre(-32768));
  EXPECT_THAT(to_integers(view_of(DType::int32, int32)), ElementsAre(-2'147'483'647));
  EXPECT_THAT(to_integers(view_of(DType::int64, int64)), ElementsAreArray(int64));
}

TEST(ToIntegers, RefusesFloats) {
  const std::array<float, 1> values = {1.0F};
  expect_error([&] { to_integers(view_of(DType::float32, values)); }, ErrorCode::unsupported,
               "got float32");
}

TEST(TensorBuffer, StartsAtZero) {
  TensorBuffer buffer(DType::float32, {2, 3});
  EXPECT_EQ(buffer.count(), 6);
  EXPECT_THAT(buffer.floats(), testing::Each(0.0F));
  buffer.floats()[5] = 1.0F;
  EXPECT_EQ(to_floats(buffer.view())[5], 1.0F);
}

TEST(TensorBuffer, TakesValuesThatFillItsShape) {
  const std::array<float, 4> floats = {1.0F, 2.0F, 3.0F, 4.0F};
  const std::array<std::int32_t, 2> ids = {7, -1};
  EXPECT_THAT(TensorBuffer({2, 2}, floats).floats(), ElementsAreArray(floats));
  EXPECT_THAT(to_integers(TensorBuffer({2}, ids).view()), ElementsAre(7, -1));
  expect_error([&] { TensorBuffer({3}, floats); }, ErrorCode::internal, "values fill the shape");
  expect_error([&] { TensorBuffer({2}, ids).floats(); }, ErrorCode::internal, "float32");
}

TEST(TensorBuffer, AMovedBufferKeepsItsAddress) {
  TensorBuffer first(DType::float32, {100});
  const std::byte* address = first.bytes().data();
  const TensorBuffer second = std::move(first);
  EXPECT_EQ(second.bytes().data(), address);
}

TEST(TensorBuffer, SaysWhatItCannotAllocate) {
  expect_error([] { TensorBuffer(DType::float64, {1LL << 61}); }, ErrorCode::corrupt_data,
               "tensor bytes");
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // whose allocators end the process
  expect_error([] { TensorBuffer(DType::uint8, {1LL << 62}); }, ErrorCode::out_of_memory,
               "4611686018427387904 bytes");
#endif
}

TEST(Convert, GoesBetweenFloatingPointTypes) {
  const std::array<float, 3> values = {1.0F, -0.5F, 65504.0F};
  const TensorView singles = view_of(DType::float32, values);
  for (const DType dtype : {DType::float16, DType::float64, DType::float32}) {
    const TensorBuffer converted = convert(singles, dtype);
    EXPECT_EQ(converted.dtype(), dtype);
    EXPECT_EQ(converted.shape(), singles.shape);
    EXPECT_THAT(to_floats(converted.view()), ElementsAreArray(values)) << name(dtype);
  }
  EXPECT_THAT(to_floats(convert(singles, DType::bfloat16).view()),
              ElementsAre(1.0F, -0.5F, 65536.0F));
}

TEST(Convert, CopiesWhatStaysTheSame) {
  const std::array<std::int64_t, 2> ids = {1, -1};
  EXPECT_THAT(to_integers(convert(view_of(DType::int64, ids), DType::int64).view()),
              ElementsAreArray(ids));
}

TEST(Convert, RefusesWhatWouldChangeIntegers) {
  const std::array<std::int64_t, 2> ids = {1, -1};
  const TensorView view = view_of(DType::int64, ids);
  expect_error([&] { convert(view, DType::int32); }, ErrorCode::unsupported, "int64 to int32");
  expect_error([&] { convert(view, DType::float32); }, ErrorCode::unsupported, "int64");
}

TEST(ComputedTensor, IsReadLikeAStoredOne) {
  const std::array<float, 3> values = {1.0F, -2.0F, 3.0F};
  int computations = 0;
  const TensorView view = computed_tensor(DType::float32, {3}, [&](std::span<std::byte> out) {
    ++computations;
    std::memcpy(out.data(), values.data(), out.size());
  });
  EXPECT_EQ(view.size_bytes(), 12U);
  EXPECT_EQ(computations, 0);
  EXPECT_THAT(to_floats(view), ElementsAreArray(values));
  EXPECT_THAT(to_floats(convert(view, DType::float16).view()), ElementsAreArray(values));
  DenseTensor dense(view);
  const DenseTensor moved = std::move(dense);
  EXPECT_THAT(to_floats(moved.view()), ElementsAreArray(values));
  EXPECT_EQ(computations, 3);
}

TEST(DenseTensor, LeavesStoredBytesWhereTheyAre) {
  const std::array<float, 2> values = {1.0F, 2.0F};
  const TensorView view = view_of(DType::float32, values);
  EXPECT_EQ(DenseTensor(view).bytes().data(), view.bytes.data());
}

TEST(TensorMap, KeepsTheBytesOfWhatIsAdded) {
  TensorMap map;
  const std::array<float, 2> values = {1.0F, 2.0F};
  map.add("weight", TensorBuffer({2}, values));
  map.add("bias", TensorBuffer(DType::float32, {1}));
  EXPECT_THAT(to_floats(map.at("weight")), ElementsAreArray(values));
  expect_error([&] { map.at("scale"); }, ErrorCode::not_found, "scale");
}

}  // namespace
}  // namespace diptych
