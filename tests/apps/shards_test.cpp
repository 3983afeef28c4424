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

}  // namespace
}  // namespace diptych::test
