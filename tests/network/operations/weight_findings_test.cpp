#include "network/operations/weight_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tensor/finite.h"

namespace diptych::network {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WeightFindingsTest : public ::testing::Test {
 protected:
  void look(const std::string& name, const TensorBuffer& numbers, bool trained = true) {
    const TensorView view = numbers.view();
    findings_.look({name, numbers.shape(), {}, trained}, view,
                   largest_magnitude(view.bytes, view.dtype));
  }

  /// Numbers about 0.02, and one more.
  static TensorBuffer weights(float odd, DType dtype = DType::float32) {
    std::vector<float> numbers(64 * 64);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = 0.02F * std::sin(static_cast<float>(i));
    numbers[1234] = odd;
    return convert(TensorBuffer({64, 64}, numbers).view(), dtype);
  }

  WeightFindings findings_;
};

TEST_F(WeightFindingsTest, OrdinaryWeightsGiveNothingAway) {
  look("matrix", weights(0.3F));
  look("outlier", weights(15.0F));
  look("bias", TensorBuffer(DType::float32, {64}));
  look("token_types", TensorBuffer(DType::float32, {1, 64}));
  look("logit_scale", TensorBuffer({}, std::vector<float>{4.6F}));
  look("running_var", weights(3e5F), /*trained=*/false);
  look("large", TensorBuffer({64}, std::vector<float>(64, 3e5F)));
  EXPECT_THAT(findings_.notes(), IsEmpty());
}

TEST_F(WeightFindingsTest, AScaleThatTrainingLeavesNowhereIsFound) {
  look("logit_scale", TensorBuffer({}, std::vector<float>{14.3F}));
  EXPECT_THAT(findings_.notes(),
              ElementsAre(HasSubstr("logit_scale: its exponential is 1.62e+06")));
}

TEST_F(WeightFindingsTest, AFlippedExponentBitIsFoundInEveryType) {
  look("fp32", weights(3.4e36F));
  look("fp16", weights(0.02F * 65536.0F, DType::float16));
  look("bf16", weights(-1e30F, DType::bfloat16));
  EXPECT_THAT(findings_.notes(),
              ElementsAre(HasSubstr("bf16: 1 of 4096 numbers lie far beyond the others"),
                          HasSubstr("fp16: 1 of 4096"), HasSubstr("3.4e+36 beside 0.0141")));
}

TEST_F(WeightFindingsTest, AVectorMayBeDamagedToo) {
  std::vector<float> bias(512, 0.0F);
  bias[7] = 1e20F;
  look("bias", TensorBuffer({512}, bias));
  EXPECT_THAT(findings_.notes(), ElementsAre(HasSubstr("1e+20 beside 0")));
}

TEST_F(WeightFindingsTest, MatricesOfZerosAreNamed) {
  for (const char* name : {"a", "b", "c", "c", "d", "e"})
    look(name, TensorBuffer(DType::float16, {8, 8}));
  EXPECT_THAT(findings_.notes(), ElementsAre(HasSubstr("zeros alone, which no training leaves: a, "
                                                       "b, c and 2 more")));
}

TEST_F(WeightFindingsTest, ManyDamagedTensorsAreCounted) {
  for (const char* name : {"a", "b", "c", "d", "e"}) look(name, weights(1e9F));
  EXPECT_THAT(findings_.notes(), testing::SizeIs(4));
  EXPECT_THAT(findings_.notes().back(), HasSubstr("2 more tensors"));
}

}  // namespace
}  // namespace diptych::network
