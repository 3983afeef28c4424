// A model of published size of every family: random weights written as the family stores them, read
// back, and run by both executors. tests/parity/full_size compares such models with the reference
// programs; the giants have no test but of their config and names (tests/parity/giants).

#include <gtest/gtest.h>

#include <functional>

#include "checkpoint/configs/architectures.h"
#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/export_model.h"
#include "checkpoint/load.h"
#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "engine/random_model.h"
#include "libtorch/compute_device.h"
#include "libtorch/operations.h"
#include "libtorch/parameters.h"
#include "network/published_models.h"
#include "support/support.h"

namespace diptych {
namespace {

using checkpoint::ExportFormat;
using checkpoint::ModelFile;

struct RealSize {
  std::string name;
  std::function<ModelFile()> describe;
  ExportFormat format;
  std::string family;
};

ModelFile architecture(const std::string& name, bool quick_gelu) {
  Json config = *checkpoint::find_architecture(name);
  config["quick_gelu"] = quick_gelu;
  return checkpoint::read_open_clip_config(config, name);
}

ModelFile chinese_clip() {
  ModelFile model{.config = test::chinese_vit_b_16()};
  checkpoint::bind_chinese_clip(model);
  return model;
}

class RealSizeTest : public testing::TestWithParam<RealSize> {};

/// The same rows from both executors, which share no arithmetic.
void expect_same_rows(const TensorBuffer& got, const torch::Tensor& expected) {
  const TensorBuffer rows = libtorch::to_buffer(expected);
  ASSERT_EQ(got.shape(), rows.shape());
  const auto width = static_cast<std::size_t>(got.shape().back());
  for (std::size_t begin = 0; begin < rows.floats().size(); begin += width)
    EXPECT_LE(test::relative_error(got.floats().subspan(begin, width),
                                   rows.floats().subspan(begin, width)),
              test::kFeatureTolerance)
        << "row " << begin / width;
}

TEST_P(RealSizeTest, IsReadAndRunByBothExecutors) {
  const test::TemporaryFolder folder;
  {
    ModelFile model = GetParam().describe();
    model.weights = test::random_weights(network::make_model(model.config), 1);
    checkpoint::export_model(folder.path(), model, GetParam().format, DType::float16);
  }
  const ModelFile file = checkpoint::load_model_file(folder.path());
  EXPECT_EQ(file.config, GetParam().describe().config);
  EXPECT_EQ(file.provenance.family, GetParam().family);
  const network::Model model = network::make_model(file.config);

  const int side = network::image_size(file.config.image);
  const auto values = test::random_floats(static_cast<std::size_t>(3) * side * side, 2);
  const network::Pixels picture{values.data(), 1, side, side};
  const network::Tokens texts =
      test::random_tokens({5, 12}, network::vocabulary_size(file.config.text), 3);

  const auto pool = std::make_shared<ThreadPool>(2);
  const engine::Encoder encoder(
      engine::on_cpu(std::make_shared<engine::Weights>(model, file.weights, *pool), pool));
  const TensorBuffer image_features = encoder.encode_images(picture);
  const TensorBuffer text_features = encoder.encode_texts(texts);

  const torch::NoGradGuard no_gradients;
  const libtorch::Parameters parameters =
      libtorch::parameters_from(model.parameters, file.weights, test::device());
  libtorch::Operations operations(model.parameters, parameters, {});
  expect_same_rows(image_features, network::image_features(operations, model, picture));
  expect_same_rows(text_features, network::text_features(operations, model, texts));
}

INSTANTIATE_TEST_SUITE_P(
    Families, RealSizeTest,
    testing::Values(
        RealSize{"OpenAiVitB32", [] { return architecture("ViT-B-32", true); },
                 ExportFormat::openai, "openai"},
        RealSize{"OpenAiResNet50", [] { return architecture("RN50", true); }, ExportFormat::openai,
                 "openai"},
        RealSize{"OpenClipVitB32", [] { return architecture("ViT-B-32", false); },
                 ExportFormat::open_clip, "open_clip"},
        RealSize{"HuggingFaceClipVitB32", [] { return architecture("ViT-B-32", true); },
                 ExportFormat::huggingface, "huggingface_clip"},
        RealSize{"HuggingFaceSiglipB16", [] { return architecture("ViT-B-16-SigLIP", false); },
                 ExportFormat::huggingface, "huggingface_siglip"},
        RealSize{"ChineseClipVitB16", chinese_clip, ExportFormat::chinese_clip, "chinese_clip"},
        RealSize{"EvaClip02B16", [] { return architecture("EVA02-B-16", false); },
                 ExportFormat::eva, "eva_clip"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace diptych
