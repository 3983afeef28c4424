#include "options/resume_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"

namespace diptych::options {
namespace {

TEST(ResumeOptions, EveryValueThatChangesTheResultIsNamed) {
  const auto saved = result_options({});
  TrainOptions now;
  now.weight_decay = 0.1;
  now.json_text_key = "captions";
  now.augmentation.hue = 0.25;
  const std::vector<Difference> differences = compare_options(saved, now);
  ASSERT_EQ(differences.size(), 3U);
  EXPECT_EQ(differences[0].what, "aug-hue");
  EXPECT_EQ(differences[1].what, "json-text-key");
  EXPECT_EQ(differences[2].what, "wd");
  EXPECT_EQ(differences[2].was, "0.2");
  EXPECT_EQ(differences[2].is, "0.1");
}

TEST(ResumeOptions, WhereAndHowItRunsIsFree) {
  TrainOptions now;
  now.workers = now.threads = 3;
  now.logs = "elsewhere";
  now.save_every_steps = 7;
  now.resume = "latest";
  EXPECT_TRUE(compare_options(result_options({}), now).empty());
}

TEST(ResumeOptions, EpochsMayGrowOnly) {
  TrainOptions before;
  before.epochs = 9;
  TrainOptions now;
  now.epochs = 10;
  EXPECT_TRUE(compare_options(result_options(before), now).empty());
  now.epochs = 8;
  EXPECT_EQ(compare_options(result_options(before), now).size(), 1U);
}

TEST(ResumeOptions, WhatARunDidNotKnowHadItsDefault) {
  TrainOptions now;
  EXPECT_TRUE(compare_options({}, now).empty());
  now.beta1 = 0.8;
  EXPECT_EQ(compare_options({}, now).size(), 1U);
}

TEST(ResumeOptions, OnlyWhatChangesTheResultCanBeAllowed) {
  TrainOptions options;
  options.allow_change = "wd,model,train-data,epochs";
  check_allowed_changes(options);
  EXPECT_TRUE(is_allowed(options, "wd"));
  EXPECT_FALSE(is_allowed(options, "w"));
  for (const char* name : {"wdd", "threads", "wd,,lr"}) {
    options.allow_change = name;
    EXPECT_THROW(check_allowed_changes(options), Error) << name;
  }
}

}  // namespace
}  // namespace diptych::options
