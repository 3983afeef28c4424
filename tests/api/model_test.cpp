#include "diptych/model.h"

#include <gtest/gtest.h>

#include "api/fixtures.h"
#include "diptych/error.h"
#include "diptych/inspection.h"
#include "support/support.h"

namespace diptych {
namespace {

ErrorCode code_of(const std::string& name) {
  try {
    Model::load(name);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

TEST(Model, AFolderBindsTowersPreprocessingAndTokenizer) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Model model = Model::load(folder.path().string());
  EXPECT_EQ(model.info().embedding_width, 16);
  EXPECT_EQ(model.info().image_size, 8);
  EXPECT_EQ(model.info().patch_size, 4);
  EXPECT_EQ(model.info().preprocessing.size, 8);
  EXPECT_EQ(model.info().tokenizer, "wordpiece");
  EXPECT_NEAR(model.info().logit_scale, 20.0, test::accumulation_tolerance(1, 20.0 * 3.0));
  EXPECT_EQ(model.tokenizer().encode("猫", 8), (std::vector<std::int32_t>{2, 12, 3}));
}

TEST(Model, ATowerThatNoTokenizerFitsSaysSoWhenItIsAskedFor) {
  const Model model = Model::load(test::data_path("openai_vit").string());
  EXPECT_EQ(model.info().tokenizer, "none");
  EXPECT_THROW(model.tokenizer(), Error);
}

TEST(Model, AMissingOneIsNotFound) {
  EXPECT_EQ(code_of("no/such/model"), ErrorCode::not_found);
}

TEST(Model, TheEmbeddedOneIsThereWhenItIsListedAsAvailable) {
  const std::vector<ListedModel> models = list_models();
  ASSERT_EQ(models.size(), 1U);
  if (models[0].available) {
    EXPECT_EQ(Model::load().info().name, models[0].name);
    EXPECT_GT(models[0].bytes, 0U);
  } else {
    EXPECT_EQ(code_of(""), ErrorCode::not_found);
  }
}

TEST(Inspection, SaysHowSureItIs) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path());
  const Inspection inspection = inspect(folder.path().string());
  EXPECT_EQ(inspection.certainty, Certainty::stated);
  ASSERT_TRUE(inspection.model);
  EXPECT_EQ(inspection.model->embedding_width, 16);
  EXPECT_GT(inspection.tensors, 0U);
}

}  // namespace
}  // namespace diptych
