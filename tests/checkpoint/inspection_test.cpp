#include "checkpoint/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;

TEST(Inspection, SaysWhatTheFilesState) {
  const InspectedFile got = inspect(data_path("openai_vit"));
  EXPECT_EQ(got.container, "TorchScript");
  EXPECT_EQ(got.family, "openai");
  EXPECT_EQ(got.certainty, Certainty::stated);
  EXPECT_EQ(got.tensors, 89U);
  EXPECT_EQ(got.dtypes.at("int64"), 3U);
  EXPECT_GT(got.dtypes.at("float16"), got.dtypes.at("float32"));
  EXPECT_EQ(got.numbers,
            got.dtypes.at("float16") + got.dtypes.at("float32") + got.dtypes.at("int64"));
  ASSERT_TRUE(got.model);
  EXPECT_EQ(got.model->config.embedding_width, 48);
  EXPECT_EQ(got.problem, "");
}

TEST(Inspection, SaysWhatWasAssumed) {
  const InspectedFile got = inspect(data_path("open_clip_quickgelu_train_checkpoint"));
  EXPECT_EQ(got.certainty, Certainty::assumed);
  EXPECT_THAT(got.model->assumptions, testing::SizeIs(1));
  EXPECT_EQ(got.metadata.at("epoch"), "3");
}

TEST(Inspection, SaysWhyARecognisedFileDoesNotLoad) {
  const test::TemporaryFolder folder;
  TensorMap tensors = read_safetensors(data_path("hf_clip/model.safetensors"));
  tensors.tensors.erase("visual_projection.weight");
  tensors.add("visual_projection.weight", TensorBuffer({1}, std::vector<float>(1)));
  write_safetensors(folder.path() / "a.safetensors", tensors);
  std::filesystem::copy(data_path("hf_clip/config.json"), folder.path());
  const InspectedFile got = inspect(folder.path());
  EXPECT_EQ(got.family, "huggingface_clip");
  EXPECT_EQ(got.certainty, Certainty::recognised);
  EXPECT_FALSE(got.model);
  EXPECT_THAT(got.problem, testing::HasSubstr("visual_projection.weight: got [1]"));
}

TEST(Inspection, NamesFamiliesThatCannotBeLoaded) {
  const test::TemporaryFolder folder;
  for (const auto& [tensor, family] : std::initializer_list<std::pair<std::string, std::string>>{
           {"visual.trunk.pos_embed", "open_clip_timm"}}) {
    TensorMap tensors;
    tensors.add(tensor, TensorBuffer({1}, std::vector<float>(1)));
    write_safetensors(folder.path() / "a.safetensors", tensors);
    const InspectedFile got = inspect(folder.path() / "a.safetensors");
    EXPECT_EQ(got.family, family);
    EXPECT_EQ(got.certainty, Certainty::recognised);
    EXPECT_THAT(got.problem, testing::HasSubstr("family " + family));
  }
}

TEST(Inspection, AsksForTheConfigOfASiglipModel) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("hf_siglip/model.safetensors"), folder.path());
  const InspectedFile got = inspect(folder.path());
  EXPECT_EQ(got.family, "huggingface_siglip");
  EXPECT_FALSE(got.model);
  EXPECT_THAT(got.problem, testing::HasSubstr("expected config.json"));
}

TEST(Inspection, CountsAFileOfNoKnownFamily) {
  const test::TemporaryFolder folder;
  TensorMap tensors;
  tensors.add("layer.weight", TensorBuffer({2, 3}, std::vector<float>(6)));
  write_safetensors(folder.path() / "a.safetensors", tensors, {{"note", "a test"}});
  const InspectedFile got = inspect(folder.path() / "a.safetensors");
  EXPECT_EQ(got.family, "");
  EXPECT_EQ(got.certainty, Certainty::unknown);
  EXPECT_EQ(got.first_tensor, "layer.weight");
  EXPECT_EQ(got.numbers, 6U);
  EXPECT_EQ(got.bytes, 24U);
  EXPECT_EQ(got.metadata.at("note"), "a test");
}

TEST(Inspection, RefusesWhatIsNoCheckpoint) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "a.txt", "hello");
  expect_error([&] { inspect(folder.path() / "a.txt"); }, ErrorCode::unsupported, "a.txt");
}

}  // namespace
}  // namespace diptych::checkpoint
