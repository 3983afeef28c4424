// The gradients of one training step on whole models against what their reference programs gave
// (tests/data/fixture.py).
#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "libtorch/compute_device.h"
#include "support/support.h"
#include "train/learner.h"

namespace diptych {
namespace {

constexpr const char* kGradients = "gradients.safetensors";
/// Of models that are loaded in another form than they are stored in: under diptych's own names.
constexpr const char* kFusedGradients = "fused_gradients.safetensors";

TensorMap read_gradients(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / kFusedGradients))
    return checkpoint::read_safetensors(folder / kFusedGradients);
  return checkpoint::load_model_file(folder / kGradients).weights;
}

std::vector<std::string> fixtures() {
  std::vector<std::string> folders = test::data_folders_with(kGradients);
  const std::vector<std::string> fused = test::data_folders_with(kFusedGradients);
  folders.insert(folders.end(), fused.begin(), fused.end());
  return folders;
}

/// Learns from a fixture's pairs; reads what its program gave as the checkpoint that it is shaped
/// as.
struct ReferenceStep {
  checkpoint::ModelFile file;
  TensorMap gradients;
  train::Learner learner;
  train::Batch batch;

  explicit ReferenceStep(const std::filesystem::path& folder,
                         const train::LearnerOptions& options = {})
      : file(checkpoint::load_model_file(folder)),
        gradients(read_gradients(folder)),
        learner(network::make_model(file.config),
                libtorch::parameters_from(network::make_model(file.config).parameters, file.weights,
                                          test::device()),
                file.config.logit_bias ? train::sigmoid_task(network::make_model(file.config))
                                       : train::contrastive_task(),
                options) {
    const TensorMap io = checkpoint::read_safetensors(folder / "io.safetensors");
    const TensorView& pixels = io.at("pixels");
    const TensorView& tokens = io.at("tokens");
    const std::vector<std::int64_t> wide = to_integers(tokens);
    const std::vector<std::int32_t> ids(wide.begin(), wide.end());
    batch.pixels = to_floats(pixels);
    batch.side = static_cast<int>(pixels.shape[2]);
    batch.tokens = network::pack_tokens(learner.model(), ids, static_cast<int>(tokens.shape[1]));
  }
};

double norm(std::span<const float> values) {
  double squares = 0.0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

/// The gradient as floats; what took no part in the loss has none.
std::vector<float> gradient_of(const torch::Tensor& parameter) {
  if (!parameter.grad().defined()) return std::vector<float>(parameter.numel());
  const TensorBuffer buffer = libtorch::to_buffer(parameter.grad());
  return {buffer.floats().begin(), buffer.floats().end()};
}

class Gradients : public testing::TestWithParam<std::string> {};

TEST_P(Gradients, OfOneStepAreTheReferences) {
  ReferenceStep step(test::data_path(GetParam()));
  step.learner.loss(step.batch).backward();
  const auto& specs = step.learner.model().parameters.specs();
  double whole = 0.0;
  for (const auto& spec : specs) {
    if (spec.trained) whole = std::hypot(whole, norm(to_floats(step.gradients.at(spec.name))));
  }
  ASSERT_GT(whole, 0.0);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].trained) continue;
    std::vector<float> difference = gradient_of(step.learner.parameters()[i]);
    const std::vector<float> expected = to_floats(step.gradients.at(specs[i].name));
    ASSERT_EQ(difference.size(), expected.size()) << specs[i].name;
    for (std::size_t j = 0; j < expected.size(); ++j) difference[j] -= expected[j];
    // What cancels out, as keys' biases under softmax, is rounding beside all the others.
    EXPECT_LE(norm(difference),
              test::kGradientTolerance * norm(expected) + test::kGradientNoise * whole)
        << specs[i].name;
  }
}

/// Whether the tensors have the same bits, or are both undefined.
bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.equal(b));
}

/// Every tower with its blocks computed twice: the same loss and gradients, and running statistics
/// that have moved once.
TEST_P(Gradients, OfRecomputedBlocksAreTheSame) {
  ReferenceStep held(test::data_path(GetParam()));
  ReferenceStep recomputed(test::data_path(GetParam()), {.recomputes_blocks = true});
  const torch::Tensor expected = held.learner.loss(held.batch);
  const torch::Tensor got = recomputed.learner.loss(recomputed.batch);
  EXPECT_EQ(got.item<double>(), expected.item<double>());
  expected.backward();
  got.backward();
  const auto& specs = held.learner.model().parameters.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const torch::Tensor& one = held.learner.parameters()[i];
    const torch::Tensor& other = recomputed.learner.parameters()[i];
    EXPECT_TRUE(same(one.grad(), other.grad())) << specs[i].name;
    EXPECT_TRUE(one.equal(other)) << specs[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Gradients, testing::ValuesIn(fixtures()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace diptych
