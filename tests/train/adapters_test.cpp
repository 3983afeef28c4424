#include "train/adapters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "diptych/error.h"
#include "golden_run.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "train/tower_modes.h"

namespace diptych {
namespace {

using test::GoldenRun;
using train::Adapters;
using train::AdapterSpec;

TrainOptions modes(const char* image, const char* text) {
  TrainOptions options;
  options.image_mode = image;
  options.text_mode = text;
  return options;
}

std::unique_ptr<train::Learner> learner_of(const GoldenRun& golden, const TrainOptions& options,
                                           train::LearnerOptions learning = {
                                               .optimiser = GoldenRun::optimiser_options()}) {
  network::Model model = network::make_model(golden.config());
  libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, golden.initial, test::device());
  const train::TrainedPart part = train::trained_part(options, model);
  train::lock_others(part, parameters);
  Random random(3);
  Adapters adapters(model.parameters, part.adapters, options.lora_alpha, random, test::device());
  return std::make_unique<train::Learner>(std::move(model), std::move(parameters),
                                          train::contrastive_task(), learning, std::move(adapters));
}

/// The parameter of this name among those.
torch::Tensor named(const train::Learner& learner, const libtorch::Parameters& parameters,
                    const char* name) {
  return parameters[static_cast<std::size_t>(learner.model().parameters.find(name))];
}

network::ParameterSpec matrix(const char* name) {
  return {.name = name, .shape = {12, 4}, .initialiser = {}};
}

TEST(Adapters, ChangeTheMatricesOfBlocks) {
  EXPECT_EQ(train::adapted_parts(matrix("visual.transformer.resblocks.3.attn.in_proj_weight")), 3);
  EXPECT_EQ(train::adapted_parts(matrix("text.encoder.layer.0.attention.self.Wqkv.weight")), 3);
  EXPECT_EQ(train::adapted_parts(matrix("transformer.resblocks.0.attn.out_proj.weight")), 1);
  EXPECT_EQ(train::adapted_parts(matrix("transformer.resblocks.0.mlp.c_fc.weight")), 1);
  for (const char* other : {"token_embedding.weight", "visual.proj", "text.proj.0.weight",
                            "visual.positional_embedding", "visual.attn_pool.q.weight"})
    EXPECT_EQ(train::adapted_parts(matrix(other)), 0) << other;
  EXPECT_EQ(train::adapted_parts(
                {.name = "visual.layer1.0.conv1.weight", .shape = {4, 4, 3, 3}, .initialiser = {}}),
            0);
}

/// The sum that is trained with, worked out matrix by matrix.
TEST(Adapters, AddAProductToEachStackedMatrix) {
  network::ParameterTable table;
  table.declare("blocks.0.qkv.weight", {6, 4}, network::Initialiser::constant(0.0F));
  const libtorch::Parameters base = {torch::rand({6, 4})};
  Random random(1);
  const Adapters adapters(table, {AdapterSpec{.parameter = 0, .parts = 3, .rank = 2}}, 8.0, random,
                          torch::kCPU);
  const torch::Tensor down = adapters.parameters()[0];
  const torch::Tensor up = adapters.parameters()[1];
  const std::vector<libtorch::Sharding> whole(1);
  EXPECT_TRUE(adapters.applied_to(base, whole)[0].equal(base[0])) << "at first nothing is changed";
  EXPECT_LE(down.abs().max().item<double>(), 0.5) << "one over the root of the inputs";
  {
    const torch::NoGradGuard no_gradients;
    up.uniform_(-1, 1);
  }
  const torch::Tensor sum = adapters.applied_to(base, whole)[0];
  for (int part = 0; part < 3; ++part) {
    const torch::Tensor expected =
        base[0].narrow(0, 2 * part, 2) + 4.0 * up[part].matmul(down[part]);
    const double difference = (sum.narrow(0, 2 * part, 2) - expected).abs().max().item<double>();
    EXPECT_LE(difference, test::accumulation_tolerance(3, 5.0)) << part;
  }
  EXPECT_EQ(train::numbers_of(table, {.parameter = 0, .parts = 3, .rank = 2}),
            down.numel() + up.numel());
}

TEST(Adapters, AloneMoveInTheirTower) {
  const GoldenRun golden;
  const auto learner = learner_of(golden, modes("lora:2", "frozen"));
  const libtorch::Parameters before = learner->weights();
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& tensor : before) copies.push_back(tensor.clone());
  for (int step = 0; step < 2; ++step) learner->step(golden.batch(learner->model(), step), 1e-2);
  const libtorch::Parameters after = learner->weights();
  const auto& specs = learner->model().parameters.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const bool moves = specs[i].name == "logit_scale" ||
                       (specs[i].name.starts_with("visual.") && train::adapted_parts(specs[i]) > 0);
    EXPECT_NE(copies[i].equal(after[i]), moves) << specs[i].name;
  }
  const torch::Tensor change =
      named(*learner, after, "visual.transformer.resblocks.0.mlp.c_fc.weight") -
      copies[static_cast<std::size_t>(
          learner->model().parameters.find("visual.transformer.resblocks.0.mlp.c_fc.weight"))];
  const torch::Tensor values = std::get<1>(torch::svd(change));
  EXPECT_GT(values[1].item<double>(), 1e-6);
  EXPECT_LT(values[2].item<double>(), 1e-5 * values[0].item<double>()) << "of rank two";
}

/// At the beginning, where a product is zero, its B learns as the matrix itself would, through A.
TEST(Adapters, HaveTheGradientsOfTheirMatrix) {
  const GoldenRun golden;
  const char* name = "transformer.resblocks.1.attn.in_proj_weight";
  const auto full = learner_of(golden, modes("full", "full"));
  const train::Batch batch = golden.batch(full->model(), 0);
  full->loss(batch).backward();
  const torch::Tensor gradient = named(*full, full->parameters(), name).grad();

  network::ParameterTable table;
  table.declare(name, gradient.sizes().vec(), network::Initialiser::constant(0.0F));
  Random random(5);
  const Adapters adapters(table, {AdapterSpec{.parameter = 0, .parts = 3, .rank = 4}}, 0.0, random,
                          test::device());
  libtorch::Parameters changed = full->parameters();
  const auto place = static_cast<std::size_t>(full->model().parameters.find(name));
  changed[place] = adapters.applied_to({changed[place].detach()}, {{}})[0];
  const train::StepModel step{.model = full->model(), .parameters = changed};
  const auto task = train::contrastive_task();
  const train::Outputs outputs = task->outputs(step, batch);
  task->common_loss(step, outputs.images, outputs.texts, batch).backward();
  const torch::Tensor expected = torch::bmm(gradient.view({3, -1, gradient.size(1)}),
                                            adapters.parameters()[0].detach().transpose(1, 2));
  EXPECT_LE((adapters.parameters()[1].grad() - expected).norm().item<double>(),
            1e-5 * expected.norm().item<double>());
}

struct Way {
  const char* name;
  train::LearnerOptions options;
};

class AdapterSteps : public testing::TestWithParam<Way> {};

/// Parts of a batch and recomputed blocks take the same way back through the products.
TEST_P(AdapterSteps, AreTheSameInPartsAndRecomputed) {
  const GoldenRun golden;
  const TrainOptions options = modes("lora:4", "lora:2");
  const auto plain = learner_of(golden, options);
  train::LearnerOptions learning = GetParam().options;
  learning.optimiser = GoldenRun::optimiser_options();
  const auto other = learner_of(golden, options, learning);
  for (int step = 0; step < 3; ++step) {
    const train::Batch batch = golden.batch(plain->model(), step);
    const auto expected = plain->step(batch, 1e-3);
    const auto got = other->step(batch, 1e-3);
    EXPECT_NEAR(got.loss, expected.loss, 1e-5);
    EXPECT_NEAR(got.gradient_norm / expected.gradient_norm, 1.0, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, AdapterSteps,
                         testing::Values(Way{"parts", {.parts = 5}},
                                         Way{"recomputed", {.recomputes_blocks = true}},
                                         Way{"both", {.parts = 3, .recomputes_blocks = true}}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Adapters, SavedAndLoadedContinueBitForBit) {
  const GoldenRun golden;
  TrainOptions options = modes("lora:4", "full");
  options.lora_alpha = 2.0;
  const train::LearnerOptions learning{.optimiser = GoldenRun::optimiser_options(),
                                       .average_decay = 0.9};
  const auto uninterrupted = learner_of(golden, options, learning);
  TensorMap saved;
  for (int step = 0; step < 6; ++step) {
    uninterrupted->step(golden.batch(uninterrupted->model(), step), 1e-3);
    if (step == 2) uninterrupted->save(saved);
  }
  const auto resumed = learner_of(golden, options, learning);
  resumed->load(saved);
  for (int step = 3; step < 6; ++step) resumed->step(golden.batch(resumed->model(), step), 1e-3);
  const libtorch::Parameters got = resumed->weights();
  const libtorch::Parameters expected = uninterrupted->weights();
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string& name = resumed->model().parameters.specs()[i].name;
    EXPECT_TRUE(got[i].equal(expected[i])) << name;
    EXPECT_TRUE(resumed->average().parameters()[i].equal(uninterrupted->average().parameters()[i]))
        << name;
  }
  EXPECT_THROW(learner_of(golden, modes("lora:3", "full"), learning)->load(saved), Error)
      << "of another rank";
}

/// Whatever the modes were before, what they made of the weights stays.
TEST(Adapters, ThatStartAfreshStartFromTheSums) {
  const GoldenRun golden;
  const auto before = learner_of(golden, modes("lora:4", "full"));
  before->step(golden.batch(before->model(), 0), 1e-2);
  TensorMap saved;
  before->save(saved);
  for (const TrainOptions& options : {modes("lora:3", "lora:2"), modes("full", "full")}) {
    const auto after = learner_of(golden, options);
    train::SavedState state(saved, train::SavedState::Missing::starts_afresh);
    after->load(state);
    EXPECT_FALSE(state.afresh().empty());
    const libtorch::Parameters got = after->weights();
    const libtorch::Parameters expected = before->weights();
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].equal(expected[i])) << i;
  }
}

/// What a checkpoint holds under a weight's own name is the sum, as any model has it.
TEST(Adapters, AreMergedInACheckpoint) {
  const GoldenRun golden;
  const auto learner = learner_of(golden, modes("lora:4", "lora:4"));
  learner->step(golden.batch(learner->model(), 0), 1e-2);
  TensorMap saved;
  learner->save(saved);
  const char* name = "transformer.resblocks.0.attn.in_proj_weight";
  const TensorBuffer sum = libtorch::to_buffer(named(*learner, learner->weights(), name));
  EXPECT_EQ(to_floats(saved.at(name)),
            std::vector<float>(sum.floats().begin(), sum.floats().end()));
  EXPECT_NE(to_floats(saved.at(name)), to_floats(golden.initial.at(name)));
}

TEST(TrainedPart, RefusesAdaptersWithoutBlocks) {
  network::ModelConfig config = GoldenRun().config();
  config.image = network::ModifiedResNetConfig{
      .image_size = 32, .width = 4, .layers = {1, 1, 1, 1}, .heads = 2};
  EXPECT_THROW(train::trained_part(modes("lora:4", "full"), network::make_model(config)), Error);
}

TEST(TrainedPart, RefusesWhatATowerDoesNotHave) {
  const network::Model model = network::make_model(GoldenRun().config());
  const auto part = [&](const TrainOptions& options) { train::trained_part(options, model); };
  EXPECT_NO_THROW(part(modes("lora:64", "full")));
  test::expect_error([&] { part(modes("lora:65", "full")); }, ErrorCode::invalid_argument,
                     "image-mode: got lora:65, expected at most lora:64");
  TrainOptions locked;
  locked.lock_text = true;
  locked.lock_text_unlocked_layers = 4;
  EXPECT_NO_THROW(part(locked));
  locked.lock_text_unlocked_layers = 5;
  test::expect_error([&] { part(locked); }, ErrorCode::invalid_argument,
                     "lock-text-unlocked-layers: got 5, expected at most 4");
}

TEST(TrainedPart, CountsWhatIsTrained) {
  const network::Model model = network::make_model(GoldenRun().config());
  const auto count = [&](const char* image, const char* text) {
    return train::count_trained(model.parameters, train::trained_part(modes(image, text), model));
  };
  EXPECT_EQ(count("frozen", "frozen"), 1U) << "the scale";
  // Two blocks of width 64: q, k, v and output 4 x 2 x 64, the MLP 2 x (64 + 256), times the rank.
  EXPECT_EQ(count("lora:3", "frozen"), 1U + 2 * 3 * (4 * 2 * 64 + 2 * (64 + 256)));
  EXPECT_GT(count("full", "frozen"), 100000U);
}

}  // namespace
}  // namespace diptych
