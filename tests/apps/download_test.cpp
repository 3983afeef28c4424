#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "fetch/http_server.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// A web on this machine, and a list of what is there and what is not.
class CurateDownload : public ::testing::Test {
 protected:
  CurateDownload() {
    std::string list = "url,caption,id\n";
    for (int i = 0; i < kPictures; ++i) {
      list += server_.address() + "/" + std::to_string(i) + ".jpg,picture " + std::to_string(i) +
              "," + std::to_string(i) + "\n";
    }
    list += server_.address() + "/none,,a\n" + server_.address() + "/closed/1,,b\n";
    list += server_.address() + "/text,,c\nnothing,,d\n";
    write_file(list_, list);
  }

  std::vector<std::string> arguments(const std::string& out) const {
    return {"curate",
            "download",
            list_.string(),
            "--output_folder=" + (folder_.path() / out).string(),
            "--allow-private-addresses",
            "--host-rate",
            "0",
            "--retries",
            "0",
            "--number_sample_per_shard",
            "10",
            "--save-additional-columns",
            "id",
            "--image-size",
            "32",
            "--json"};
  }

  /// The files of a folder but for the statistics, which hold times.
  std::map<std::string, std::string> files_of(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_.path() / out)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with("_stats.json")) files[name] = read_text_file(entry.path());
    }
    return files;
  }

  ServerReply answer(const ServerRequest& request) {
    if (request.target == "/robots.txt") return {.body = "User-agent: *\nDisallow: /closed/\n"};
    if (request.target == "/text") return {.body = "<html>no picture</html>"};
    if (!request.target.ends_with(".jpg")) return {.status = 404};
    ++served_;
    if (opts_out_) return {.headers = {{"X-Robots-Tag", "noai"}}, .body = picture_};
    return {.body = picture_};
  }

  static constexpr int kPictures = 41;
  TemporaryFolder folder_;
  fs::path list_ = folder_.path() / "urls.csv";
  std::string picture_ = read_text_file(data_path("images/landscape.jpg"));
  std::atomic<int> served_ = 0;
  std::atomic<bool> opts_out_ = false;
  HttpServer server_{[this](const ServerRequest& request) { return answer(request); }};
};

TEST_F(CurateDownload, WritesShardsAndSaysWhatBecameOfEachUrl) {
  const ProgramRun run = run_diptych(arguments("out"));
  EXPECT_EQ(run.status, 1) << run.errors;
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report["read"], kPictures + 4);
  EXPECT_EQ(report["written"], kPictures);
  EXPECT_EQ(report["left_out"], Json({{"forbidden by robots.txt", 1}}));
  EXPECT_EQ(report["dropped"], Json({{"HTTP 404", 1}, {"no picture", 1}, {"no web address", 1}}));
  const Json statistics = Json::parse(read_text_file(folder_.path() / "out/00004_stats.json"));
  EXPECT_EQ(statistics["count"], 5);
  EXPECT_EQ(statistics["successes"], 1);
  EXPECT_EQ(statistics["failed_to_resize"], 1);
  const std::string sidecar = read_text_file(folder_.path() / "out/00000.jsonl");
  const Json first = Json::parse(sidecar.substr(0, sidecar.find('\n')));
  EXPECT_EQ(first["key"], "000000");
  EXPECT_EQ(first["caption"], "picture 0");
  EXPECT_EQ(first["id"], "0");
  EXPECT_EQ(first["width"], 32);
  const ProgramRun doctor = run_diptych({"shards", "doctor", (folder_.path() / "out").string()});
  EXPECT_EQ(doctor.status, 0) << doctor.output << doctor.errors;
}

TEST_F(CurateDownload, GoesOnWhereItWasKilledWithTheSameBytes) {
  run_diptych(arguments("whole"));
  for (const int moment : {3, 17, 25, 38}) {
    const std::string out = "killed" + std::to_string(moment);
    served_ = 0;
    kill_diptych(arguments(out), [&] { return served_ >= moment; });
    const ProgramRun again = run_diptych(arguments(out));
    EXPECT_EQ(Json::parse(again.output)["read"], kPictures + 4) << again.errors;
    EXPECT_EQ(files_of(out), files_of("whole")) << moment;
  }
  served_ = 0;
  const ProgramRun nothing_left = run_diptych(arguments("whole"));
  EXPECT_EQ(served_, 0);
  EXPECT_EQ(nothing_left.status, 1) << nothing_left.errors;  // as of the run that fetched them
  const Json report = Json::parse(nothing_left.output);
  EXPECT_EQ(report["read"], kPictures + 4);
  EXPECT_EQ(report["done_before"], kPictures + 4);
  EXPECT_EQ(report["written"], kPictures);
  EXPECT_EQ(report["left_out"], Json({{"forbidden by robots.txt", 1}}));
  EXPECT_EQ(report["dropped"], Json({{"HTTP 404", 1}, {"no picture", 1}, {"no web address", 1}}));
  write_file(folder_.path() / "whole/00000_stats.json", "[]");
  EXPECT_EQ(run_diptych(arguments("whole")).status, 3);
}

TEST_F(CurateDownload, BlursBoxesAndLeavesOutWhatHasNoReadableOnes) {
  write_file(list_, "url,faces\n" + server_.address() + "/0.jpg,\n" + server_.address() +
                        "/1.jpg,\"[[0,0,1,1]]\"\n" + server_.address() + "/2.jpg,somewhere\n");
  const ProgramRun run = run_diptych(
      {"curate", "download", list_.string(), "--output-folder", (folder_.path() / "out").string(),
       "--allow-private-addresses", "--bbox_col", "faces", "--resize-mode", "no", "--json"});
  EXPECT_EQ(run.status, 1) << run.errors;
  EXPECT_EQ(Json::parse(run.output)["dropped"], Json({{"bad boxes", 1}}));
  EXPECT_EQ(served_, 2);
  const std::string tar = read_text_file(folder_.path() / "out/00000.tar");
  const std::size_t first = tar.find(picture_);
  EXPECT_NE(first, std::string::npos);  // its own bytes
  EXPECT_EQ(tar.find(picture_, first + 1), std::string::npos);
}

#ifdef DIPTYCH_WITH_PARQUET
TEST_F(CurateDownload, WritesParquetBesideShards) {
  std::vector<std::string> arguments = this->arguments("parquet");
  arguments.insert(arguments.end(), {"--sidecar", "parquet"});
  const ProgramRun run = run_diptych(arguments);
  EXPECT_EQ(run.status, 1) << run.errors;
  EXPECT_EQ(Json::parse(run.output)["written"], kPictures);
  EXPECT_TRUE(read_text_file(folder_.path() / "parquet/00000.parquet").starts_with("PAR1"));
  EXPECT_FALSE(fs::exists(folder_.path() / "parquet/00000.jsonl"));
  EXPECT_EQ(run_diptych(this->arguments("parquet")).status, 2);  // another form of sidecar
}
#endif

TEST_F(CurateDownload, GoesOnInAFolderOfAnEarlierVersion) {
  run_diptych(arguments("out"));
  const fs::path file = folder_.path() / "out/00004_stats.json";
  Json statistics = Json::parse(read_text_file(file));
  ASSERT_EQ(statistics.erase("left_out_dict"), 1U);
  write_file(file, statistics.dump());
  const ProgramRun again = run_diptych(arguments("out"));
  EXPECT_EQ(again.status, 1) << again.errors;
  const Json report = Json::parse(again.output);
  EXPECT_EQ(report["read"], kPictures + 4);
  EXPECT_EQ(report["written"], kPictures);
  EXPECT_EQ(report["left_out"], Json::object());
  EXPECT_EQ(report["dropped"]["forbidden by robots.txt"], 1);
}

TEST_F(CurateDownload, RefusesAFolderOfOtherOptions) {
  run_diptych(arguments("out"));
  std::vector<std::string> others = arguments("out");
  others.insert(others.end(), {"--image-size", "48"});
  const ProgramRun run = run_diptych(others);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("other lists or options"));
}

TEST_F(CurateDownload, RefusesAFolderOfAnotherListOrOtherRules) {
  run_diptych(arguments("out"));
  const auto refuses = [&](std::vector<std::string> more) {
    std::vector<std::string> others = arguments("out");
    others.insert(others.end(), more.begin(), more.end());
    EXPECT_EQ(run_diptych(others).status, 2) << more.front();
  };
  refuses({"--ignore-robots", "mine"});
  refuses({"--ignore-robots-tag", "mine"});
  refuses({"--disallowed-header-directives", "noai"});
  refuses({"--max-bytes", "5000"});
  refuses({"--user-agent-token", "other"});
  std::string list = read_text_file(list_);
  list[list.find("picture 7")] = 'P';  // the size stays
  write_file(list_, list);
  refuses({"--retries", "0"});
}

TEST_F(CurateDownload, SaysHowWhatFailedIsFetchedAgain) {
  EXPECT_THAT(run_diptych(arguments("out")).errors, Not(HasSubstr("failed before")));
  EXPECT_THAT(run_diptych(arguments("out")).errors, HasSubstr("3 URLs failed before"));
}

TEST_F(CurateDownload, RefusalsAreNotPassedOverWithoutAReason) {
  opts_out_ = true;
  const auto with = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> all = arguments(out);
    all.insert(all.end(), more.begin(), more.end());
    return run_diptych(all);
  };
  const ProgramRun nothing = with("a", {"--disallowed-header-directives", "nothing"});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_THAT(nothing.errors, HasSubstr("got nothing, expected one or more of noai"));
  EXPECT_EQ(with("b", {"--disallowed-header-directives", "[]"}).status, 2);
  const ProgramRun list = with("d", {"--disallowed-header-directives", R"(["NoAI", "no"])"});
  EXPECT_EQ(Json::parse(list.output)["written"], 0) << list.errors;
  EXPECT_THAT(list.errors, HasSubstr("X-Robots-Tag noimageai, noindex, noimageindex are taken"));
  EXPECT_THAT(list.errors, HasSubstr("refuses with: no"));
  const ProgramRun ignored = with("e", {"--ignore-robots-tag", "own pictures"});
  EXPECT_EQ(Json::parse(ignored.output)["written"], kPictures) << ignored.errors;
  EXPECT_THAT(read_text_file(folder_.path() / "e/00000_stats.json"), HasSubstr("own pictures"));
}

TEST_F(CurateDownload, SaysWhichColumnsAreLeftOut) {
  write_file(list_, "url,key,id\n" + server_.address() + "/0.jpg,mine,1\n");
  std::vector<std::string> all = arguments("out");
  all.insert(all.end(), {"--save-additional-columns", "key"});
  const ProgramRun run = run_diptych(all);
  EXPECT_THAT(run.errors, HasSubstr("member of that name: key"));
}

TEST_F(CurateDownload, ConnectsToNothingPrivateUnasked) {
  std::vector<std::string> plain = arguments("out");
  std::erase(plain, "--allow-private-addresses");
  const ProgramRun run = run_diptych(plain);
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(Json::parse(run.output)["dropped"]["private address"], kPictures + 3);
  EXPECT_THAT(server_.requests(), SizeIs(0));
}

TEST_F(CurateDownload, IsNoSuccessWithoutAPicture) {
  write_file(list_, "url\n" + server_.address() + "/closed/1\n");
  std::vector<std::string> plain = arguments("out");
  std::erase(plain, "--save-additional-columns");
  std::erase(plain, "id");
  EXPECT_EQ(run_diptych(plain).status, 1);
}

}  // namespace
}  // namespace diptych::test
