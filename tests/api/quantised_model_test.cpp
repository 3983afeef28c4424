#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "diptych/picture_files.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The embedded model: its tokenizer fits its text tower.
Model calibrated_fixture() {
  return Model::load();
}

std::vector<float> embedding_in(const Model& model, Precision precision) {
  return Encoder(model, {.precision = precision}).encode_text("a photo of a cat");
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

TEST(QuantisedModel, IsComputedInInt8UnlessToldOtherwise) {
  const test::TemporaryFolder folder;
  const std::vector<std::string> notes =
      convert_model(calibrated_fixture(), folder.path(), {.dtype = Precision::int8});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("weights in eight bits"),
                                 HasSubstr("of 48 made-up pictures and"), HasSubstr("MB")));
  const Model read = Model::load(folder.path().string());
  EXPECT_EQ(read.info().dtype, "int8, bfloat16");
  EXPECT_EQ(PackedModel(read).options().precision, Precision::int8);
  EXPECT_EQ(PackedModel(calibrated_fixture()).options().precision, Precision::fp32);
  EXPECT_EQ(embedding_in(read, Precision::automatic), embedding_in(read, Precision::int8));
  const std::vector<float> exact = embedding_in(calibrated_fixture(), Precision::fp32);
  for (const Precision precision :
       {Precision::int8, Precision::int8w, Precision::bf16, Precision::fp32}) {
    EXPECT_GT(cosine(embedding_in(read, precision), exact), 0.999) << name(precision);
  }
}

TEST(QuantisedModel, WrittenAgainItIsTheSameOrInFloatingPoint) {
  const test::TemporaryFolder folder;
  convert_model(calibrated_fixture(), folder.path() / "int8", {.dtype = Precision::int8});
  const Model read = Model::load((folder.path() / "int8").string());
  const auto notes = convert_model(read, folder.path() / "fp32", {.dtype = Precision::fp32});
  EXPECT_THAT(notes, testing::Contains(HasSubstr("of eight bits")));
  const Model floating = Model::load((folder.path() / "fp32").string());
  EXPECT_EQ(PackedModel(floating).options().precision, Precision::fp32);
  EXPECT_FALSE(floating.info().int8) << "what eight bits cost it no longer says";
  EXPECT_EQ(embedding_in(floating, Precision::fp32), embedding_in(read, Precision::fp32));
  test::expect_error(
      [&] { convert_model(read, folder.path() / "again", {.dtype = Precision::int8}); },
      ErrorCode::invalid_argument, "of eight bits already");
}

TEST(QuantisedModel, TakesTheUsersTextsAndPictures) {
  const test::TemporaryFolder folder;
  CalibrationSet set;
  for (int i = 0; i < 16; ++i) set.texts.push_back("text " + std::to_string(i));
  const std::vector<std::filesystem::path> images = {test::data_path("images")};
  set.pictures = expand_folders(images);
  set.pictures.resize(16);
  const std::vector<std::string> notes = convert_model(
      calibrated_fixture(), folder.path(), {.dtype = Precision::int8, .calibration = set});
  EXPECT_THAT(notes[1], HasSubstr("of 16 pictures and"));
  EXPECT_THAT(notes[1], HasSubstr("of 16 texts"));
}

TEST(QuantisedModelErrors, SayWhatTheSetOrFormLacks) {
  const test::TemporaryFolder folder;
  const auto expect_refused = [&](const ConvertOptions& options, ErrorCode code,
                                  const std::string& reason) {
    test::expect_error([&] { convert_model(calibrated_fixture(), folder.path() / "out", options); },
                       code, reason);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
  };
  expect_refused(
      {.dtype = Precision::int8, .calibration = {.texts = std::vector<std::string>(20, "one")}},
      ErrorCode::invalid_argument, "calibrate: got 1 different text, expected 16");
  expect_refused({.dtype = Precision::int8,
                  .calibration = {.pictures = std::vector<std::filesystem::path>(
                                      20, test::data_path("images/alpha.png"))}},
                 ErrorCode::invalid_argument, "calibrate: got 1 different picture, expected 16");
  test::expect_error(
      [&] {
        convert_model(Model::load(test::data_path("hf_one_tower/clip_image").string()),
                      folder.path() / "out",
                      {.dtype = Precision::int8, .calibration = {.texts = {"one", "two"}}});
      },
      ErrorCode::invalid_argument, "calibrate: got texts, expected none");
  expect_refused({.dtype = Precision::int8, .calibration = {.texts = {"one", "two"}}},
                 ErrorCode::invalid_argument,
                 "calibrate: got 2 different texts, expected 16 or more");
  expect_refused(
      {.dtype = Precision::int8,
       .calibration = {.pictures = std::vector<std::filesystem::path>(16, "no-such.png")}},
      ErrorCode::not_found, "no-such.png");
  test::expect_error(
      [&] {
        convert_model(Model::load(test::data_path("openai_vit/model.pt").string()),
                      folder.path() / "out", {.dtype = Precision::int8});
      },
      ErrorCode::unsupported, "a model without a tokenizer");
  expect_refused({.format = "open_clip", .dtype = Precision::int8}, ErrorCode::invalid_argument,
                 "int8 for another program's form");
}

}  // namespace
}  // namespace diptych
