#include "shards/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;

ErrorCode code_of(std::string_view text) {
  try {
    expand_sources(text);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(ExpandSources, CountsBraceRangesWithTheirZeros) {
  EXPECT_THAT(expand_sources("a{008..011}.tar"),
              ElementsAre(Source{"a008.tar", "a009.tar", "a010.tar", "a011.tar"}));
  EXPECT_THAT(expand_sources("{9..10}.tar"), ElementsAre(Source{"9.tar", "10.tar"}));
}

TEST(ExpandSources, MultipliesBracesAndSplitsSources) {
  EXPECT_THAT(expand_sources("{a,b}{0..1}.tar::c.csv"),
              ElementsAre(Source{"a0.tar", "a1.tar", "b0.tar", "b1.tar"}, Source{"c.csv"}));
}

TEST(ExpandSources, TakesAFileWhoseNameIsAPattern) {
  const diptych::test::TemporaryFolder folder;
  const std::string name = (folder.path() / "a[1].tar").string();
  std::ofstream(name) << "x";
  std::ofstream(folder.path() / "a1.tar") << "x";
  EXPECT_THAT(expand_sources(name), ElementsAre(Source{name}));
}

TEST(ExpandSources, SaysWhatAFolderWithoutShardsLacks) {
  const diptych::test::TemporaryFolder folder;
  EXPECT_THAT([&] { expand_sources(folder.path().string()); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("expected .tar files")));
  EXPECT_THAT([&] { expand_sources((folder.path() / "*.tar").string()); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("no file that")));
}

TEST(ExpandSources, ListsFoldersAndGlobsByName) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"2.tar", "1.tar", "1.tar.XyZ", "x.csv"})
    std::ofstream(folder.path() / name) << "x";
  const Source tars = {folder.path() / "1.tar", folder.path() / "2.tar"};
  EXPECT_THAT(expand_sources(folder.path().string()), ElementsAre(tars));
  EXPECT_THAT(expand_sources((folder.path() / "?.tar").string()), ElementsAre(tars));
  EXPECT_EQ(code_of((folder.path() / "*.tsv").string()), ErrorCode::not_found);
}

TEST(SourceKind, GoesByTheNameWhateverItsCase) {
  for (const char* name : {"a.tar", "A.TAR", "a.tar.gz", "a.Tar.Zst", "a.tgz", "x/a.b.tar"})
    EXPECT_EQ(source_kind(name), SourceKind::tar) << name;
  for (const char* name : {"a.csv", "a.TSV", "a.csv.gz", "a.tsv.zst"})
    EXPECT_EQ(source_kind(name), SourceKind::table) << name;
  for (const char* name : {"a", "tar", "a.gz", "a.parquet", "a.tar.bz2", "a.tar.XyZ"})
    EXPECT_FALSE(source_kind(name)) << name;
}

TEST(NotesOnFolders, NameWhatAFolderHasBesidesShards) {
  const diptych::test::TemporaryFolder folder;
  std::ofstream(folder.path() / "0.tar") << "x";
  EXPECT_TRUE(notes_on_folders(folder.path().string()).empty());
  std::ofstream(folder.path() / "more.csv") << "x";
  std::filesystem::create_directory(folder.path() / "sub");
  const std::string text = folder.path().string() + "::" + (folder.path() / "more.csv").string();
  EXPECT_THAT(notes_on_folders(text),
              ElementsAre(testing::HasSubstr("left out: 2, the first: more.csv")));
}

TEST(NotesOnFolders, NameThePartsOfADataSet) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"train-0.tar", "train-1.tar", "0.tar"})
    std::ofstream(folder.path() / name) << "x";
  EXPECT_TRUE(notes_on_folders(folder.path().string()).empty());
  std::ofstream(folder.path() / "val-0.tar") << "x";
  EXPECT_THAT(notes_on_folders(folder.path().string()),
              ElementsAre(testing::HasSubstr("are all taken: train, val")));
}

TEST(ExpandSources, RefusesWhatNamesNoFiles) {
  EXPECT_EQ(code_of(""), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("a.tar::"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("{0..3.tar"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("0}.tar"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("{a,{b,c}}.tar"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("{3..0}.tar"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("pipe:cat x.tar"), ErrorCode::unsupported);
  EXPECT_EQ(code_of("s3://bucket/{0..3}.tar"), ErrorCode::unsupported);
}

TEST(ExpandSources, TakesPipesWhereTheyAreAllowed) {
  EXPECT_THAT(expand_sources("pipe:cat {1..2}.tar", Pipes::taken),
              ElementsAre(Source{"pipe:cat 1.tar", "pipe:cat 2.tar"}));
  EXPECT_THROW(expand_sources("https://host/1.tar", Pipes::taken), Error);
}

TEST(ExpandSources, RefusesBraceBombs) {
  EXPECT_EQ(code_of("{0..18446744073709551615}.tar"), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of("{0..9999}{0..9999}.tar"), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace diptych::shards
