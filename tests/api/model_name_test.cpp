#include "api/model_name.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::api {
namespace {

using Json = nlohmann::json;

/// open_clip's table of weights: every model with every tag (tests/data/model_facts).
TEST(KnownFacts, AreWhatOpenClipsTableSays) {
  const Json facts = Json::parse(read_text_file(test::data_path("model_facts/open_clip.json")));
  int tags = 0;
  for (const auto& [model, trainings] : facts.at("pretrained").items()) {
    for (const auto& [tag, stated] : trainings.items()) {
      const std::string name = model + "/" + tag;
      const auto known = known_facts(name);
      ASSERT_TRUE(known && known->preprocessing) << name;
      EXPECT_FALSE(known->guessed);
      const Preprocessing& preprocessing = *known->preprocessing;
      EXPECT_EQ(Json(preprocessing.mean), Json(stated.at("mean").get<std::array<float, 3>>()))
          << name;
      EXPECT_EQ(Json(preprocessing.std), Json(stated.at("std").get<std::array<float, 3>>()))
          << name;
      EXPECT_EQ(preprocessing.mode == ResizeMode::squash, stated.at("resize_mode") == "squash")
          << name;
      EXPECT_EQ(preprocessing.interpolation == Interpolation::bilinear,
                stated.at("interpolation") == "bilinear")
          << name;
      EXPECT_EQ(known->quick_gelu, stated.value("quick_gelu", false)) << name;
      const int size = facts.at("configs").at(model).at("vision_cfg").at("image_size");
      EXPECT_EQ(preprocessing.size, size) << name;
      ++tags;
    }
  }
  EXPECT_EQ(tags, 196);
}

TEST(KnownFacts, AreGuessedFromAPublishedFilesName) {
  const test::TemporaryFolder folder;
  const std::string published = "vit_b_32-quickgelu-laion400m_e31-d867053b.pt";
  write_file(folder.path() / published, "");
  const auto known = known_facts((folder.path() / published).string());
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->guessed);
  EXPECT_EQ(known->architecture, "ViT-B-32");
  EXPECT_EQ(known->quick_gelu, true);
  write_file(folder.path() / "mine.pt", "");
  EXPECT_FALSE(known_facts((folder.path() / "mine.pt").string()));
  EXPECT_FALSE(known_facts("no such model"));
}

}  // namespace
}  // namespace diptych::api
