#include "train/run_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/error.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "train/run_page.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

TrainProgress progress_at(std::int64_t step, double loss) {
  return {.step = step, .total_steps = 100, .epochs = 2, .loss = loss, .learning_rate = 0.25};
}

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// As TensorBoard's own writer makes them.
TEST(EventFile, RecordsAreTensorBoards) {
  const auto golden =
      nlohmann::json::parse(read_text_file(test::data_path("training/tensorboard.json")));
  for (const auto& record : golden) {
    std::vector<std::string> names;
    for (const auto& value : record["values"]) names.push_back(value["tag"]);
    std::vector<NamedValue> values;
    for (std::size_t i = 0; i < names.size(); ++i)
      values.push_back({names[i], record["values"][i]["value"].get<double>()});
    EXPECT_EQ(tf_record(event_of(record["wall_time"], record["step"], values)),
              bytes_of_hex(record["record"]))
        << record["step"];
  }
}

TEST(EventFile, BeginsWithItsVersionAndTheStepThatItGoesOnFrom) {
  const test::TemporaryFolder folder;
  for (const std::int64_t first : {1, 9}) {
    const fs::path runs = folder.path() / std::to_string(first);
    EventFile(runs, first).add(first, {{"train/loss", 1.0}});
    const fs::path file = fs::directory_iterator(runs)->path();
    EXPECT_THAT(file.filename().string(), testing::StartsWith("events.out.tfevents."));
    const std::string text = read_text_file(file);
    EXPECT_THAT(text, testing::HasSubstr("brain.Event:2"));
    const std::string start = {'\x10', static_cast<char>(first), '\x3a', '\x02', '\x08', '\x01'};
    EXPECT_THAT(text, testing::HasSubstr(start));
  }
}

TEST(EventFile, SaysWhichFolderCannotBeMade) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "file", "");
  test::expect_error([&] { EventFile(folder.path() / "file" / "runs", 1); }, ErrorCode::io,
                     "cannot make");
}

TEST(RunHistory, GoesOnAfterTheLastStepThatWasSaved) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "log.jsonl";
  {
    RunHistory history(path, 0);
    for (int step = 1; step <= 5; ++step) history.add(progress_at(step, 10.0 - step));
  }
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  std::string again = read_text_file(path);
  again = again.substr(0, again.find('}')) + ", \"x\": " + deep + "}\n";
  std::ofstream(path, std::ios::app) << again << "{\"step\": 3, \"trai";
  RunHistory history(path, 3);
  history.add(progress_at(4, NAN));
  std::vector<std::int64_t> steps;
  const RunHistory all(path, 9);
  for (const RunHistory::Entry& entry : all.entries()) steps.push_back(entry.step);
  EXPECT_THAT(steps, testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(history.entries().front().values.front(), 9.0);
  EXPECT_TRUE(std::isnan(all.entries().back().values.front()));
}

TEST(RunHistory, AFileThatWasRemovedGetsAllReportsAgain) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "log.jsonl";
  RunHistory history(path, 0);
  history.add(progress_at(1, 1.0));
  const std::string before = read_text_file(path);
  fs::remove(path);
  history.add(progress_at(2, 1.0));
  history.add(progress_at(3, 1.0));
  const std::string after = read_text_file(path);
  EXPECT_THAT(after, testing::StartsWith(before));
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n'), 3);
}

TEST(RunHistory, BeginsAnewWithANewRun) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "log.jsonl";
  RunHistory(path, 0).add(progress_at(1, 1.0));
  EXPECT_TRUE(RunHistory(path, 0).entries().empty());
  EXPECT_EQ(read_text_file(path), "");
}

TEST(RunPage, HasACurveOfEveryNumber) {
  std::vector<RunHistory::Entry> entries;
  for (std::int64_t step : {10, 20})
    entries.push_back({.step = step, .values = std::vector<double>(values_of({}).size(), step)});
  entries.back().values[1] = NAN;
  TrainProgress now = progress_at(20, 1.0);
  now.refused = 2;
  now.last_problem = "a<b>";
  const std::string page = run_page("a & b", now, entries, {});
  for (const NamedValue& named : values_of({}))
    EXPECT_THAT(page, testing::HasSubstr("<h2>" + std::string(named.name)));
  EXPECT_THAT(page, testing::HasSubstr("points=\"320.0,160.0 640.0,0.0 \""));
  EXPECT_THAT(page, testing::HasSubstr("a &amp; b"));
  EXPECT_THAT(page, testing::HasSubstr("a&lt;b>"));
  EXPECT_THAT(page, testing::Not(testing::HasSubstr("nan,")));
  EXPECT_THAT(page, testing::Not(testing::HasSubstr("Samples")));
}

TEST(RunPage, HasSamplesWithTheNearestCaptions) {
  const std::vector<RunHistory::Entry> entries = {
      {.step = 20, .values = std::vector<double>(values_of({}).size(), 1.0)}};
  const ScoredCaption own{.text = "<i>cat", .cosine = 0.25, .own = true};
  const SamplesSeen seen{.step = 9,
                         .captions = 64,
                         .samples = {{.picture = "jpg",
                                      .caption = own,
                                      .nearest = {{.text = "dog & <b>", .cosine = 0.5}, own}}}};
  const std::string page = run_page("run", progress_at(20, 1.0), entries, seen);
  EXPECT_THAT(page, testing::HasSubstr("<h2>Samples after step 9</h2>"));
  EXPECT_THAT(page, testing::HasSubstr("of 64 captions"));
  EXPECT_THAT(
      page, testing::HasSubstr("<img src=\"data:image/jpeg;base64,anBn\"><td>0.250 <b>&lt;i>cat</b>"
                               "<td>0.500 dog &amp; &lt;b><br>\n0.250 <b>&lt;i>cat</b><br>"));
}

}  // namespace
}  // namespace diptych::train
