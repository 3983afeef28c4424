#include "train/global_contrastive_task.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "golden_run.h"
#include "libtorch/compute_device.h"
#include "support/support.h"

namespace diptych::train {
namespace {

constexpr double kTolerance = 1e-5;

nlohmann::json golden_run() {
  return nlohmann::json::parse(read_text_file(test::data_path("training/global_contrastive.json")));
}

GlobalContrastiveOptions options_of(const nlohmann::json& golden) {
  return {.gamma = golden["gamma"], .decay_epochs = golden["decay_epochs"], .rho = golden["rho"]};
}

torch::Tensor leaf(const nlohmann::json& values, std::int64_t rows) {
  return torch::tensor(values.get<std::vector<float>>())
      .reshape({rows, -1})
      .to(test::device())
      .set_requires_grad(true);
}

/// The scale alone: the task looks at nothing else of a model.
struct ScaleModel {
  network::Model model = network::make_model(test::GoldenRun().config());
  libtorch::Parameters parameters = libtorch::zero_parameters(model.parameters, test::device());
  explicit ScaleModel(double log_scale) {
    scale() =
        torch::tensor(static_cast<float>(log_scale)).to(test::device()).set_requires_grad(true);
  }
  torch::Tensor& scale() { return parameters[static_cast<std::size_t>(model.logit_scale)]; }
  StepModel step() const { return {.model = model, .parameters = parameters}; }
};

Batch batch_of(const nlohmann::json& golden) {
  Batch batch;
  batch.samples = golden["samples"].get<std::vector<std::int64_t>>();
  batch.epoch = golden["epoch"];
  for (std::size_t i = 0; i < batch.samples.size(); ++i) {
    const std::vector<std::int32_t> ids = {1};
    batch.tokens.append(ids, ids);
  }
  return batch;
}

void expect_near(const torch::Tensor& got, const nlohmann::json& expected) {
  EXPECT_LE(
      test::relative_error(libtorch::to_buffer(got).floats(), expected.get<std::vector<float>>()),
      kTolerance);
}

TEST(GlobalContrastiveTask, IsTheReferences) {
  const nlohmann::json golden = golden_run();
  const auto task = global_contrastive_task(golden["samples"], options_of(golden));
  for (const auto& expected : golden["batches"]) {
    const Batch batch = batch_of(expected);
    const torch::Tensor images = leaf(expected["images"], batch.pairs());
    const torch::Tensor texts = leaf(expected["texts"], batch.pairs());
    ScaleModel model(golden["log_scale"]);
    const torch::Tensor loss = task->common_loss(model.step(), images, texts, batch);
    loss.backward();
    task->step_taken();
    EXPECT_NEAR(loss.item<double>(), expected["loss"].get<double>(), kTolerance);
    expect_near(images.grad(), expected["image_gradient"]);
    expect_near(texts.grad(), expected["text_gradient"]);
    EXPECT_NEAR(model.scale().grad().item<double>(), expected["scale_gradient"].get<double>(),
                kTolerance);
  }
  TensorMap saved;
  task->save(saved);
  const std::vector<float> logarithms = to_floats(saved.at("optimizer.fastclip.estimates"));
  const auto expected_images = golden["image_estimates"].get<std::vector<double>>();
  const auto expected_texts = golden["text_estimates"].get<std::vector<double>>();
  for (std::size_t i = 0; i < expected_images.size(); ++i) {
    EXPECT_NEAR(std::exp(logarithms[i]) / std::max(expected_images[i], 1e-30),
                expected_images[i] == 0.0 ? 0.0 : 1.0, 1e-4)
        << i;
    EXPECT_NEAR(
        std::exp(logarithms[expected_images.size() + i]) / std::max(expected_texts[i], 1e-30),
        expected_texts[i] == 0.0 ? 0.0 : 1.0, 1e-4)
        << i;
  }
}

TEST(GlobalContrastiveTask, GoesOnFromWhatWasSavedAndForgetsStepsThatWereLeftOut) {
  const nlohmann::json golden = golden_run();
  const auto loss_of = [&](Task& task, std::size_t place) {
    const auto& expected = golden["batches"][place];
    const Batch batch = batch_of(expected);
    ScaleModel model(golden["log_scale"]);
    return task
        .common_loss(model.step(), leaf(expected["images"], batch.pairs()),
                     leaf(expected["texts"], batch.pairs()), batch)
        .item<double>();
  };
  const auto task = global_contrastive_task(golden["samples"], options_of(golden));
  loss_of(*task, 0);
  task->step_taken();
  loss_of(*task, 2);  // not taken
  TensorMap saved;
  task->save(saved);
  const auto resumed = global_contrastive_task(golden["samples"], options_of(golden));
  const double fresh = loss_of(*resumed, 1);
  train::SavedState state(saved);
  resumed->load(state);
  const double expected = loss_of(*task, 1);
  EXPECT_EQ(loss_of(*resumed, 1), expected);
  EXPECT_NE(fresh, expected);
  EXPECT_NEAR(expected, golden["batches"][1]["loss"].get<double>(), kTolerance);
}

/// A pair of the same group is no negative: the batch is as one without it, but for its own part.
TEST(GlobalContrastiveTask, GroupsAreNotEachOthersNegatives) {
  Batch batch = batch_of({{"samples", {0, 1}}, {"epoch", 0}});
  batch.groups = {5, 5};
  ScaleModel model(3.0);
  const torch::Tensor rows = torch::rand({2, 4}).to(test::device()).set_requires_grad(true);
  const auto task = global_contrastive_task(2);
  const torch::Tensor loss = task->common_loss(model.step(), rows, rows, batch);
  EXPECT_EQ(loss.item<double>(), 0.0) << "nobody has a negative";
  loss.backward();
  EXPECT_EQ(rows.grad().abs().max().item<double>(), 0.0);
}

/// Scores so far apart that their exponentials are no numbers in float32.
TEST(GlobalContrastiveTask, IsFiniteAtTheLargestScale) {
  const Batch batch = batch_of({{"samples", {0, 1}}, {"epoch", 3}});
  ScaleModel model(std::log(100.0));
  const torch::Tensor images = torch::tensor({{1.0F, 0.0F}, {-1.0F, 0.0F}}).to(test::device());
  const torch::Tensor texts = (-images).set_requires_grad(true);
  const auto task = global_contrastive_task(2);
  const torch::Tensor loss = task->common_loss(model.step(), images, texts, batch);
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  EXPECT_TRUE(libtorch::all_finite(texts.grad()));
}

}  // namespace
}  // namespace diptych::train
