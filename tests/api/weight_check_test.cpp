// What a model's weights give away where no checksum does.
#include "api/weight_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "checkpoint/containers/safetensors.h"
#include "diptych/convert.h"
#include "diptych/inspection.h"
#include "diptych/packed_model.h"
#include "support/support.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Change = void (*)(TensorBuffer&);

void set_zero(TensorBuffer& weights) {
  std::ranges::fill(weights.bytes(), std::byte{0});
}

void flip_exponent_bit(TensorBuffer& weights) {
  weights.bytes()[4 * 100 + 3] ^= std::byte{0x40};
}

class DamagedModel : public ::testing::Test {
 protected:
  /// Writes a model of our own form in which one tensor is changed.
  std::string damage(const std::string& tensor, Change change) const {
    const std::filesystem::path folder = folder_.path() / "damaged";
    convert_model(Model::load(test::data_path("openai_vit").string()), folder);
    TensorMap weights = checkpoint::read_safetensors(folder / "model.safetensors");
    TensorBuffer changed = convert(weights.at(tensor), DType::float32);
    change(changed);
    weights.add(tensor, std::move(changed));
    checkpoint::write_safetensors(folder_.path() / "weights", weights);
    std::filesystem::rename(folder_.path() / "weights", folder / "model.safetensors");
    return folder.string();
  }

  std::filesystem::path out() const { return folder_.path() / "out"; }

  test::TemporaryFolder folder_;
};

void expect_note_everywhere(const std::string& model, const std::filesystem::path& out,
                            const std::string& part) {
  EXPECT_THAT(inspect(model).notes, ElementsAre(HasSubstr(part)));
  EXPECT_THAT(PackedModel(Model::load(model)).notes(), ElementsAre(HasSubstr(part)));
  EXPECT_THAT(convert_model(Model::load(model), out, {.format = "open_clip"}),
              ElementsAre(HasSubstr(part)));
}

TEST_F(DamagedModel, AProjectionOfZerosIsNotedByWhoeverReadsIt) {
  const std::string model = damage("visual.proj", set_zero);
  EXPECT_THAT(inspect(model).notes, ElementsAre(HasSubstr("zeros alone")));
  expect_note_everywhere(model, out(), "visual.proj");
}

TEST_F(DamagedModel, AFlippedBitIsNotedByWhoeverReadsIt) {
  for (const char* tensor : {"token_embedding.weight", "visual.ln_post.bias"}) {
    std::filesystem::remove_all(folder_.path() / "damaged");
    std::filesystem::remove_all(out());
    expect_note_everywhere(damage(tensor, flip_exponent_bit), out(), tensor);
  }
}

TEST_F(DamagedModel, InspectionNotesWhatIsNotFinite) {
  const std::string model = damage("visual.proj", [](TensorBuffer& weights) {
    weights.floats()[3] = std::numeric_limits<float>::quiet_NaN();
  });
  EXPECT_THAT(inspect(model).notes, ElementsAre(HasSubstr("visual.proj: got NaN or infinity")));
}

TEST(UndamagedModel, GivesNothingAway) {
  EXPECT_THAT(inspect().notes, IsEmpty());
  for (const char* model :
       {"openai_vit", "openai_resnet", "open_clip_xlm_roberta", "open_clip_roberta",
        "open_clip_siglip", "open_clip_convnext", "open_clip_coca", "open_clip_mobileclip",
        "open_clip_vitamin", "chinese_clip_vit", "eva02_rope_swiglu_subln", "hf_siglip"}) {
    const std::string path = test::data_path(model).string();
    EXPECT_THAT(inspect(path).notes, IsEmpty()) << model;
    EXPECT_THAT(PackedModel(Model::load(path)).notes(), IsEmpty()) << model;
  }
}

}  // namespace
}  // namespace diptych
