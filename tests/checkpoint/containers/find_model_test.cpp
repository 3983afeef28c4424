#include "checkpoint/containers/find_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace diptych::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A few names of open_clip's.
const std::vector<std::string> kModel = {"visual.conv1.weight", "visual.proj",
                                         "transformer.resblocks.0.ln_1.weight",
                                         "token_embedding.weight", "logit_scale"};

bool is_model(std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [](std::string_view name) {
    return name.ends_with("transformer.resblocks.0.ln_1.weight");
  });
}

void append(std::vector<TensorName>& names, const std::string& prefix, std::size_t dictionary = 0) {
  for (const std::string& name : kModel) names.push_back({prefix + name, dictionary});
}

std::string prefix_of(const std::string& prefix) {
  std::vector<TensorName> names;
  append(names, prefix);
  const auto model = find_model(names, is_model);
  return model ? model->prefix : "none";
}

TEST(FindModel, FindsAnyPrefix) {
  for (const std::string prefix : {"", "model.", "clip_model.", "net.", "a.b.c.", "student.0."})
    EXPECT_EQ(prefix_of(prefix), prefix);
}

TEST(FindModel, FindsNoneWhereNoNamesAreAModels) {
  const std::vector<TensorName> names = {{"loss"}, {"layer1.conv.weight"}, {"text.bias"}};
  EXPECT_FALSE(find_model(names, is_model));
  EXPECT_FALSE(find_model({}, is_model));
}

TEST(FindModel, TakesNoOptimiserForAModel) {
  std::vector<TensorName> names;
  for (const std::string& name : kModel) {
    names.push_back({"optimizer.state." + name + ".exp_avg", 16 + name.size() + 1});
    names.push_back({"optimizer.state." + name + ".exp_avg_sq", 16 + name.size() + 1});
  }
  append(names, "net.", 4);
  const auto model = find_model(names, is_model);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->prefix, "net.");
  EXPECT_THAT(model->members, ElementsAre(10, 11, 12, 13, 14));
  EXPECT_THAT(model->notes, IsEmpty());
}

TEST(FindModel, SaysWhichOfSeveralCopiesItTook) {
  std::vector<TensorName> names;
  append(names, "ema.average.", 12);
  append(names, "model.", 6);
  const auto model = find_model(names, is_model);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->prefix, "model.");
  EXPECT_EQ(model->members.size(), kModel.size());
  EXPECT_THAT(model->notes, ElementsAre("The file holds such weights more than once: model were "
                                        "taken, ema.average were not."));
}

TEST(FindModel, LeavesACopyThatLiesWithinTheOthersDictionary) {
  std::vector<TensorName> names;
  append(names, "");
  append(names, "shadow.");
  const auto model = find_model(names, is_model);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->prefix, "");
  EXPECT_EQ(model->members.size(), kModel.size());
  EXPECT_THAT(model->notes, ElementsAre(HasSubstr("shadow were not")));
}

TEST(FindModel, CountsWhatLiesBesideTheModelInItsDictionary) {
  std::vector<TensorName> names;
  append(names, "state_dict.model.", 11);
  names.push_back({"state_dict.criterion.margin", 11});
  names.push_back({"loss", 0});  // beside the dictionary: no part of any model
  const auto model = find_model(names, is_model);
  ASSERT_TRUE(model);
  EXPECT_THAT(model->notes, ElementsAre("Tensors beside the model were not used: 1, "
                                        "state_dict.criterion.margin first."));
}

TEST(FindModel, LeavesStrayNamesInAModelsOwnDictionaryToItsCheck) {
  std::vector<TensorName> names;
  append(names, "");
  names.push_back({"stray.weight"});
  EXPECT_EQ(find_model(names, is_model)->members.size(), kModel.size() + 1);
}

TEST(FindModel, StripsWrappersWhereverTheyAre) {
  EXPECT_EQ(without_wrappers("module.visual.proj"), "visual.proj");
  EXPECT_EQ(without_wrappers("visual._orig_mod.transformer.resblocks.0._orig_mod.ln_1.bias"),
            "visual.transformer.resblocks.0.ln_1.bias");
  EXPECT_EQ(without_wrappers("module"), "module");
  EXPECT_EQ(without_wrappers("modules.a"), "modules.a");
}

}  // namespace
}  // namespace diptych::checkpoint
