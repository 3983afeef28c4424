// What every command says of a model whose files leave something open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/program.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kWrongInput = 2;

/// A model of open_clip's with QuickGELU whose config is not there, and its reference.
class LoadOptionsTest : public ::testing::Test {
 protected:
  LoadOptionsTest() {
    std::filesystem::copy(data_path("open_clip_quickgelu_train_checkpoint/epoch_3.pt"),
                          folder_.path());
  }

  ProgramRun verify(std::vector<std::string> options) const {
    const std::string reference =
        data_path("open_clip_quickgelu_train_checkpoint/io.safetensors").string();
    options.insert(options.begin(), {"verify", folder_.path().string(), "--against", reference});
    return run_diptych(options);
  }

  TemporaryFolder folder_;
};

TEST_F(LoadOptionsTest, WhatWasAssumedIsSaidInOneLine) {
  const ProgramRun run = verify({});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.error_lines(), 1);
  EXPECT_THAT(run.errors, HasSubstr("assumed: "));
  EXPECT_THAT(run.errors, HasSubstr("heads of width 64"));
  EXPECT_THAT(run.errors, HasSubstr("GELU was assumed"));
  EXPECT_THAT(run.errors, HasSubstr("preprocessing was assumed"));
}

TEST_F(LoadOptionsTest, StatedFactsTakeTheAssumptionsPlace) {
  const ProgramRun run = verify({"--quick-gelu", "--heads", "2,2"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.errors, Not(HasSubstr("GELU was assumed")));
  EXPECT_THAT(run.errors, Not(HasSubstr("heads of width 64")));
  EXPECT_EQ(verify({"--no-quick-gelu", "--heads", "2"}).status, 1);
}

TEST_F(LoadOptionsTest, StrictRefusesAssumptions) {
  const ProgramRun run = verify({"--strict"});
  EXPECT_EQ(run.status, kWrongInput);
  EXPECT_THAT(run.errors, HasSubstr("strict: "));
  const std::string stated = data_path("openai_vit").string();
  EXPECT_EQ(run_diptych({"verify", stated, "--strict", "--against",
                         data_path("openai_vit/io.safetensors").string()})
                .status,
            0);
}

TEST_F(LoadOptionsTest, RefusesHeadsThatAreNoNumbers) {
  for (const char* heads : {"0", "-1", "two", "2,", "2,3,4", ""}) {
    const ProgramRun run = verify({std::string("--heads=") + heads});
    EXPECT_EQ(run.status, kWrongInput) << heads;
    EXPECT_THAT(run.errors, HasSubstr("--heads"));
  }
}

// The embedded model's files, as those of any folder of our own, state everything.
TEST(LoadOptionsOfTheEmbeddedModel, AreComparedWithWhatItsFilesSay) {
  const ProgramRun heads = run_diptych({"verify", "--heads", "7"});
  EXPECT_EQ(heads.status, kWrongInput);
  EXPECT_THAT(heads.errors, HasSubstr("contradiction: heads of the image tower"));
  const ProgramRun both = run_diptych({"verify", "--quick-gelu"});
  const ProgramRun neither = run_diptych({"verify", "--no-quick-gelu"});
  EXPECT_EQ(both.status + neither.status, kWrongInput) << both.errors << neither.errors;
}

TEST_F(LoadOptionsTest, EveryCommandTakesThem) {
  const std::string model = folder_.path().string();
  const TemporaryFolder out;
  const ProgramRun run =
      run_diptych({"convert", model, (out.path() / "a").string(), "--quick-gelu", "--heads", "2"});
  EXPECT_EQ(run.status, 0) << run.errors;
  const ProgramRun refused = run_diptych({"tokenize", "--model", model}, "\"a cat\"\n");
  EXPECT_THAT(refused.errors, HasSubstr("assumed: "));
}

}  // namespace
}  // namespace diptych::test
