#include "diptych/gallery.h"

#include <gtest/gtest.h>

#include "api/fixtures.h"
#include "base/atomic_file.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

class GalleryTest : public ::testing::Test {
 protected:
  GalleryTest() : encoder_(load()) {
    fs::create_directory(pictures());
    test::write_picture(pictures() / "a.bmp", 255, 0, 0);
    test::write_picture(pictures() / "b.bmp", 0, 255, 0);
    write_file(pictures() / "c.bmp", "broken");
    test::write_picture(pictures() / "d.bmp", 0, 0, 255);
  }

  fs::path pictures() const { return folder_.path() / "pictures"; }
  Model load() const {
    test::write_tiny_model(folder_.path() / "model");
    return Model::load((folder_.path() / "model").string());
  }
  Gallery gallery() const {
    const std::vector<fs::path> paths = {pictures()};
    return Gallery(encoder_, paths);
  }

  test::TemporaryFolder folder_;
  Encoder encoder_;
};

TEST_F(GalleryTest, HoldsWhatCouldBeReadAndListsTheRest) {
  const Gallery gallery = this->gallery();
  EXPECT_EQ(gallery.paths(), (std::vector<fs::path>{pictures() / "a.bmp", pictures() / "b.bmp",
                                                    pictures() / "d.bmp"}));
  ASSERT_EQ(gallery.failures().size(), 1U);
  EXPECT_EQ(gallery.failures()[0].index, 2U);
}

TEST_F(GalleryTest, APictureFindsItselfFirst) {
  const Gallery gallery = this->gallery();
  for (std::size_t i = 0; i < gallery.size(); ++i) {
    const auto matches = gallery.find(gallery.embeddings().row(i), 2);
    ASSERT_EQ(matches.size(), 2U);
    EXPECT_EQ(matches[0].path, gallery.paths()[i]);
    EXPECT_NEAR(matches[0].similarity, 1.0, test::accumulation_tolerance(16, 1.0));
    EXPECT_LE(matches[1].similarity, matches[0].similarity);
  }
}

TEST_F(GalleryTest, ASentenceFindsAtMostAllPictures) {
  const Gallery gallery = this->gallery();
  EXPECT_EQ(gallery.find("a photo of red", 10).size(), 3U);
  EXPECT_THROW(gallery.find("\xC3(", 10), Error);
}

TEST_F(GalleryTest, AnEmbeddingOfAnotherWidthIsRefused) {
  const std::vector<float> embedding(15);
  EXPECT_THROW(gallery().find(embedding, 1), Error);
}

}  // namespace
}  // namespace diptych
