#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

TEST(Shards, DoctorEndsWithOneWhenSomethingIsWrong) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("t.csv"), "filepath,title\nnone.jpg,a cat\n");
  const ProgramRun run = run_diptych({"shards", "doctor", path("t.csv"), "--json"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("line 2"));
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report.at("samples").at("dropped"), Json({{"whose picture is not there", 1}}));
}

TEST(Shards, PackWritesOverNothing) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("t.csv"), "filepath,title\nt.csv,a cat\n");
  write_file(path("precious"), "");
  const ProgramRun run = run_diptych({"shards", "pack", path("t.csv"), "--out", path("")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("a folder that has files"));
}

TEST(Shards, PackSaysWhyThereIsNothingToPack) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pictures"));
  for (const char* name : {"pictures/a.png", "pictures/b.png"})
    std::filesystem::copy_file(data_path("images/gray.png"), path(name));
  const ProgramRun run = run_diptych({"shards", "pack", path("pictures"), "--out", path("out")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got 2 of which none can be used"));
  EXPECT_THAT(run.errors, HasSubstr("2 without a caption, the first: "));
  EXPECT_THAT(run.errors, HasSubstr("key a)"));
}

TEST(Shards, AFolderWithATableIsNotTakenForItsPictures) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directories(path("set/pictures"));
  std::filesystem::copy_file(data_path("images/gray.png"), path("set/pictures/a.png"));
  write_file(path("set/table.csv"), "filepath,title\npictures/a.png,a cat\n");
  const ProgramRun run = run_diptych(
      {"shards", "convert", path("set"), "--to", "shards", "--out", path("out"), "--json"});
  EXPECT_EQ(Json::parse(run.output).at("samples").at("written"), 1) << "not the table";
  EXPECT_THAT(run.errors, HasSubstr("whose rows are not read: 1, the first: table.csv"));
}

TEST(Shards, OptionsThatWouldChangeNothingAreRefused) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pictures"));
  std::filesystem::copy_file(data_path("images/gray.png"), path("pictures/a.png"));
  write_file(path("pictures/a.txt"), "a cat");
  const auto refuses = [&](const std::vector<std::string>& arguments, const std::string& part) {
    std::vector<std::string> command = {"shards", arguments.front(), path("pictures")};
    command.insert(command.end(), arguments.begin() + 1, arguments.end());
    const ProgramRun run = run_diptych(command);
    EXPECT_EQ(run.status, 2) << part;
    EXPECT_THAT(run.errors, HasSubstr(part));
  };
  refuses({"pack", "--out", path("o"), "--csv-img-key", "image"}, "inputs without a table");
  refuses({"convert", "--to", "files", "--out", path("o"), "--per-shard", "2"},
          "--per-shard: expected --to shards with it");
  refuses({"merge", "--out", path("o")}, "a name that ends in .tar");
}

TEST(Shards, ThatAreNamedTwiceAreSaidToBe) {
  const TemporaryFolder folder;
  const std::string tar = (folder.path() / "s.tar").string();
  std::filesystem::create_directory(folder.path() / "pictures");
  std::filesystem::copy_file(data_path("images/gray.png"), folder.path() / "pictures/a.png");
  const std::string pictures = (folder.path() / "pictures").string();
  ASSERT_EQ(run_diptych({"shards", "merge", pictures, "--out", tar}).status, 0);
  const ProgramRun run = run_diptych({"shards", "list", tar, tar});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors, HasSubstr("s.tar is named twice, and taken twice"));
}

TEST(Shards, ChineseClipsDatabasesBecomeItsFilesAndBack) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string databases = data_path("lmdb/train").string();
  const ProgramRun files = run_diptych(
      {"shards", "convert", databases, "--to", "chinese-clip", "--out", path("files"), "--json"});
  ASSERT_EQ(files.status, 0) << files.errors;
  EXPECT_EQ(Json::parse(files.output).at("samples").at("written"), 120);
  for (const std::string& source : {databases, path("files/train_imgs.tsv")}) {
    const std::string out = path(source == databases ? "a" : "b");
    ASSERT_EQ(run_diptych({"shards", "pack", source, "--out", out}).status, 0);
  }
  const Json one = Json::parse(run_diptych({"shards", "list", path("a"), "--json"}).output);
  const Json other = Json::parse(run_diptych({"shards", "list", path("b"), "--json"}).output);
  EXPECT_EQ(one.at("shards").at(0).at("parts"), other.at("shards").at(0).at("parts"));
  EXPECT_EQ(one.at("shards").at(0).at("samples"), 120);
  // Their pictures are none, which the doctor finds.
  const ProgramRun doctor = run_diptych({"shards", "doctor", databases, "--json"});
  EXPECT_EQ(doctor.status, 1);
  EXPECT_EQ(Json::parse(doctor.output).at("samples").at("dropped"),
            Json({{"whose picture cannot be read", 120}}));
}

TEST(Shards, BecomeChineseClipsDatabasesAndBack) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string databases = data_path("lmdb/train").string();
  const ProgramRun run = run_diptych(
      {"shards", "convert", databases, "--to", "lmdb", "--out", path("lmdb"), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(Json::parse(run.output).at("samples").at("written"), 120);
  EXPECT_FALSE(std::filesystem::exists(path("lmdb/UNFINISHED")));
  // Texts are numbered anew, which their own form shows and files of pictures and captions do not.
  for (const std::string& source : {databases, path("lmdb")}) {
    const std::string out = path(source == databases ? "a" : "b");
    ASSERT_EQ(run_diptych({"shards", "convert", source, "--to", "csv", "--out", out}).status, 0);
  }
  EXPECT_EQ(read_text_file(path("a/table.csv")), read_text_file(path("b/table.csv")));
  EXPECT_EQ(read_text_file(path("a/pictures/1005.jpg")),
            read_text_file(path("b/pictures/1005.jpg")));
}

TEST(Shards, PackByShardLeavesNoOutputOfAShardThatIsNotThere) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string picture = data_path("images/landscape.jpg").string();
  write_file(path("a.csv"), "filepath,title\n" + picture + ",a cat\n" + picture + ",\n");
  const auto pack = [&] {
    return run_diptych({"shards", "pack", path("a.csv"), path("b.csv"), "--each", path("out")});
  };
  const ProgramRun first = pack();
  EXPECT_EQ(first.status, 1) << first.errors;
  EXPECT_THAT(first.errors, HasSubstr("b.csv"));
  EXPECT_TRUE(std::filesystem::exists(path("out/a.csv.tar")));
  EXPECT_FALSE(std::filesystem::exists(path("out/b.csv.tar")));
  write_file(path("b.csv"), "filepath,title\n" + picture + ",a dog\n");
  const ProgramRun second = pack();
  EXPECT_EQ(second.status, 0) << second.errors;
  EXPECT_THAT(second.errors, HasSubstr("1 done now, 1 before"));
  const Json list = Json::parse(run_diptych({"shards", "list", path("out"), "--json"}).output);
  EXPECT_EQ(list.at("shards").at(0).at("samples"), 1);
  EXPECT_EQ(list.at("shards").at(1).at("samples"), 1);
}

TEST(Shards, WithoutASampleEndWithOne) {
  const TemporaryFolder folder;
  const std::string table = (folder.path() / "t.csv").string();
  write_file(table, "filepath,title\n");
  for (const char* command : {"list", "doctor"}) {
    const ProgramRun run = run_diptych({"shards", command, table});
    EXPECT_EQ(run.status, 1) << command;
    EXPECT_THAT(run.errors, HasSubstr("samples: got none, expected some"));
  }
}

TEST(Shards, PackByShardLeavesNoOutputOfAShardThatIsCut) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pairs"));
  for (const char* name : {"pairs/a.png", "pairs/b.png"})
    std::filesystem::copy_file(data_path("images/gray.png"), path(name));
  for (const char* name : {"pairs/a.txt", "pairs/b.txt"}) write_file(path(name), "a cat");
  ASSERT_EQ(run_diptych({"shards", "merge", path("pairs"), "--out", path("s.tar")}).status, 0);
  const std::string whole = read_text_file(path("s.tar"));
  write_file(path("s.tar"), whole.substr(0, whole.size() - 2048));
  const auto pack = [&] {
    return run_diptych({"shards", "pack", path("s.tar"), "--each", path("out")});
  };
  for (int run = 0; run < 2; ++run) {
    const ProgramRun cut = pack();
    EXPECT_EQ(cut.status, 3) << cut.errors;
    EXPECT_THAT(cut.errors, HasSubstr("shards doctor --repair writes a copy of what can"));
    EXPECT_FALSE(std::filesystem::exists(path("out/s.tar")));
  }
  EXPECT_EQ(
      run_diptych({"shards", "doctor", path("s.tar"), "--repair", path("clean"), "--min-side", "0"})
          .status,
      1);
  write_file(path("s.tar"), whole);
  EXPECT_EQ(pack().status, 0);
}

TEST(Shards, MergeDoesNotReplaceOneOfItsInputs) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pairs"));
  std::filesystem::copy_file(data_path("images/gray.png"), path("pairs/a.png"));
  ASSERT_EQ(run_diptych({"shards", "merge", path("pairs"), "--out", path("s.tar")}).status, 0);
  const ProgramRun run =
      run_diptych({"shards", "merge", path("s.tar"), "--out", path("s.tar"), "--overwrite"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("output: got an input"));
}

}  // namespace
}  // namespace diptych::test
