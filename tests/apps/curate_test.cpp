#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
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
  EXPECT_THAT(all.errors, testing::Not(HasSubstr("after their outputs")));
  std::filesystem::last_write_time(
      path("b.jsonl"), std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_THAT(run_in_shell(command, folder.path()).errors,
              HasSubstr("written after their outputs, which are left as they are: 1 (remove"));
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

TEST(Curate, ARunThatHasNothingToDoSaysSoInJson) {
  const TemporaryFolder folder;
  write_file(folder.path() / "entries.txt", "dog\n");
  write_file(folder.path() / "a.jsonl", "{\"text\":\"a dog\"}\nnot JSON\n");
  const std::string command =
      "diptych curate match --entries entries.txt --texts a.jsonl --each m --json";
  const ProgramRun first = run_in_shell(command, folder.path());
  EXPECT_EQ(first.status, 1);
  EXPECT_THAT(first.output, HasSubstr("malformed JSON"));
  const ProgramRun second = run_in_shell(command, folder.path());
  EXPECT_EQ(second.status, 0) << second.errors;
  EXPECT_EQ(nlohmann::json::parse(second.output),
            nlohmann::json({{"inputs", 1}, {"done_now", 0}, {"done_before", 1}}));
}

TEST(Curate, MatchesCaptionsOfAFolderOfShardsAndBalancesThem) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pictures"));
  write_picture(folder.path() / "pictures/a.bmp", 255, 0, 0);
  write_file(path("pictures/a.txt"), "a cat here");
  write_file(path("q.txt"), "cat\n");
  write_file(path("de.txt"), "Katze\n");
  const std::string command =
      "mkdir web && diptych shards merge pictures --out web/all.tar && "
      "diptych curate match --entries q.txt --language-entries de=de.txt --texts web --out m.jsonl "
      "--counts c.json && "
      "diptych curate balance --matches m.jsonl --counts c.json --t 20000 --out b.jsonl && "
      "diptych curate balance --matches m.jsonl --counts c.json --t-language others --out o.jsonl";
  const ProgramRun run = run_in_shell(command, folder.path());
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(read_text_file(path("b.jsonl")), HasSubstr("\"text\":\"a cat here\""));
  const ProgramRun against =
      run_in_shell("diptych curate dedup web --against nothere.tar --out once", folder.path());
  EXPECT_EQ(against.status, 2);
  EXPECT_THAT(against.errors, HasSubstr("nothere.tar"));
  const ProgramRun doctor = run_in_shell("diptych shards doctor web nothere.tar", folder.path());
  EXPECT_THAT(doctor.output, HasSubstr("nothere.tar"));
}

TEST(Curate, AnOptionsFileThatChangedAtEqualSizeIsAnotherCommand) {
  const TemporaryFolder folder;
  write_file(folder.path() / "entries.txt", "dog\ncat\n");
  write_file(folder.path() / "a.jsonl", "{\"text\":\"a dog\"}\n");
  const std::string command = "diptych curate match --entries entries.txt --texts a.jsonl --each m";
  EXPECT_EQ(run_in_shell(command, folder.path()).status, 0);
  EXPECT_EQ(run_in_shell(command, folder.path()).status, 0);
  write_file(folder.path() / "entries.txt", "cat\ndog\n");
  const ProgramRun changed = run_in_shell(command, folder.path());
  EXPECT_EQ(changed.status, 2);
  EXPECT_THAT(changed.errors, HasSubstr("with other options"));
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
  write_file(path("pictures/a.txt"), "cat");
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

TEST(Curate, OptionsThatWouldChangeNothingAreRefused) {
  const auto refuses = [](const std::vector<std::string>& arguments, const std::string& part) {
    std::vector<std::string> command = {"curate"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const ProgramRun run = run_diptych(command);
    EXPECT_EQ(run.status, 2) << part;
    EXPECT_THAT(run.errors, HasSubstr(part));
  };
  const std::string alone = "alone it changes nothing";
  refuses({"score", "s", "--out", "o"}, "got neither a rule nor scores");
  refuses({"score", "s", "--out", "o", "--top-share", "0.5"},
          "--top-share: expected --clip, --head or --scores-from with it: " + alone);
  refuses({"score", "s", "--out", "o", "--min-score", "0.5"}, "--min-score: expected --clip");
  refuses({"score", "s", "--out", "o", "--clip", "--top-share", "0"}, "a number above 0");
  refuses({"score", "s", "--out", "o", "--min-words", "1", "--model", "m"},
          "--model: expected --clip or --head with it");
  refuses({"score", "s", "--out", "o", "--min-words", "1", "--language-model", "m"},
          "--language-model: expected --language with it");
  refuses({"score", "s", "--out", "o", "--rules", "datacomp", "--min-side", "9"}, "--rules");
  refuses({"dedup", "s", "--out", "o", "--model", "m"}, "--model: expected --semantic with it");
  refuses({"dedup", "s", "--out", "o", "--exact", "--distance", "1"}, "--distance");
  refuses({"dedup", "s", "--out", "o", "--semantic", "--keep-share", "0"}, "a number above 0");
  refuses({"queries", "--list", "q", "--out", "o", "--pmi", "5"}, "--pmi: expected --wikipedia");
  refuses({"queries", "--list", "q", "--out", "o", "--views", "5"},
          "--views: expected --pageviews");
  refuses({"queries", "--list", "q", "--out", "o", "--language", "zh"},
          "--language: expected --wikipedia or --pageviews");
  refuses({"download", "u.csv", "--output-folder", "o", "--resize-mode", "no", "--image-size", "9"},
          "--image-size: expected another --resize-mode than no");
}

TEST(Curate, SaysWhatMostPairsWereLeftOutFor) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pictures"));
  for (const char* name : {"pictures/a", "pictures/b"}) {
    write_picture(path(name) + std::string(".bmp"), 255, 0, 0);
    write_file(path(name) + std::string(".txt"), "red");
  }
  const auto score = [&](const std::vector<std::string>& rules) {
    std::vector<std::string> command = {"curate", "score", path("pictures"), "--out", path("out")};
    command.insert(command.end(), rules.begin(), rules.end());
    return run_diptych(command);
  };
  const ProgramRun none = score({"--min-words", "9"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.errors, HasSubstr("got 2 of which none is left"));
  EXPECT_THAT(none.errors, HasSubstr("2 few words, the first: "));
  const ProgramRun elsewhere = score({"--min-words", "1", "--json-text-key", "caption"});
  EXPECT_EQ(elsewhere.status, 0) << elsewhere.errors;
  EXPECT_THAT(elsewhere.errors, HasSubstr("json-text-key: no sample has 'caption'"));
}

TEST(Curate, AListThatIsATableOrNamedTwiceIsNoted) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("table.csv"), "0,cat\n1,dog\n");
  const ProgramRun run = run_diptych(
      {"curate", "queries", "--list", path("table.csv"), path("table.csv"), "--out", path("o")});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("every query has a ',' in it"));
  EXPECT_THAT(run.errors, HasSubstr("table.csv is named twice, and taken twice"));
}

TEST(Curate, ALanguageThatCountsDoNotHaveIsNoted) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("q.txt"), "cat\n");
  write_file(path("t.jsonl"), R"({"key": "1", "text": "a cat here"})"
                              "\n");
  ASSERT_EQ(run_diptych({"curate", "match", "--entries", path("q.txt"), "--texts", path("t.jsonl"),
                         "--out", path("m.jsonl"), "--counts", path("c.json")})
                .status,
            0);
  const ProgramRun run =
      run_diptych({"curate", "balance", "--matches", path("m.jsonl"), "--counts", path("c.json"),
                   "--t-language", "zh", "--out", path("b.jsonl")});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("--t-language is not used"));
}

TEST(Curate, BothThresholdsAtOnceAreWrongUsage) {
  const ProgramRun run = run_diptych({"curate", "balance", "--matches", "m", "--counts", "c",
                                      "--out", "o", "--t", "5", "--tail-share", "0.1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Curate, QueriesThatStandNowhereEndWithOne) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("q.txt"), "cat\nU.S.\n");
  write_file(path("t.jsonl"), "{\"key\": \"1\", \"text\": \"a dog\"}\n");
  const ProgramRun run = run_diptych({"curate", "match", "--entries", path("q.txt"), "--texts",
                                      path("t.jsonl"), "--out", path("m.jsonl")});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("queries: got none of 2 that stands in a text"));
  EXPECT_TRUE(std::filesystem::exists(path("m.jsonl")));
}

TEST(Curate, QueriesThatStandInNoShardEndWithOne) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("q.txt"), "cat\n");
  write_file(path("a.jsonl"), "{\"key\": \"1\", \"text\": \"a dog\"}\n");
  write_file(path("b.jsonl"), "{\"key\": \"2\", \"text\": \"a cow\"}\n");
  const ProgramRun run =
      run_diptych({"curate", "match", "--entries", path("q.txt"), "--texts", path("a.jsonl"),
                   "--texts", path("b.jsonl"), "--each", path("found")});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("inputs: got some of which nothing came"));
}

TEST(Curate, TwoOutputsOfOneNameAreRefused) {
  const TemporaryFolder folder;
  write_file(folder.path() / "q.txt", "cat\n");
  write_file(folder.path() / "t.jsonl", "{\"key\": \"1\", \"text\": \"a cat\"}\n");
  const ProgramRun run = run_in_shell(
      "diptych curate match --entries q.txt --texts t.jsonl --out m.jsonl --counts ./m.jsonl",
      folder.path());
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got one file for two of the outputs"));
}

TEST(Curate, ALanguageHasOneListOfQueries) {
  const ProgramRun run =
      run_diptych({"curate", "match", "--language-entries", "zh=a.txt", "--language-entries",
                   "zh=b.txt", "--texts", "t", "--out", "o"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got two files for zh, expected one"));
}

TEST(Curate, InputsAreNotTheirOwnOutputs) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(path("pictures"));
  write_picture(folder.path() / "pictures/a.bmp", 255, 0, 0);
  write_file(path("pictures/a.txt"), "red");
  std::filesystem::create_directory(path("web"));
  ASSERT_EQ(run_diptych({"shards", "merge", path("pictures"), "--out", path("web/0.tar")}).status,
            0);
  const ProgramRun run = run_diptych(
      {"curate", "score", path("web"), "--min-words", "1", "--each", path("pictures/../web")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("--each: got the inputs' own folder"));
}

TEST(Curate, FilesThatAreNamedTwiceAreSaidToBe) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(path("q.txt"), "cat\n");
  write_file(path("t.jsonl"), "{\"key\": \"1\", \"text\": \"a cat\"}\n");
  const ProgramRun match = run_diptych({"curate", "match", "--entries", path("q.txt"), "--texts",
                                        path("t.jsonl"), "--texts", path("t.jsonl"), "--out",
                                        path("m.jsonl"), "--counts", path("c.json")});
  EXPECT_THAT(match.errors, HasSubstr("t.jsonl is named twice, and taken twice"));
  const ProgramRun balance =
      run_diptych({"curate", "balance", "--matches", path("m.jsonl"), "--counts", path("c.json"),
                   "--counts", path("c.json"), "--out", path("k.jsonl")});
  EXPECT_THAT(balance.errors, HasSubstr("c.json is named twice, and taken twice"));
}

}  // namespace
}  // namespace diptych::test
