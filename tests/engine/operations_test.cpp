#include "engine/operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/layer_list.h"
#include "engine/random_model.h"

namespace diptych {
namespace {

using engine::Operations;
using engine::Tensor;
using engine::Weights;
using network::Activation;

/// The first layer of a list that is so wide.
const network::Linear& layer_of(const engine::LayerList& list, int inputs, int outputs) {
  return *std::ranges::find_if(list.linears, [&](const network::Linear& layer) {
    return layer.inputs == inputs && layer.outputs == outputs;
  });
}

TEST(OperationsTest, AnMlpGivesTheBitsOfItsTwoLayersInEveryPrecision) {
  const network::Model model = network::make_model(test::small_vit(Activation::gelu));
  const TensorMap stored = test::random_weights(model, 1);
  const engine::LayerList layers = engine::list_layers(model);
  const network::Linear& in = layer_of(layers, 72, 290);
  const network::Linear& out = layer_of(layers, 290, 72);
  const network::ParameterId words = *std::ranges::find_if(
      layers.embeddings, [&](auto id) { return model.parameters.spec(id).shape.front() == 97; });
  std::vector<std::int32_t> rows(97);
  std::iota(rows.begin(), rows.end(), 0);
  ThreadPool pool(2);
  for (const Precision precision :
       {Precision::fp32, Precision::bf16, Precision::int8w, Precision::int8}) {
    const Weights weights(model, stored, pool, precision);
    Operations operations(weights, pool);
    const Tensor x = operations.embed(words, operations.indices(rows));
    const Tensor hidden = operations.linear(x, in, Activation::gelu, nullptr);
    const Tensor expected = operations.linear(hidden, out, Activation::none, &x);
    const Tensor got = operations.mlp(x, in, Activation::gelu, out, &x);
    ASSERT_EQ(got.rows(), 97);
    for (int row = 0; row < got.rows(); ++row)
      ASSERT_TRUE(std::equal(got.row(row), got.row(row) + got.width(), expected.row(row)))
          << "row " << row << ", precision " << static_cast<int>(precision);
  }
}

}  // namespace
}  // namespace diptych
