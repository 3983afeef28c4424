#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/atomic_file.h"
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

}  // namespace
}  // namespace diptych::test
