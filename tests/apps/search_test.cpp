#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/pictures_fixture.h"
#include "base/atomic_file.h"
#include "diptych/gallery.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

class Search : public WithPictures {};

// The library's gallery searches the same pictures.
TEST_F(Search, FindsWhatTheGalleryFinds) {
  const ProgramRun run = this->run("search", {"a red thing", path("pictures"), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json matches = Json::parse(run.output);
  const Encoder encoder(Model::load(path("model")));
  const std::vector<fs::path> folder = {path("pictures")};
  const Gallery gallery(encoder, folder);
  const std::vector<Gallery::Match> expected = gallery.find("a red thing", 10);
  ASSERT_EQ(matches.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(matches[i]["rank"], i + 1);
    EXPECT_EQ(matches[i]["image"], expected[i].path.string());
    EXPECT_EQ(matches[i]["similarity"].get<float>(), expected[i].similarity);
  }
}

TEST_F(Search, APictureFindsItselfFirst) {
  const ProgramRun run = this->run(
      "search", {path("pictures/green.bmp"), path("pictures"), "--top", "1", "--batch", "1"});
  EXPECT_EQ(run.output, " 1.0000  " + path("pictures/green.bmp") + "\n");
}

TEST_F(Search, APictureNamedTwiceIsFoundOnce) {
  const ProgramRun run = this->run(
      "search", {"red", path("pictures"), path("pictures"), path("pictures/red.bmp"), "--csv"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 4) << run.output;
  EXPECT_THAT(run.errors, HasSubstr("4 further names of the same files left out"));
}

TEST_F(Search, ABrokenPictureIsListedAndTheOthersFound) {
  write_file(path("pictures/broken.bmp"), "broken");
  const ProgramRun run = this->run("search", {"red", path("pictures"), "--csv"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 4);
  EXPECT_THAT(run.errors, HasSubstr("broken.bmp"));
}

TEST_F(Search, WhatAQueryOfWordsHidesIsSaid) {
  const ProgramRun folder = this->run("search", {path("pictures"), path("pictures")});
  EXPECT_THAT(folder.errors, HasSubstr("is taken for words, though it is a folder's name too"));
  std::string words;
  for (int i = 0; i < 100; ++i) words += "red ";
  const ProgramRun cut = this->run("search", {words, path("pictures")});
  EXPECT_THAT(cut.errors, HasSubstr("the query is longer than the model's"));
  const ProgramRun unknown = this->run("search", {"a zebra", path("pictures")});
  EXPECT_THAT(unknown.errors, HasSubstr("the query has words that the model does not know"));
  const ProgramRun joined = this->run("search", {"dark_red", path("pictures")});
  EXPECT_THAT(joined.errors, HasSubstr("'_' in the query is no blank to the model"));
  const ProgramRun known = this->run("search", {"red", path("pictures")});
  EXPECT_THAT(known.errors, testing::Not(HasSubstr("note:")));
}

TEST_F(Search, AQueryThatIsNeitherIsRefused) {
  EXPECT_EQ(this->run("search", {path("none.png"), path("pictures")}).status, 4);
  EXPECT_EQ(this->run("search", {" ", path("pictures")}).status, 2);
  EXPECT_EQ(this->run("search", {"red"}).status, 2);
}

TEST_F(Search, AQueryThatIsNoTextIsNoted) {
  EXPECT_THAT(this->run("search", {"\"red\"", path("pictures")}).errors,
              HasSubstr("quotes around a query belong to it"));
  EXPECT_THAT(this->run("search", {"a {label}", path("pictures")}).errors,
              HasSubstr("a query is taken as it is"));
  EXPECT_THAT(this->run("search", {"red -blue", path("pictures")}).errors,
              HasSubstr("without operators"));
  write_file(path("words.txt"), "red\n");
  EXPECT_THAT(this->run("search", {"@" + path("words.txt"), path("pictures")}).errors,
              HasSubstr("no file is read for it"));
}

TEST_F(Search, PicturesAsSimilarAsTheLastOneShownAreSaidToBeThere) {
  fs::copy_file(path("pictures/red.bmp"), path("pictures/red again.bmp"));
  const std::string note = "further pictures are as similar as the last one shown";
  EXPECT_THAT(
      this->run("search", {path("pictures/red.bmp"), path("pictures"), "--top", "1"}).errors,
      HasSubstr(note));
  EXPECT_THAT(
      this->run("search", {path("pictures/red.bmp"), path("pictures"), "--top", "2"}).errors,
      testing::Not(HasSubstr(note)));
}

}  // namespace
}  // namespace diptych::test
