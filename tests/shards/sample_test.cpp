#include "shards/sample.h"

#include <gtest/gtest.h>

namespace diptych::shards {
namespace {

TEST(SplitSampleName, CutsAtTheFirstDotOfTheBaseName) {
  const auto name = split_sample_name("a.b/0001.seg.PNG");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->key, "a.b/0001");
  EXPECT_EQ(name->extension, "seg.png");
  EXPECT_EQ(split_sample_name("x.jpg")->key, "x");
}

TEST(SplitSampleName, LeavesOutFilesOfNoSample) {
  for (const char* path : {"", "README", "a.b/README", ".hidden", "a/._x.jpg", "x.", "a/",
                           "__index__/x.jpg", "a/__meta.json__"}) {
    EXPECT_FALSE(split_sample_name(path)) << path;
  }
  EXPECT_TRUE(split_sample_name("__x.jpg"));
  EXPECT_TRUE(split_sample_name("__/x.jpg"));
}

TEST(Sample, FindsItsImageAndText) {
  const std::string_view words = "a dog";
  const std::array<std::byte, 2> pixels = {};
  Sample sample;
  EXPECT_FALSE(sample.image());
  EXPECT_FALSE(sample.text("txt"));
  sample.parts = {{"txt", std::as_bytes(std::span(words))}, {"webp", pixels}, {"seg.png", {}}};
  EXPECT_EQ(sample.image()->data(), pixels.data());
  EXPECT_EQ(sample.text("txt"), words);
}

}  // namespace
}  // namespace diptych::shards
