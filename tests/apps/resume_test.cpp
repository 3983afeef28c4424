#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "shards/tar.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using Arguments = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

/// The files of a folder by their paths in it.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.is_regular_file())
      files[fs::relative(file.path(), folder).string()] = read_text_file(file.path());
  }
  return files;
}

/// Every stage on a few small inputs, killed at moments of an undisturbed run that are drawn anew
/// each time.
class Resume : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  /// Expects two folders to have the same files, and names those that differ.
  void expect_same(const std::string& name, const std::string& other) const {
    const auto files = contents(path(name));
    const auto others = contents(path(other));
    for (const auto& [file, bytes] : files) {
      const auto found = others.find(file);
      EXPECT_TRUE(found != others.end() && found->second == bytes) << name << "/" << file;
    }
    EXPECT_EQ(files.size(), others.size());
    EXPECT_FALSE(files.empty());
  }

  /// Runs a command that writes the folder `option` names, undisturbed and killed again and again,
  /// and expects the same files.
  void expect_same_after_kills(Arguments command, const std::string& option) {
    command.push_back(option);
    const Clock::time_point start = Clock::now();
    run_all(command, "whole");
    const auto whole = std::chrono::duration<double>(Clock::now() - start);
    int kills = 0;
    bool is_whole = false;
    for (int attempt = 0; attempt < 12 && !is_whole; ++attempt) {
      const bool is_killed = kill_once(command, whole);
      kills += is_killed ? 1 : 0;
      // A run that was quicker than the first one shows nothing.
      if (!is_killed && kills == 0) fs::remove_all(path("killed"));
      is_whole = !is_killed && kills > 0;
    }
    EXPECT_GT(kills, 0) << "seed " << seed_;
    // The last kill may have come after all was done, which only --each does not mind.
    const bool is_done = option != "--each" && fs::exists(path("killed")) &&
                         !fs::is_empty(path("killed")) && !fs::exists(path("killed/UNFINISHED"));
    if (!is_whole && !is_done) run_all(command, "killed");
    SCOPED_TRACE("seed " + std::to_string(seed_));
    expect_same("killed", "whole");
  }

  /// Runs a command as the second and then as the first of two processes, and expects what one
  /// alone wrote to `whole`.
  void expect_same_of_two(const Arguments& command) {
    std::string line = "diptych";
    for (const std::string& argument : command) line += " '" + argument + "'";
    for (const char* rank : {"1", "0"}) {
      const ProgramRun run = run_in_shell(
          "RANK=" + std::string(rank) + " WORLD_SIZE=2 " + line + " --each two --threads 1",
          folder_.path());
      EXPECT_EQ(run.status, 0) << run.errors;
    }
    expect_same("two", "whole");
    fs::remove_all(path("two"));
  }

  void clear() {
    for (const char* name : {"whole", "killed"}) fs::remove_all(path(name));
  }

  void write_texts() const {
    write_file(path("queries.txt"), "dog\ncat\nred house\n");
    for (int file = 0; file < kInputs; ++file) {
      std::string lines;
      for (int i = 0; i < 20'000; ++i) {
        lines += "{\"key\":\"" + std::to_string(file * 100'000 + i) + "\",\"text\":\"a " +
                 (i % 3 == 0 ? "dog" : "cat") + " in a red house\"}\n";
      }
      write_file(path("t" + std::to_string(file) + ".jsonl"), lines);
    }
  }

  /// Pages of pictures in a few archives.
  void write_archives() const {
    for (int file = 0; file < kInputs; ++file) {
      std::string archive;
      for (int i = 0; i < 2'000; ++i) {
        const std::string number = std::to_string(i);
        const std::string http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<img src=\"" +
                                 number + ".jpg\" alt=\"a picture of number " + number + "\">";
        archive += "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://h" +
                   std::to_string(file) + ".org/" + number +
                   "\r\nContent-Length: " + std::to_string(http.size()) + "\r\n\r\n" + http +
                   "\r\n\r\n";
      }
      write_file(path("p" + std::to_string(file) + ".warc"), archive);
    }
  }

  /// Shards of pictures, every other one of which is in each of them.
  void write_shards() const {
    for (int file = 0; file < kInputs; ++file) {
      shards::TarWriter tar(path("s" + std::to_string(file) + ".tar"));
      for (int i = 0; i < 60; ++i) {
        const std::string key = std::to_string(file * 100 + i);
        const std::string picture = picture_of(i % 2 == 0 ? i : file * 100 + i);
        const std::string text = "two words of " + key;
        tar.add(key + ".bmp", std::as_bytes(std::span(picture)));
        tar.add(key + ".txt", std::as_bytes(std::span(text)));
      }
      tar.commit();
    }
  }

  Arguments inputs(const std::string& prefix, const std::string& ending,
                   const std::string& option = {}) const {
    Arguments names;
    for (int i = 0; i < kInputs; ++i) {
      if (!option.empty()) names.push_back(option);
      names.push_back(path(prefix + std::to_string(i) + ending));
    }
    return names;
  }

  static constexpr int kInputs = 5;
  TemporaryFolder folder_;

 private:
  /// A BMP of 96 x 96 pixels in fields whose brightness a seed draws.
  static std::string picture_of(int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<char> fields(144);
    for (char& field : fields) field = static_cast<char>(random() >> 24U);
    const auto number = [](unsigned value, int bytes) {
      std::string text;
      for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
      return text;
    };
    std::string text = "BM" + number(54 + 3 * 96 * 96, 4) + number(0, 4) + number(54, 4) +
                       number(40, 4) + number(96, 4) + number(96, 4) + number(1, 2) +
                       number(24, 2) + std::string(24, '\0');
    for (std::size_t y = 0; y < 96; ++y) {
      for (std::size_t x = 0; x < 96; ++x) text.append(3, fields[y / 8 * 12 + x / 8]);
    }
    return text;
  }

  void run_all(Arguments command, const std::string& out) const {
    command.push_back(path(out));
    const ProgramRun run = run_diptych(command);
    ASSERT_EQ(run.status, 0) << run.errors;
  }

  /// Kills a run at some moment; false: it had ended before.
  bool kill_once(Arguments command, std::chrono::duration<double> whole) {
    command.push_back(path("killed"));
    const auto moment =
        Clock::now() + whole * std::uniform_real_distribution<double>(0.0, 0.8)(random_);
    const ProgramRun run = kill_diptych(command, [&] { return Clock::now() >= moment; });
    return run.status == 128 + SIGKILL;
  }

  unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
};

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST_F(Resume, ExtractGoesOnByArchive) {
  write_archives();
  const Arguments command = joined({"curate", "extract"}, inputs("p", ".warc"));
  expect_same_after_kills(command, "--each");
  expect_same_of_two(command);
}

TEST_F(Resume, MatchAndBalanceGoOnByFile) {
  write_texts();
  const Arguments match = joined({"curate", "match", "--entries", path("queries.txt")},
                                 inputs("t", ".jsonl", "--texts"));
  expect_same_after_kills(match, "--each");
  expect_same_of_two(match);
  fs::rename(path("whole"), path("m"));
  clear();
  const Arguments balance = joined(joined({"curate", "balance", "--t", "5000", "--seed", "3"},
                                          inputs("m/t", ".jsonl.matches.jsonl", "--matches")),
                                   inputs("m/t", ".jsonl.counts.json", "--counts"));
  expect_same_after_kills(balance, "--each");
  expect_same_of_two(balance);
}

TEST_F(Resume, FingerprintAndDedupGoOnByShard) {
  write_shards();
  const Arguments fingerprint = joined({"curate", "fingerprint"}, inputs("s", ".tar"));
  expect_same_after_kills(fingerprint, "--each");
  expect_same_of_two(fingerprint);
  fs::rename(path("whole"), path("prints"));
  clear();
  const Arguments dedup =
      joined({"curate", "dedup", "--fingerprints", path("prints")}, inputs("s", ".tar"));
  expect_same_after_kills(dedup, "--each");
  expect_same_of_two(dedup);
  // By shard or all at once, the same are left.
  const ProgramRun once =
      run_diptych(joined({"curate", "dedup", "--out", path("once")}, inputs("s", ".tar")));
  ASSERT_EQ(once.status, 0) << once.errors;
  const ProgramRun merged =
      run_diptych({"shards", "merge", path("whole") + "/s{0..4}.tar", "--out", path("merged.tar")});
  ASSERT_EQ(merged.status, 0) << merged.errors;
  EXPECT_EQ(read_text_file(path("once/000000.tar")), read_text_file(path("merged.tar")));
}

TEST_F(Resume, ScoreGoesOnByShard) {
  write_shards();
  const Arguments command =
      joined({"curate", "score", "--clip", "--min-score", "0.05"}, inputs("s", ".tar"));
  expect_same_after_kills(command, "--each");
  expect_same_of_two(command);
}

TEST_F(Resume, PackGoesOnByShard) {
  write_shards();
  const Arguments command = joined({"shards", "pack"}, inputs("s", ".tar"));
  expect_same_after_kills(command, "--each");
  expect_same_of_two(command);
}

TEST_F(Resume, SampleGoesOnByShard) {
  write_shards();
  fs::create_directory(path("scores"));
  for (int file = 0; file < kInputs; ++file) {
    std::string scores;
    for (int i = 0; i < 60; ++i) {
      scores += "{\"key\":\"" + std::to_string(file * 100 + i) +
                "\",\"score\":" + std::to_string(0.1 * (i * 7 % 60)) + "}\n";
    }
    write_file(path("scores/s" + std::to_string(file) + ".scores.jsonl"), scores);
  }
  const Arguments command = joined({"curate", "sample", "--scores-from", path("scores"), "--draws",
                                    "400", "--penalty", "0.5", "--seed", "3"},
                                   inputs("s", ".tar"));
  expect_same_after_kills(command, "--each");
  expect_same_of_two(command);
}

TEST_F(Resume, ATopShareIsOfAllShards) {
  write_shards();
  const ProgramRun once =
      run_diptych(joined({"curate", "score", "--clip", "--top-share", "0.3", "--out", path("once")},
                         inputs("s", ".tar")));
  ASSERT_EQ(once.status, 0) << once.errors;
  const Arguments by_shard = joined({"curate", "score"}, inputs("s", ".tar"));
  const ProgramRun scores =
      run_diptych(joined(by_shard, {"--clip", "--scores-only", "--each", path("scores")}));
  ASSERT_EQ(scores.status, 0) << scores.errors;
  EXPECT_FALSE(fs::exists(path("scores/s0.tar")));
  const Arguments command =
      joined(by_shard, {"--scores-from", path("scores"), "--top-share", "0.3"});
  expect_same_after_kills(command, "--each");
  expect_same_of_two(command);
  const ProgramRun merged =
      run_diptych({"shards", "merge", path("whole") + "/s{0..4}.tar", "--out", path("merged.tar")});
  ASSERT_EQ(merged.status, 0) << merged.errors;
  EXPECT_EQ(read_text_file(path("once/000000.tar")), read_text_file(path("merged.tar")));
  const ProgramRun alone =
      run_diptych(joined(by_shard, {"--clip", "--top-share", "0.3", "--each", path("alone")}));
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.errors, HasSubstr("expected --scores-from"));
}

TEST_F(Resume, FoldersOfShardsAreTakenUpByTheSameCommand) {
  write_shards();
  for (const Arguments& command :
       {Arguments{"curate", "dedup"}, Arguments{"curate", "score", "--min-words", "2"},
        Arguments{"shards", "pack"}, Arguments{"shards", "convert", "--to", "files"},
        Arguments{"shards", "convert", "--to", "lmdb"}}) {
    SCOPED_TRACE(command[1]);
    expect_same_after_kills(joined(command, inputs("s", ".tar")), "--out");
    clear();
  }
  expect_same_after_kills(joined({"shards", "doctor"}, inputs("s", ".tar")), "--repair");
}

TEST_F(Resume, AnotherCommandLeavesAnUnfinishedFolderAlone) {
  write_shards();
  const Arguments command =
      joined({"shards", "split", "--per-shard", "1", "--out", path("out")}, inputs("s", ".tar"));
  const ProgramRun killed =
      kill_diptych(command, [&] { return fs::exists(path("out/000000.tar")); });
  ASSERT_EQ(killed.status, 128 + SIGKILL);
  ASSERT_EQ(
      run_diptych({"shards", "merge", path("s1.tar"), path("s2.tar"), "--out", path("other.tar")})
          .status,
      0);
  EXPECT_TRUE(fs::exists(path("out/UNFINISHED")));
  const ProgramRun other = run_diptych(
      joined({"shards", "split", "--per-shard", "2", "--out", path("out")}, inputs("s", ".tar")));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors, HasSubstr("a folder that another command left unfinished"));
  fs::rename(path("s0.tar"), path("kept.tar"));
  fs::copy_file(path("other.tar"), path("s0.tar"));
  EXPECT_EQ(run_diptych(command).status, 2);  // not of the same shards
  fs::rename(path("kept.tar"), path("s0.tar"));
  EXPECT_EQ(run_diptych(command).status, 0);
  EXPECT_FALSE(fs::exists(path("out/UNFINISHED")));
  const ProgramRun again = run_diptych(command);
  EXPECT_THAT(again.errors, HasSubstr("a folder that has files"));
}

TEST_F(Resume, OtherOptionsDoNotGoOn) {
  write_texts();
  const auto with = [&](const Arguments& more) {
    return run_diptych(joined(joined({"curate", "match", "--entries", path("queries.txt")}, more),
                              {"--texts", path("t0.jsonl"), "--each", path("m")}));
  };
  EXPECT_EQ(with({}).status, 0);
  EXPECT_EQ(with({"--threads", "1"}).status, 0);
  const ProgramRun other = with({"--ignore-case"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors, HasSubstr("a folder of the same stage with other options"));
  write_file(path("queries.txt"), "dog\n");
  EXPECT_EQ(with({}).status, 2);
}

}  // namespace
}  // namespace diptych::test
