// The forms that answers are written in, and what is left when the user interrupts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/pictures_fixture.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Output : public WithPictures {
 protected:
  ProgramRun classify(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"--labels", "red,blue"});
    return run("classify", arguments, input);
  }
};

TEST_F(Output, JsonLinesAreTheArraysEntries) {
  const ProgramRun array = classify({"--json", path("pictures")});
  const ProgramRun lines = classify({"--json-lines", path("pictures")});
  ASSERT_EQ(lines.status, 0) << lines.errors;
  Json entries = Json::array();
  for (const std::string& line : lines_of(lines.output)) entries.push_back(Json::parse(line));
  EXPECT_EQ(entries, Json::parse(array.output));
}

TEST_F(Output, ATableHasARowForEveryLabel) {
  const ProgramRun run = classify({"--csv", path("pictures/red.bmp"), path("none.bmp")});
  EXPECT_EQ(run.status, 1);
  const std::vector<std::string> lines = lines_of(run.output);
  ASSERT_EQ(lines.size(), 4U) << run.output;
  EXPECT_EQ(lines[0], "image,rank,label,score,error");
  EXPECT_THAT(lines[1], MatchesRegex(".*red.bmp,1,(red|blue),0\\.[0-9]+,"));
  EXPECT_THAT(lines[2], MatchesRegex(".*red.bmp,2,(red|blue),0\\.[0-9]+,"));
  EXPECT_THAT(lines[3], MatchesRegex(".*none.bmp,,,,cannot open .*"));
}

TEST_F(Output, AModelHasOneRowHoweverManySourcesItHas) {
  const ProgramRun run = run_diptych({"models", "--csv"});
  const Json models = Json::parse(run_diptych({"models", "--json"}).output);
  EXPECT_EQ(lines_of(run.output).size(), models.size() + 1);
}

TEST_F(Output, CsvQuotesAndTsvEscapesWhatWouldEndACell) {
  fs::rename(path("pictures/red.bmp"), path("pictures/a, \"b\"\n\t.bmp"));
  EXPECT_THAT(classify({"--csv", path("pictures")}).output,
              HasSubstr("/a, \"\"b\"\"\n\t.bmp\",1,"));
  EXPECT_THAT(classify({"--tsv", path("pictures")}).output, HasSubstr("/a, \"b\"\\n\\t.bmp\t1\t"));
  EXPECT_THAT(classify({path("pictures")}).output, HasSubstr("/a, \"b\"\\x0a\\x09.bmp\n"));
}

// A name that is not UTF-8 comes back from every form.
TEST_F(Output, NamesKeepTheirBytes) {
  fs::rename(path("pictures/red.bmp"), path("pictures/caf\xE9%.bmp"));
  const std::vector<std::string> picture = {path("pictures/caf\xE9%.bmp")};
  EXPECT_THAT(classify(picture).output, StartsWith(picture[0]));
  EXPECT_THAT(classify({"--csv", picture[0]}).output, HasSubstr("\n" + picture[0] + ",1,"));
  const Json json = Json::parse(classify({"--json", picture[0]}).output);
  const std::string name = json[0]["image"];
  EXPECT_THAT(name, StartsWith("file:/"));
  EXPECT_THAT(name, HasSubstr("/caf%E9%25.bmp"));
}

TEST_F(Output, ANameThatLooksEncodedIsEncoded) {
  fs::rename(path("pictures/red.bmp"), path("file:red.bmp"));
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  const ProgramRun run = classify({"--json", "file:red.bmp"});
  fs::current_path(before);
  EXPECT_EQ(Json::parse(run.output)[0]["image"], "file:file%3Ared.bmp");
}

// Logit scale 20 and two opposite colours: some scores are far below 0.001.
TEST_F(Output, NumbersHaveNoExponent) {
  std::string labels;
  for (int i = 0; i < 200; ++i) labels += (i > 0 ? ",l" : "l") + std::to_string(i * i);
  const ProgramRun run =
      this->run("classify", {"--labels", labels, "--top", "200", "--csv", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const std::string& line : lines_of(run.output)) {
    const std::string score = line.substr(line.rfind(',', line.size() - 2) + 1);
    EXPECT_THAT(score, Not(HasSubstr("e-")));
  }
}

TEST_F(Output, PicturesComeFromAList) {
  const std::string lines = path("pictures/red.bmp") + "\r\n\n" + path("pictures") + "\n";
  EXPECT_EQ(lines_of(classify({"--csv", "--top", "1", "--files-from", "-"}, lines).output).size(),
            5U);
  std::string zeros = path("pictures/red.bmp") + '\0' + path("pictures/blue.bmp") + '\0';
  write_file(path("list"), zeros);
  EXPECT_EQ(
      lines_of(classify({"--csv", "--top", "1", "-0", "--files-from", path("list")}).output).size(),
      3U);
  EXPECT_EQ(classify({"--files-from", "-"}, "\n\n").status, 2);
  EXPECT_EQ(classify({"--files-from", path("none")}).status, 4);
  EXPECT_THAT(run("classify", {"--labels-file", "-", "--files-from", "-"}, "red\n").errors,
              HasSubstr("standard input"));
}

TEST_F(Output, AnInterruptedRunKeepsWhatIsDone) {
  std::string list;
  for (int i = 0; i < 200'000; ++i) list += path("pictures/red.bmp") + "\n";
  write_file(path("list"), list);
  for (const char* form : {"--csv", "--json"}) {
    const ProgramRun run =
        interrupt_diptych({"classify", "--model", path("model"), "--labels", "red,blue", "--batch",
                           "1", form, "--top", "1", "--files-from", path("list")});
    EXPECT_EQ(run.status, 1) << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("of 200000 pictures done"));
    if (form == std::string("--json")) {
      EXPECT_TRUE(Json::accept(run.output));
    } else {
      EXPECT_TRUE(run.output.ends_with(",\n"));
    }
  }
}

TEST_F(Output, AnInterruptedEmbeddingGoesOnWhereItStood) {
  std::string texts;
  for (int i = 0; i < 30'000; ++i) texts += "text " + std::to_string(i) + "\n";
  write_file(path("texts"), texts);
  const std::vector<std::string> arguments = {"embed", "--model", path("model"), "--texts-from",
                                              path("texts")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), arguments.begin(), arguments.end());
    return more;
  };
  ASSERT_EQ(run_diptych(with({"--out", path("whole.safetensors")})).status, 0);

  const ProgramRun cut = interrupt_diptych(with({"--out", path("cut.safetensors")}));
  ASSERT_EQ(cut.status, 1) << cut.errors;
  EXPECT_THAT(cut.errors, HasSubstr("--resume"));
  const ProgramRun resumed = run_diptych(with({"--resume", "--out", path("cut.safetensors")}));
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_EQ(read_text_file(path("cut.safetensors")), read_text_file(path("whole.safetensors")));

  // An earlier result stays.
  const ProgramRun again =
      interrupt_diptych(with({"--overwrite", "--out", path("whole.safetensors")}));
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(read_text_file(path("cut.safetensors")), read_text_file(path("whole.safetensors")));
}

TEST_F(Output, RowsOfAnotherModelAreNotResumed) {
  write_file(path("texts"), "red\nblue\n");
  const std::vector<std::string> arguments = {"--texts-from", path("texts"), "--out",
                                              path("e.safetensors")};
  ASSERT_EQ(run("embed", arguments).status, 0);
  std::vector<std::string> other = arguments;
  other.insert(other.begin(), {"embed", "--resume"});
  const ProgramRun run = run_diptych(other);  // the embedded model
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("--resume: got"));
}

TEST_F(Output, EmbedSaysWhatItWroteAndWritesToStandardOutput) {
  const ProgramRun file =
      run("embed", {"--images", path("pictures"), "--out", path("e.safetensors")});
  EXPECT_EQ(file.output, path("e.safetensors") + ": image_embeddings [3, 16]\n");
  const ProgramRun printed = run("embed", {"--images", path("pictures"), "--out", "-"});
  EXPECT_EQ(printed.status, 0) << printed.errors;
  EXPECT_EQ(printed.output, read_text_file(path("e.safetensors")));
}

TEST_F(Output, ResultsThatDoNotReachTheirFileAreAnError) {
  for (const char* form : {"--json", "--csv", "--json-lines"}) {
    EXPECT_EQ(run_diptych(
                  {"classify", "--model", path("model"), "--labels", "a,b", form, path("pictures")},
                  "", "/dev/full")
                  .status,
              4)
        << form;
  }
}

}  // namespace
}  // namespace diptych::test
