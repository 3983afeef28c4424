#include "train/operations.h"

#include <gtest/gtest.h>

#include "checkpoint/model_file.h"
#include "checkpoint/safetensors.h"
#include "support/support.h"
#include "train/parameters.h"
#include "train/towers.h"

namespace diptych {
namespace {

struct Fixture {
  const char* folder;
  const char* checkpoint;
};

class Reference : public testing::TestWithParam<Fixture> {};

/// Both towers on libtorch against the features the reference program computed.
TEST_P(Reference, FeaturesAgree) {
  const std::filesystem::path folder = test::data_path(GetParam().folder);
  const auto file = checkpoint::load_model_file(folder / GetParam().checkpoint);
  const network::Model model = network::make_model(file.config);
  const train::Parameters parameters =
      train::parameters_from(model.parameters, file.weights, torch::kCPU);
  const TensorMap io = checkpoint::read_safetensors(folder / "io.safetensors");
  const torch::NoGradGuard no_gradients;
  train::Operations operations(model.parameters, parameters, /*training=*/false);

  const TensorView& pixels = io.at("pixels");
  const std::vector<float> values = to_floats(pixels);
  const network::Pixels input{values.data(), static_cast<int>(pixels.shape[0]),
                              static_cast<int>(pixels.shape[2]), static_cast<int>(pixels.shape[3])};
  const TensorView& tokens = io.at("tokens");
  const std::vector<std::int64_t> wide = to_integers(tokens);
  const std::vector<std::int32_t> ids(wide.begin(), wide.end());

  // open_clip's CoCa gives features of unit length.
  const bool normalised = std::string(GetParam().folder) == "open_clip_coca";
  const auto expect_rows = [&io, normalised](const torch::Tensor& got, const char* name) {
    const std::vector<float> expected = to_floats(io.at(name));
    const TensorBuffer features =
        train::to_buffer(normalised ? torch::nn::functional::normalize(got) : got);
    const auto width = static_cast<std::size_t>(features.shape()[1]);
    ASSERT_EQ(features.floats().size(), expected.size());
    for (std::size_t begin = 0; begin < expected.size(); begin += width) {
      EXPECT_LE(test::relative_error(features.floats().subspan(begin, width),
                                     std::span(expected).subspan(begin, width)),
                test::kFeatureTolerance)
          << name << ", row " << begin / width;
    }
  };
  expect_rows(network::image_features(operations, model, input), "image_features");
  expect_rows(
      network::text_features(operations, model,
                             network::pack_tokens(model, ids, static_cast<int>(tokens.shape[1]))),
      "text_features");
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, Reference,
    testing::Values(Fixture{"openai_vit", "model.pt"}, Fixture{"openai_resnet", "model.pt"},
                    Fixture{"open_clip_vit_safetensors", ""},
                    Fixture{"open_clip_quickgelu_train_checkpoint", ""},
                    Fixture{"open_clip_head80_bin", ""}, Fixture{"hf_clip", ""},
                    Fixture{"open_clip_siglip", ""}, Fixture{"open_clip_convnext", ""},
                    Fixture{"open_clip_coca", ""}, Fixture{"eva_clip_psz14", ""},
                    Fixture{"eva01_fused_qkv", ""}, Fixture{"eva02_rope_swiglu_subln", ""},
                    Fixture{"eva02_bigE_postnorm", ""}, Fixture{"eva_8b_rmsnorm", ""},
                    Fixture{"eva_18b_rmsnorm_postnorm", ""}, Fixture{"open_clip_eva02_timm", ""},
                    Fixture{"open_clip_pe_core", ""}, Fixture{"open_clip_vitamin", ""},
                    Fixture{"open_clip_pe_core_gigantic", ""}, Fixture{"chinese_clip_vit", ""},
                    Fixture{"chinese_clip_resnet", ""}, Fixture{"hf_chinese_clip", ""},
                    Fixture{"open_clip_xlm_roberta", ""}),
    [](const auto& info) { return std::string(info.param.folder); });

}  // namespace
}  // namespace diptych
