#include "checkpoint/configs/diptych_json.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;

/// What write_diptych_json makes of a model, with a field changed.
Json changed(const std::string& pointer, const Json& value) {
  ModelFile model;
  model.references = ReferenceEmbeddings{};
  model.references->picture.width = 1;
  model.references->picture.height = 2;
  model.references->picture.rgb.assign(6, 9);
  Json json = write_diptych_json(model);
  json[Json::json_pointer(pointer)] = value;
  return json;
}

void expect_json_refused(const std::string& pointer, const Json& value, ErrorCode code,
                         const std::string& reason) {
  expect_error([&] { read_diptych_json(changed(pointer, value), "diptych.json"); }, code, reason);
}

TEST(DiptychJson, ReadsWhatItWrites) {
  const ModelFile model = read_diptych_json(changed("/name", "n"), "diptych.json");
  EXPECT_EQ(model.config, network::ModelConfig{});
  EXPECT_EQ(model.preprocessing, Preprocessing{});
  EXPECT_EQ(model.provenance.name, "n");
  EXPECT_EQ(model.references->picture.rgb.size(), 6U);
}

TEST(DiptychJson, TakesTheTowersOfOlderFilesForClips) {
  Json json = changed("/name", "n");
  for (const std::string field : {"patch_bias", "class_token", "norm_pre", "projection"})
    json["image_tower"].erase(field);
  for (const std::string field : {"causal", "projection"}) json["text_tower"].erase(field);
  json.erase("logit_bias");
  EXPECT_EQ(read_diptych_json(json, "diptych.json").config, network::ModelConfig{});
}

TEST(DiptychJson, ReadsTheBertThatItWrites) {
  ModelFile model;
  model.config.text = network::BertConfig{.first_position = 2,
                                          .token_types = 1,
                                          .pad_id = 1,
                                          .pooling = network::BertPooling::mean,
                                          .projection_width = 640};
  model.tokenizer.kind = TokenizerSpec::Kind::none;
  Json json = write_diptych_json(model);
  EXPECT_EQ(read_diptych_json(json, "diptych.json").config, model.config);
  EXPECT_EQ(read_diptych_json(json, "diptych.json").tokenizer, model.tokenizer);
  json["text_tower"]["pooling"] = "max";
  expect_error([&] { read_diptych_json(json, "diptych.json"); }, ErrorCode::unsupported, "max");
}

TEST(DiptychJson, ReadsFromWhichCosineOnALabelFits) {
  EXPECT_FALSE(read_diptych_json(changed("/name", "n"), "diptych.json").fits_from);
  const ModelFile model = read_diptych_json(changed("/fits_from", 0.5), "diptych.json");
  EXPECT_EQ(model.fits_from, 0.5F);
  EXPECT_EQ(write_diptych_json(model)["fits_from"], 0.5F);
  for (const double cosine : {-1.0, 1.0, 1e300})
    expect_json_refused("/fits_from", cosine, ErrorCode::corrupt_data, "a cosine between");
  expect_json_refused("/fits_from", "0.5", ErrorCode::corrupt_data, "fits_from");
}

TEST(DiptychJson, RefusesOtherVersions) {
  expect_json_refused("/diptych", 2, ErrorCode::unsupported, "diptych: got 2");
  expect_json_refused("/diptych", nullptr, ErrorCode::corrupt_data, "diptych is missing");
}

TEST(DiptychJson, RefusesFieldsThatItDoesNotKnow) {
  for (const std::string where : {"", "/image_tower", "/text_tower", "/preprocessing", "/tokenizer",
                                  "/provenance", "/references", "/references/picture"}) {
    expect_json_refused(where + "/surplus", 1, ErrorCode::unsupported, "surplus");
  }
}

TEST(DiptychJson, RefusesWordsThatItDoesNotKnow) {
  expect_json_refused("/image_tower/architecture", "swin", ErrorCode::unsupported, "swin");
  expect_json_refused("/text_tower/architecture", "lstm", ErrorCode::unsupported, "lstm");
  expect_json_refused("/image_tower/pooling", "median", ErrorCode::unsupported, "median");
  expect_json_refused("/text_tower/pooling", "median", ErrorCode::unsupported, "median");
  expect_json_refused("/text_tower/projection", "cubic", ErrorCode::unsupported, "cubic");
  expect_json_refused("/text_tower/activation", "mish", ErrorCode::unsupported, "mish");
  expect_json_refused("/preprocessing/resize", "stretch", ErrorCode::unsupported, "stretch");
  expect_json_refused("/tokenizer/kind", "words", ErrorCode::unsupported, "words");
  expect_json_refused("/tokenizer", {{"kind", "wordpiece"}, {"vocabulary", "../x"}},
                      ErrorCode::unsupported, "vocabulary");
}

TEST(DiptychJson, RefusesBrokenValues) {
  expect_json_refused("/logit_bias", -10, ErrorCode::corrupt_data, "logit_bias");
  expect_json_refused("/embedding_width", "512", ErrorCode::corrupt_data, "embedding_width");
  expect_json_refused("/preprocessing/mean", {1, 2}, ErrorCode::corrupt_data, "mean");
  expect_json_refused("/preprocessing/background", {0, 0, 256}, ErrorCode::corrupt_data,
                      "background");
  expect_json_refused("/references/picture/rgb", "AAAA", ErrorCode::corrupt_data, "1 x 2 x 3");
  expect_json_refused("/references/picture/rgb", "!", ErrorCode::corrupt_data, "base64");
  expect_json_refused("/references/picture/width", -1, ErrorCode::corrupt_data, "rgb");
  expect_json_refused("/references/texts", {1}, ErrorCode::corrupt_data, "texts");
}

}  // namespace
}  // namespace diptych::checkpoint
