#include "shards/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

#include "base/error.h"
#include "shards/crafted_tar.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using test::CraftedTar;
using test::text_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path save(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  /// A shard of samples "<first>", "<first + 1>" ... whose captions are their keys.
  std::filesystem::path save_shard(const std::string& name, int first, int count) const {
    CraftedTar tar;
    for (int i = first; i < first + count; ++i) {
      const std::string key = std::to_string(i);
      tar.add(key + ".jpg", "picture").add(key + ".txt", key);
    }
    return tar.end().save(path(name));
  }

  diptych::test::TemporaryFolder folder_;
};

std::vector<std::string> keys(const Dataset& dataset) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < dataset.size(); ++i) keys.push_back(dataset.at(i).key);
  return keys;
}

std::string first_message(const Dataset& dataset, RefusalReason reason) {
  const auto& examples = dataset.refused().examples(reason);
  return examples.empty() ? "" : examples.front().message();
}

TEST_F(DatasetTest, GroupsNeighbouringFilesAcrossShards) {
  const Dataset dataset({{save_shard("0.tar", 0, 2), save_shard("1.tar", 2, 1)}});
  ASSERT_THAT(keys(dataset), ElementsAre("0", "1", "2"));
  const Sample sample = dataset.at(2);
  EXPECT_EQ(sample.shard, path("1.tar"));
  EXPECT_EQ(sample.offset, 0U);
  EXPECT_EQ(sample.text("txt"), "2");
  EXPECT_EQ(text_of(*sample.image()), "picture");
  EXPECT_FALSE(dataset.refused().any());
  EXPECT_THROW(dataset.at(3), Error);
}

TEST_F(DatasetTest, IsTheSameWithManyThreads) {
  for (int i = 0; i < 20; ++i) save_shard(std::to_string(10 + i) + ".tar", 3 * i, 3);
  const std::string sources = folder_.path().string();
  EXPECT_EQ(keys(Dataset(sources)), keys(Dataset(sources, {.threads = 4})));
}

TEST_F(DatasetTest, BytesOutliveTheDataset) {
  std::optional<Sample> sample = Dataset({{save_shard("0.tar", 0, 1)}}).at(0);
  EXPECT_EQ(text_of(*sample->image()), "picture");
}

TEST_F(DatasetTest, CountsSamplesOfEachSource) {
  const auto a = save_shard("a.tar", 0, 2);
  const auto b = save_shard("b.tar", 2, 3);
  const Dataset dataset({{a, b}, {b}, {}});
  EXPECT_THAT(dataset.source_sizes(), ElementsAre(5, 3, 0));
}

TEST_F(DatasetTest, CountsSamplesWithoutImageOrCaption) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("b.txt", "words")
                         .add("c.PNG", "x")
                         .add("c.json", "{}")
                         .add("README", "of no sample")
                         .add("c.cls", "1")
                         .end()
                         .save(path("0.tar"));
  const Dataset dataset({{shard}});
  ASSERT_THAT(keys(dataset), ElementsAre("c"));
  EXPECT_EQ(dataset.at(0).parts.size(), 3U) << "a file of no sample does not cut one in two";
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_picture), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_caption), 1U);

  DatasetOptions options;
  options.shard.need_image = false;
  options.shard.need_caption = false;
  const Dataset everything({{shard}}, options);
  EXPECT_THAT(keys(everything), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(everything.refused().any());
}

TEST_F(DatasetTest, BeginsASampleWhereAnExtensionRepeats) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "1")
                         .add("a.txt", "one")
                         .add("a.jpg", "2")
                         .add("a.txt", "two")
                         .end()
                         .save(path("0.tar"));
  const Dataset dataset({{shard}});
  ASSERT_EQ(dataset.size(), 2U);
  EXPECT_EQ(dataset.at(1).text("txt"), "two");
}

TEST_F(DatasetTest, KeepsWhatComesBeforeDamage) {
  CraftedTar tar = CraftedTar().add("a.jpg", "x").add("a.txt", "a").add("b.jpg", "x");
  const std::size_t damaged = tar.bytes().size();
  tar.add("b.txt", "b").end();
  tar.bytes()[damaged] ^= 1;
  const Dataset dataset(
      {{tar.save(path("bad.tar")), path("missing.tar"), save_shard("c.tar", 0, 1)}});
  EXPECT_THAT(keys(dataset), ElementsAre("a", "0"));
  EXPECT_EQ(dataset.at(0).text("txt"), "a");
  EXPECT_EQ(dataset.refused().sources(), 2U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_caption), 1U);
  EXPECT_THAT(first_message(dataset, RefusalReason::damaged_source),
              HasSubstr("bad.tar, offset " + std::to_string(damaged)));
  EXPECT_THAT(first_message(dataset, RefusalReason::missing_source), HasSubstr("missing.tar"));
}

TEST_F(DatasetTest, KeepsTheWholeLastSampleOfAShardWithoutEnd) {
  const auto shard = CraftedTar().add("a.jpg", "x").add("a.txt", "a").save(path("cut.tar"));
  const Dataset dataset({{shard}});
  ASSERT_EQ(dataset.size(), 1U);
  EXPECT_EQ(dataset.at(0).text("txt"), "a");
  EXPECT_EQ(dataset.refused().count(RefusalReason::damaged_source), 1U);
}

TEST_F(DatasetTest, NamesArchivesThatGoOnAfterTheirEnd) {
  CraftedTar joined = CraftedTar().add("a.jpg", "x").add("a.txt", "a").end();
  joined.add("b.jpg", "x").add("b.txt", "b").end();
  const Dataset dataset({{joined.save(path("joined.tar"))}});
  EXPECT_THAT(keys(dataset), ElementsAre("a"));
  EXPECT_THAT(first_message(dataset, RefusalReason::damaged_source), HasSubstr("joined into one"));
}

TEST_F(DatasetTest, NamesWhatAFileIsInstead) {
  for (const auto& [content, meaning] :
       {std::pair("PK\x03\x04...", "zip"), std::pair("PAR1....", "Parquet"),
        std::pair("version https://git-lfs.github.com/spec/v1", "Git LFS")}) {
    for (const char* name : {"a.tar", "a.csv"}) {
      const Dataset dataset({{save(name, content)}});
      EXPECT_THAT(first_message(dataset, RefusalReason::unfit_source), HasSubstr(meaning)) << name;
    }
  }
  for (const char* name : {"empty.tar", "empty.csv"}) {
    const Dataset dataset({{save(name, "")}});
    EXPECT_THAT(first_message(dataset, RefusalReason::damaged_source), HasSubstr("empty file"));
  }
}

TEST_F(DatasetTest, SaysWhyNamesAndOrderGiveNoSample) {
  const auto typed = CraftedTar().add("a.jpg", "x").add("b.jpg", "x").add("a.txt", "a").end();
  const Dataset by_type({{typed.save(path("typed.tar"))}});
  EXPECT_THAT(first_message(by_type, RefusalReason::no_picture), HasSubstr("must be neighbours"));
  const auto captions = CraftedTar().add("a.jpg", "x").add("a.cls", "1").end();
  EXPECT_THAT(first_message(Dataset({{captions.save(path("cls.tar"))}}), RefusalReason::no_caption),
              HasSubstr("got cls, jpg, expected a caption"));
  const auto dotted = CraftedTar().add("a.v2.jpg", "x").add("a.v2.txt", "a").end();
  const Dataset dots({{dotted.save(path("dotted.tar"))}});
  EXPECT_THAT(first_message(dots, RefusalReason::no_picture),
              HasSubstr("got v2.jpg, v2.txt (a name's first dot"));
}

TEST_F(DatasetTest, LooksAtTheCaptionsOfTextParts) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", " \n")
                         .add("b.jpg", "x")
                         .add("b.txt", "caf\xE9")
                         .add("c.jpg", "x")
                         .add("c.txt", "a dog")
                         .add("d.jpg", "x")
                         .add("d.json", "{}")
                         .end()
                         .save(path("0.tar"));
  DatasetOptions options;
  options.shard.json_captions = false;
  const Dataset dataset({{shard}}, options);
  EXPECT_THAT(keys(dataset), ElementsAre("c"));
  EXPECT_EQ(dataset.refused().count(RefusalReason::empty_caption), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::caption_not_utf8), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_caption), 1U);
  EXPECT_THAT(dataset.source_refusals(), ElementsAre(3));
}

TEST_F(DatasetTest, RefusesOtherKindsOfFiles) {
  try {
    Dataset({{save("a.zip", "x")}});
    FAIL() << "a .zip file was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST_F(DatasetTest, ReadsTables) {
  const auto dog = save("dog.PNG", "dog picture");
  const auto cat = save("cat", "cat picture");
  const auto table =
      save("t.csv", "\xEF\xBB\xBFid,filepath,title\n1,\"" + dog.string() +
                        "\",\"a \"\"good\"\" dog,\nsitting\"\n2," + cat.string() + ",a cat\n");
  const Dataset dataset({{table}});
  ASSERT_EQ(dataset.size(), 2U);
  const Sample sample = dataset.at(0);
  EXPECT_EQ(sample.key, dog);
  EXPECT_EQ(sample.shard, table);
  EXPECT_EQ(sample.text("txt"), "a \"good\" dog,\nsitting");
  EXPECT_EQ(text_of(sample.parts.at("png")), "dog picture");
  EXPECT_EQ(text_of(dataset.at(1).parts.at("jpg")), "cat picture");
  EXPECT_FALSE(dataset.refused().any());
}

TEST_F(DatasetTest, ReadsTablesWithStatedColumns) {
  save("x.jpg", "picture");
  const auto table = save("t.tsv", "caption;image\na, b\tc;x.jpg\n");
  DatasetOptions options;
  options.shard.separator = ';';
  options.shard.image_key = "image";
  options.shard.caption_key = "caption";
  options.shard.image_root = folder_.path();
  const Dataset dataset({{table}}, options);
  ASSERT_EQ(dataset.size(), 1U);
  EXPECT_EQ(dataset.at(0).text("txt"), "a, b\tc");
  EXPECT_EQ(text_of(*dataset.at(0).image()), "picture");
}

TEST_F(DatasetTest, CountsRowsThatCannotBeUsed) {
  const auto table = save("t.tsv",
                          "filepath\ttitle\n"
                          "short\n"
                          "a.jpg\tb\tlong\n"
                          "\tno image\n"
                          "no_caption.jpg\t\n"
                          "missing.jpg\tfine as a row\n"
                          "a.jpg\t\"never closed\n");
  const Dataset dataset({{table}});
  EXPECT_EQ(dataset.refused().count(RefusalReason::malformed_row), 2U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::no_picture), 1U);
  EXPECT_EQ(dataset.refused().count(RefusalReason::empty_caption), 1U);
  EXPECT_EQ(dataset.refused().samples(), 4U);
  EXPECT_THAT(first_message(dataset, RefusalReason::malformed_row), HasSubstr("t.tsv, line 2)"));
  EXPECT_THAT(dataset.refused().examples(RefusalReason::malformed_row)[1].message(),
              HasSubstr("got more than 2 fields"));
  EXPECT_THAT(first_message(dataset, RefusalReason::damaged_source),
              AllOf(HasSubstr("quote"), HasSubstr("t.tsv, line 7)")));
  ASSERT_EQ(dataset.size(), 1U);
  try {
    dataset.at(0);
    FAIL() << "a missing image was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    const Refusal refusal = dataset.refusal(0, error);
    EXPECT_EQ(refusal.reason, RefusalReason::missing_picture);
    EXPECT_THAT(refusal.message(), HasSubstr("t.tsv, line 6)"));
  }
}

TEST_F(DatasetTest, NamesTheColumnsThatATableHas) {
  const Dataset wrong({{save("t.csv", "url, title\na,b\n")}});
  EXPECT_THAT(first_message(wrong, RefusalReason::unfit_source), HasSubstr("'url', ' title'"));
}

TEST_F(DatasetTest, FindsTheSeparatorThatGivesTheColumns) {
  save("x.jpg", "picture");
  for (const std::string separator : {",", "\t", ";", "|"}) {
    const auto table =
        save("t.csv", "filepath" + separator + "title\nx.jpg" + separator + "a dog\n");
    const Dataset dataset({{table}});
    ASSERT_EQ(dataset.size(), 1U) << separator;
    EXPECT_EQ(dataset.at(0).text("txt"), "a dog");
  }
}

TEST_F(DatasetTest, TakesRowsThatLackFieldsNobodyNeeds) {
  save("x.jpg", "picture");
  const Dataset dataset({{save("t.csv", "filepath,title,width\nx.jpg,a dog\n")}});
  EXPECT_EQ(dataset.size(), 1U);
  EXPECT_FALSE(dataset.refused().any());
}

TEST_F(DatasetTest, FindsPicturesBesideTheTable) {
  save("x.jpg", "picture");
  const Dataset dataset({{save("t.csv", "filepath,title\nx.jpg,a dog\n")}});
  EXPECT_EQ(text_of(*dataset.at(0).image()), "picture");
}

TEST_F(DatasetTest, ReadsTablesInUtf16) {
  save("x.jpg", "picture");
  const std::u16string text = u"filepath\ttitle\r\nx.jpg\t\u72D7 \xD83D\xDC15\r\nx.jpg\t\xD83D\r\n";
  std::string little = "\xFF\xFE";
  std::string big = "\xFE\xFF";
  for (const char16_t unit : text) {
    little += {static_cast<char>(unit & 0xFF), static_cast<char>(unit >> 8)};
    big += {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
  }
  for (const std::string& bytes : {little, big}) {
    const Dataset dataset({{save("t.tsv", bytes)}});
    ASSERT_EQ(dataset.size(), 2U);
    EXPECT_EQ(dataset.at(0).text("txt"), "\u72D7 \U0001F415");
    EXPECT_EQ(dataset.at(1).text("txt"), "\uFFFD");
  }
  const Dataset bare({{save("bare.tsv", little.substr(2))}});
  EXPECT_THAT(first_message(bare, RefusalReason::unfit_source), HasSubstr("UTF-16"));
}

TEST_F(DatasetTest, OpensNoPathThatEndsEarly) {
  save("a", "another file");
  const Dataset dataset({{save(
      "t.csv", "filepath,title\n" + path("a").string() + std::string(1, '\0') + ".jpg,a\n")}});
  EXPECT_EQ(dataset.size(), 0U);
  EXPECT_THAT(first_message(dataset, RefusalReason::malformed_row), HasSubstr("zero byte"));
}

TEST_F(DatasetTest, RemarksOnWhatIsHardlyMeant) {
  const auto swallowing = save("t.csv", "filepath,title\na.jpg,a\nb.jpg,\"b\nc.jpg,\"c\nd.jpg,d\n");
  EXPECT_THAT(Dataset({{swallowing}}).remarks(),
              ElementsAre(AllOf(HasSubstr("several lines, as after a quote that stands alone: 1"),
                                HasSubstr("line 3"))));
  const auto links = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", "a")
                         .add("b.jpg", "", '1')
                         .add("b.txt", "", '2')
                         .add("c", "x")
                         .add("._d.jpg", "x")
                         .end()
                         .save(path("links.tar"));
  EXPECT_THAT(Dataset({{links}}).remarks(),
              ElementsAre(HasSubstr("links that are passed over: 2"),
                          AllOf(HasSubstr("files of no sample"), HasSubstr("first: c ("))));
  const auto good = CraftedTar().add("a.jpg", "x").add("a.txt", "a").end().save(path("a.tar"));
  EXPECT_TRUE(Dataset({{good}}).remarks().empty());
}

TEST_F(DatasetTest, RemarksOnEntriesOfAnUnknownKind) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", "a")
                         .add("b.jpg", "x", 'Q')
                         .end()
                         .save(path("q.tar"));
  EXPECT_THAT(Dataset({{shard}}).remarks(),
              ElementsAre(AllOf(HasSubstr("of a kind that is unknown"), HasSubstr(": 1"))));
}

TEST_F(DatasetTest, RemarksOnCaptionsThatSayLittle) {
  const auto table = save("t.csv",
                          "filepath,title\na.jpg,NULL\nb.jpg, nan \nc.jpg,None of these\n"
                          "d.jpg,IMG 1.JPG\ne.jpg,-1.5\nf.jpg,https://a/b.png\ng.jpg,infinity\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("stand for none"), HasSubstr(": 2, the first: "),
                                HasSubstr("t.csv, line 2")),
                          AllOf(HasSubstr("names of picture files: 1"), HasSubstr("line 5")),
                          AllOf(HasSubstr("numbers: 1"), HasSubstr("without a letter"),
                                HasSubstr("line 6")),
                          AllOf(HasSubstr("web addresses: 1"), HasSubstr("line 7"))));
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", "None")
                         .add("b.jpg", "x")
                         .add("b.json", R"({"caption": "NULL"})")
                         .end()
                         .save(path("0.tar"));
  EXPECT_THAT(
      Dataset({{shard}}).remarks(),
      ElementsAre(AllOf(HasSubstr("stand for none"), HasSubstr(": 1"), HasSubstr("key a"))));
}

TEST_F(DatasetTest, RemarksOnCaptionsThatAreCodesOrSayThatThereIsNone) {
  const auto table = save("t.csv",
                          "filepath,title\na.jpg,n02123045\nb.jpg,1girl_solo\n"
                          "c.jpg,\\N\nd.jpg,No description available.\ne.jpg,a snake_case word\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("codes of classes"), HasSubstr("line 2")),
                          AllOf(HasSubstr("in place of blanks: 1"), HasSubstr("line 3")),
                          AllOf(HasSubstr("stand for none"), HasSubstr(": 2"))));
}

TEST_F(DatasetTest, RemarksOnWhatOtherProgramsAddToCaptions) {
  const auto table = save("t.csv",
                          "filepath,title\na.jpg,Caption: a cat\nb.jpg,**a cat**\n"
                          "c.jpg,[a cat](https://a/b)\nd.jpg,a|cat\ne.jpg,a cat --ar 16:9\n"
                          "f.jpg,a cat https://t.co/x\ng.jpg,a \\\"red\\\" cat\nh.jpg,\u65e0\n"
                          "i.jpg,a cat: a pet\nj.jpg,a cat -- a pet\nk.jpg,a * b\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("a key before them"), HasSubstr(": 1,")),
                          AllOf(HasSubstr("with markup"), HasSubstr(": 2,")),
                          HasSubstr("in place of blanks: 1"), HasSubstr("as --ar 16:9: 1"),
                          HasSubstr("a web address in them: 1"), HasSubstr("by their codes"),
                          HasSubstr("stand for none")));
}

TEST_F(DatasetTest, RemarksOnCaptionsWithMoreThanWords) {
  const auto table = save("t.csv",
                          "filepath,title\na.jpg,a {} cat\nb.jpg,a cat\\n\nc.jpg,3. a cat\n"
                          "d.jpg,\"(best:1.2), cat\"\ne.jpg,\"\"\"a cat\"\"\"\nf.jpg,a-red-cat\n"
                          "g.jpg,a cat (2)\nh.jpg,3 cats\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("as templates have: 1"), HasSubstr("line 2")),
                          AllOf(HasSubstr("by their codes"), HasSubstr("line 3")),
                          AllOf(HasSubstr("a number before them"), HasSubstr("line 4")),
                          AllOf(HasSubstr("weights or scores"), HasSubstr("line 5")),
                          AllOf(HasSubstr("in quotes"), HasSubstr("line 6")),
                          AllOf(HasSubstr("in place of blanks: 1"), HasSubstr("line 7"))));
}

TEST_F(DatasetTest, RemarksOnAColumnOfParts) {
  const auto table = save("t.csv", "filepath,title,Split\na.jpg,a cat,train\nb.jpg,a dog,test\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("rows of all parts are taken"), HasSubstr("'split'"))));
}

TEST_F(DatasetTest, SamplesThatDifferByADotInTheirPathsAreRepeats) {
  const auto shard = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", "a cat")
                         .add("./a.jpg", "x")
                         .add("./a.txt", "a cat")
                         .end()
                         .save(path("twice.tar"));
  EXPECT_THAT(Dataset({{shard}}).remarks(), ElementsAre(HasSubstr("1")));
}

TEST_F(DatasetTest, RemarksOnPicturesThatAreThereTwice) {
  std::filesystem::create_directory(path("tables"));
  for (const char* name : {"a.jpg", "tables/a.jpg", "tables/b.jpg"}) save(name, name);
  save("tables/t.csv", "filepath,title\na.jpg,a cat\nb.jpg,a dog\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(path(""));
  const Dataset dataset({{path("tables/t.csv")}});
  std::filesystem::current_path(before);
  EXPECT_THAT(dataset.remarks(), ElementsAre(AllOf(HasSubstr("are there twice"), HasSubstr(": 1"),
                                                   HasSubstr("t.csv, line 2"))));
}

TEST_F(DatasetTest, ATextThatCannotBeReadIsNoPicture) {
  std::filesystem::create_directory(path("folder"));
  for (const char* name : {"folder/a.jpg", "folder/a.txt"}) save(name, "x");
  const Dataset dataset({{path("folder")}});
  std::filesystem::remove(path("folder/a.txt"));
  try {
    dataset.at(0);
    FAIL() << "a missing text was read";
  } catch (const Error& error) {
    EXPECT_EQ(dataset.refusal(0, error).reason, RefusalReason::unreadable_text);
  }
}

TEST_F(DatasetTest, RemarksOnCaptionsOfAnotherKindThanText) {
  const auto table = save("t.csv",
                          "filepath,title\na.jpg,\"[\"\"a cat\"\", \"\"a dog\"\"]\"\n"
                          "b.jpg,<b>a</b> cat\nc.jpg,caf\uFFFD\nd.jpg,?!\ne.jpg,\u732B\n"
                          "f.jpg,a cat [SEP]\ng.jpg,b'a cat'\nh.jpg,a\x07 cat\n");
  EXPECT_THAT(
      Dataset({{table}}).remarks(),
      ElementsAre(AllOf(HasSubstr("lists or objects"), HasSubstr("line 2")),
                  AllOf(HasSubstr("markup"), HasSubstr("line 3")),
                  AllOf(HasSubstr("U+FFFD"), HasSubstr("line 4")),
                  AllOf(HasSubstr("without a letter"), HasSubstr(": 1"), HasSubstr("line 5")),
                  AllOf(HasSubstr("a tokenizer's own token"), HasSubstr("line 7")),
                  AllOf(HasSubstr("bytes as Python shows them"), HasSubstr("line 8")),
                  AllOf(HasSubstr("control characters"), HasSubstr("line 9"))));
}

TEST_F(DatasetTest, RemarksOnTwoColumnsOfOneName) {
  const auto table = save("t.csv", "filepath,title,title\na.jpg,first,second\n");
  const Dataset dataset({{table}});
  EXPECT_THAT(dataset.remarks(), ElementsAre(AllOf(HasSubstr("columns called 'title'"),
                                                   HasSubstr("first is taken"), HasSubstr(": 2"))));
}

TEST_F(DatasetTest, CountsSamplesAndKeysThatStandAgain) {
  const auto again = CraftedTar()
                         .add("a.jpg", "x")
                         .add("a.txt", "one")
                         .add("b.jpg", "x")
                         .add("b.txt", "one")
                         .add("a.jpg", "x")
                         .add("a.txt", "another")
                         .end()
                         .save(path("0.tar"));
  EXPECT_THAT(Dataset({{again}}).remarks(),
              ElementsAre(AllOf(HasSubstr("keys that stand again further on in their tar"),
                                HasSubstr(": 1, the first: "), HasSubstr("0.tar, offset 4096"))));
  const auto twice = CraftedTar().add("a.jpg", "x").add("a.txt", "a").end().save(path("1.tar"));
  const auto other = CraftedTar().add("a.jpg", "xx").add("a.txt", "a").end().save(path("2.tar"));
  EXPECT_TRUE(Dataset({{twice, other}}).remarks().empty()) << "keys that begin anew in each tar";
  EXPECT_THAT(Dataset({{twice, other, twice}}).remarks(),
              ElementsAre(AllOf(HasSubstr("samples that stand again"),
                                HasSubstr(": 1, the first: "), HasSubstr("1.tar, offset 0"))));
  const auto table = save("t.csv", "filepath,title\na.jpg,x\na.jpg,y\nb.jpg,x\na.jpg,y\n");
  EXPECT_THAT(Dataset({{table}}).remarks(),
              ElementsAre(AllOf(HasSubstr("samples that stand again"),
                                HasSubstr(": 1, the first: "), HasSubstr("t.csv, line 5"))));
}

TEST_F(DatasetTest, KnowsItsFilesAndThePicturesBesideThem) {
  const auto shard = save_shard("0.tar", 0, 1);
  const auto table = save("t.csv", "filepath,title\nx.jpg,a\n");
  save("x.jpg", "x");
  const Dataset dataset({{shard}, {table}});
  EXPECT_THAT(dataset.files(), ElementsAre(shard, table));
  EXPECT_EQ(dataset.picture_file(0), std::nullopt);
  EXPECT_EQ(dataset.picture_file(1), path("x.jpg"));
}

/// open_clip takes the first of jpg;png;jpeg;webp.
TEST_F(DatasetTest, CountsSamplesOfSeveralPictures) {
  const auto shard = CraftedTar()
                         .add("a.png", "second")
                         .add("a.jpg", "first")
                         .add("a.txt", "a")
                         .add("b.jpg", "x")
                         .add("b.txt", "b")
                         .add("c.webp", "second")
                         .add("c.jpeg", "first")
                         .add("c.txt", "c")
                         .end()
                         .save(path("0.tar"));
  const Dataset dataset({{shard}});
  ASSERT_THAT(keys(dataset), ElementsAre("a", "b", "c"));
  EXPECT_EQ(text_of(*dataset.at(0).image()), "first");
  EXPECT_EQ(text_of(*dataset.at(2).image()), "first");
  EXPECT_THAT(dataset.remarks(), ElementsAre(AllOf(HasSubstr("several pictures"),
                                                   HasSubstr("open_clip: 2"), HasSubstr("key a"))));
}

TEST_F(DatasetTest, CountsLinesOfLongTables) {
  std::string table = "filepath,title\n";
  for (int i = 0; i < 1000; ++i) table += "x.jpg,\"two\nlines\"\n";
  const Dataset dataset({{save("t.csv", table)}});
  ASSERT_EQ(dataset.size(), 1000U);
  for (const std::size_t row : {0, 255, 256, 257, 999}) {
    const Refusal refusal = dataset.refusal(row, Error(ErrorCode::io, "x"));
    EXPECT_EQ(refusal.place, "line " + std::to_string(2 + 2 * row));
  }
}

}  // namespace
}  // namespace diptych::shards
