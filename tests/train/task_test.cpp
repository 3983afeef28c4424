#include "train/task.h"

#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "diptych/error.h"
#include "libtorch/compute_device.h"
#include "support/support.h"
#include "text/tokenizer_spec.h"
#include "train/learner.h"
#include "train/teacher.h"

namespace diptych {
namespace {

/// A fixture's model and the pairs of one of its files of tensors.
struct Fixture {
  checkpoint::ModelFile file;
  network::Model model;
  TensorMap tensors;

  Fixture(const std::string& folder, const std::string& name)
      : file(checkpoint::load_model_file(test::data_path(folder))),
        model(network::make_model(file.config)),
        tensors(checkpoint::read_safetensors(test::data_path(folder) / name)) {}

  libtorch::Parameters parameters() const {
    return libtorch::parameters_from(model.parameters, file.weights, test::device());
  }

  train::Batch batch() const {
    const TensorView& pixels = tensors.at("pixels");
    const TensorView& tokens = tensors.at("tokens");
    const std::vector<std::int64_t> wide = to_integers(tokens);
    const std::vector<std::int32_t> ids(wide.begin(), wide.end());
    train::Batch batch;
    batch.pixels = to_floats(pixels);
    batch.side = static_cast<int>(pixels.shape[2]);
    batch.tokens = network::pack_tokens(model, ids, static_cast<int>(tokens.shape[1]));
    return batch;
  }

  std::unique_ptr<train::Learner> learner(std::unique_ptr<train::Task> task,
                                          const train::LearnerOptions& options = {}) const {
    return std::make_unique<train::Learner>(model, parameters(), std::move(task), options);
  }
};

double norm_of(std::span<const float> values) {
  double squares = 0.0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

class Captioning : public testing::Test {
 protected:
  const Fixture coca_{"open_clip_coca_captions", "training.safetensors"};

  std::unique_ptr<train::Task> task(double contrastive, double captioning) const {
    return train::captioning_task(coca_.model, train::contrastive_task(),
                                  {.contrastive = contrastive, .captioning = captioning});
  }
  double loss(double contrastive, double captioning) const {
    const auto learner = coca_.learner(task(contrastive, captioning));
    return learner->loss(coca_.batch()).item<double>();
  }
};

TEST_F(Captioning, LossesAreTheReferences) {
  EXPECT_NEAR(loss(1.0, 0.0), to_floats(coca_.tensors.at("contrastive")).front(),
              test::kLossTolerance);
  EXPECT_NEAR(loss(0.0, 2.0), to_floats(coca_.tensors.at("captioning")).front(),
              test::kLossTolerance);
}

TEST_F(Captioning, GradientsAreTheReferences) {
  const auto learner = coca_.learner(task(1.0, 2.0));
  learner->loss(coca_.batch()).backward();
  const auto& specs = coca_.model.parameters.specs();
  const TensorMap gradients =
      checkpoint::load_model_file(
          test::data_path("open_clip_coca_captions/caption_gradients.safetensors"))
          .weights;
  std::vector<std::vector<float>> expected;
  double whole = 0.0;
  for (const auto& spec : specs) {
    expected.push_back(to_floats(gradients.at(spec.name)));
    whole = std::hypot(whole, norm_of(expected.back()));
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const torch::Tensor gradient = learner->parameters()[i].grad();
    ASSERT_TRUE(gradient.defined()) << specs[i].name;
    const TensorBuffer buffer = libtorch::to_buffer(gradient);
    std::vector<float> difference(buffer.floats().begin(), buffer.floats().end());
    ASSERT_EQ(difference.size(), expected[i].size());
    for (std::size_t j = 0; j < difference.size(); ++j) difference[j] -= expected[i][j];
    EXPECT_LE(norm_of(difference),
              test::kGradientTolerance * norm_of(expected[i]) + test::kGradientNoise * whole)
        << specs[i].name;
  }
}

/// Captions' own losses add up over the parts of a batch.
TEST_F(Captioning, PartsOfABatchGiveTheSameStep) {
  const auto whole = coca_.learner(task(1.0, 2.0))->step(coca_.batch(), 1e-3);
  const auto parts = coca_.learner(task(1.0, 2.0), {.parts = 4})->step(coca_.batch(), 1e-3);
  EXPECT_NEAR(parts.loss, whole.loss, 1e-5);
  EXPECT_NEAR(parts.gradient_norm / whole.gradient_norm, 1.0, 1e-5);
}

/// A block over pictures hands gradients on to captions and to pictures.
TEST_F(Captioning, RecomputedBlocksGiveTheSameStep) {
  const auto held = coca_.learner(task(1.0, 2.0));
  const auto recomputed = coca_.learner(task(1.0, 2.0), {.recomputes_blocks = true});
  EXPECT_EQ(recomputed->step(coca_.batch(), 1e-3).loss, held->step(coca_.batch(), 1e-3).loss);
  for (std::size_t i = 0; i < held->parameters().size(); ++i)
    EXPECT_TRUE(recomputed->parameters()[i].equal(held->parameters()[i]))
        << coca_.model.parameters.specs()[i].name;
}

class Distillation : public testing::Test {
 protected:
  Fixture student_{"open_clip_vit_safetensors", "io.safetensors"};

  /// A vocabulary that the fixture's tower has room for.
  Distillation() {
    student_.file.tokenizer = {.kind = text::TokenizerSpec::Kind::wordpiece,
                               .vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\ncat\n"};
  }

  train::Batch batch() const {
    train::Batch batch = student_.batch();
    batch.teacher = student_.batch();
    return batch;
  }
  static torch::Tensor unit(const torch::Tensor& rows) {
    return torch::nn::functional::normalize(rows);
  }
};

/// open_clip's DistillClipLoss: whoever is its own teacher has the entropy of its scores besides.
TEST_F(Distillation, OfItsOwnTeacherAddsTheEntropy) {
  const train::Teacher teacher(student_.file, "student", test::device());
  const auto learner = student_.learner(train::distillation_task(teacher));
  const torch::NoGradGuard no_gradients;
  const train::Outputs features = teacher.features(batch(), libtorch::Autocast::off);
  const torch::Tensor logits =
      teacher.logit_scale() * unit(features.images).matmul(unit(features.texts).t());
  const auto entropy = [](const torch::Tensor& rows) {
    return -(rows.softmax(1) * rows.log_softmax(1)).sum(1).mean().item<double>();
  };
  const double alone = student_.learner(train::contrastive_task())->loss(batch()).item<double>();
  EXPECT_NEAR(learner->loss(batch()).item<double>(),
              alone + 0.5 * (entropy(logits) + entropy(logits.t())), test::kLossTolerance);
}

TEST_F(Distillation, TheTeacherLearnsNothing) {
  const train::Teacher teacher(student_.file, "student", test::device());
  const torch::Tensor before = teacher.features(batch(), libtorch::Autocast::off).images.clone();
  student_.learner(train::distillation_task(teacher))->step(batch(), 0.1);
  EXPECT_TRUE(teacher.features(batch(), libtorch::Autocast::off).images.equal(before));
}

TEST_F(Distillation, ATeacherHasWeights) {
  student_.file.weights = {};
  EXPECT_THROW(train::Teacher(student_.file, "student", test::device()), Error);
}

}  // namespace
}  // namespace diptych
