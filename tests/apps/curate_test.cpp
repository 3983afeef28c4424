#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

TEST(Curate, MatchesAndBalancesAFileOfTexts) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("entries.json"), R"(["dog", "cat"])");
  write_file(path("texts.jsonl"), "{\"text\":\"a dog\"}\n{\"text\":\"a bird\"}\nnone\n");
  const ProgramRun match =
      run_diptych({"curate", "match", "--entries", path("entries.json"), "--texts",
                   path("texts.jsonl"), "--out", path("m.jsonl"), "--counts", path("c.json")});
  EXPECT_EQ(match.status, 1);  // a line that is no JSON
  EXPECT_THAT(match.errors, HasSubstr("malformed JSON (" + path("texts.jsonl") + ", offset 35)"));
  EXPECT_THAT(match.output, HasSubstr("3 records read, 2 written\n  1 dropped: malformed JSON\n"));
  const ProgramRun balance =
      run_diptych({"curate", "balance", "--matches", path("m.jsonl"), "--counts", path("c.json"),
                   "--t", "5", "--seed", "7", "--out", path("kept.jsonl"), "--json"});
  ASSERT_EQ(balance.status, 0) << balance.errors;
  const Json report = Json::parse(balance.output);
  EXPECT_EQ(report.at("written"), 1);
  EXPECT_EQ(report.at("left_out").at("no query in the text"), 1);
  EXPECT_EQ(read_text_file(path("kept.jsonl")), "{\"text\":\"a dog\",\"matches\":[0]}\n");
}

TEST(Curate, ProcessesShareInputsAndLeaveWhatIsDone) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("entries.txt"), "dog\ncat\n");
  write_file(path("a.jsonl"), "{\"key\":\"1\",\"text\":\"a dog\"}\n");
  write_file(path("b.jsonl"), "{\"key\":\"2\",\"text\":\"a cat\"}\n");
  write_file(path("c.jsonl"), "{\"key\":\"3\",\"text\":\"a dog\"}\n");
  const std::string command =
      "diptych curate match --entries entries.txt --texts a.jsonl --texts b.jsonl --texts c.jsonl "
      "--each m";
  EXPECT_EQ(run_in_shell("RANK=1 WORLD_SIZE=2 " + command, folder.path()).status, 0);
  EXPECT_FALSE(std::filesystem::exists(path("m/a.jsonl.matches.jsonl")));
  EXPECT_EQ(read_text_file(path("m/b.jsonl.counts.json")), "[0,1]\n");
  // As if the run had been killed between the two files of an input, and another be done.
  write_file(path("m/b.jsonl.matches.jsonl"), "left as it is");
  write_file(path("m/c.jsonl.matches.jsonl"), "half done");
  const ProgramRun all = run_in_shell(command, folder.path());
  EXPECT_EQ(all.status, 0) << all.errors;
  EXPECT_THAT(all.errors, HasSubstr("3 inputs: 2 done now, 1 before, 0 failed"));
  EXPECT_EQ(read_text_file(path("m/b.jsonl.matches.jsonl")), "left as it is");
  EXPECT_THAT(read_text_file(path("m/c.jsonl.matches.jsonl")), HasSubstr("\"matches\":[0]"));
  write_file(path("a.jsonl"), "");
  std::filesystem::remove(path("m/a.jsonl.counts.json"));
  const ProgramRun with_empty = run_in_shell(command, folder.path());
  EXPECT_EQ(with_empty.status, 0);
  EXPECT_THAT(with_empty.errors, HasSubstr("1 done now, 2 before, 0 failed; nothing came of 1"));
  const ProgramRun nothing = run_in_shell(
      "diptych curate match --entries entries.txt --texts a.jsonl --each n", folder.path());
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.errors, HasSubstr("inputs: got some of which nothing came"));
}

TEST(Curate, ReadsWhatCommandsWrite) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string page =
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<img src=a.jpg alt=cat>";
  write_file(path("pages.warc"),
             "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://site.org/\r\n"
             "Content-Length: " +
                 std::to_string(page.size()) + "\r\n\r\n" + page + "\r\n\r\n");
  std::filesystem::create_directory(path("pictures"));
  write_picture(folder.path() / "pictures/a.bmp", 255, 0, 0);
  write_file(path("pictures/a.txt"), "red");
  const std::string merge =
      "diptych shards merge pictures --out s.tar && "
      "diptych curate fingerprint s.tar --each files && "
      "diptych curate fingerprint 'pipe:gzip -c s.tar | zcat' --each pipes";
  const ProgramRun prints = run_in_shell(merge, folder.path());
  ASSERT_EQ(prints.status, 0) << prints.errors;
  EXPECT_EQ(read_text_file(path("pipes/s.fingerprints")),
            read_text_file(path("files/s.fingerprints")));
  const ProgramRun extract = run_in_shell(
      "diptych curate extract 'pipe:gzip -c pages.warc' --out from.jsonl && "
      "diptych curate match --entries pictures/a.txt --texts 'pipe:cat from.jsonl' --out m.jsonl",
      folder.path());
  EXPECT_EQ(extract.status, 0) << extract.errors;
  EXPECT_THAT(read_text_file(path("from.jsonl")), HasSubstr("http://site.org/a.jpg"));
  // A command that fails leaves nothing that would count as done.
  const ProgramRun failing = run_in_shell(
      "diptych curate fingerprint 'pipe:head -c 512 s.tar; exit 7' --each failed", folder.path());
  EXPECT_EQ(failing.status, 4);
  EXPECT_THAT(failing.errors, HasSubstr("pipe: got status 7"));
  EXPECT_FALSE(std::filesystem::exists(path("failed/s.fingerprints")));
}

TEST(Curate, LeavesOutWhatMeansTheSame) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_tiny_model(folder.path() / "model");
  std::filesystem::create_directory(path("pictures"));
  for (int i = 0; i < 3; ++i) {
    const std::string name = path("pictures/") + std::to_string(i);
    write_picture(name + ".bmp", i == 2 ? 0 : 255, i == 1 ? 1 : 0, i == 2 ? 255 : 0);
    write_file(name + ".txt", "a picture");
  }
  const ProgramRun run =
      run_diptych({"curate", "dedup", path("pictures"), "--semantic", "--keep-share", "0.5",
                   "--model", path("model"), "--out", path("out"), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report["samples"]["written"], 2);
  EXPECT_EQ(report["samples"]["left_out"], Json({{"means the same as another picture", 1}}));
  EXPECT_EQ(report["clusters"], 1);
  EXPECT_EQ(run_diptych(
                {"curate", "dedup", path("pictures"), "--semantic", "--exact", "--out", path("o")})
                .status,
            2);
}

TEST(Curate, BothThresholdsAtOnceAreWrongUsage) {
  const ProgramRun run = run_diptych({"curate", "balance", "--matches", "m", "--counts", "c",
                                      "--out", "o", "--t", "5", "--tail-share", "0.1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
