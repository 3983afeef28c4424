// The example of the public API, and the page it writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Demo, WritesAPageThatNeedsNothingElse) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  std::filesystem::create_directory(folder.path() / "pictures");
  write_picture(folder.path() / "pictures" / "a & b.bmp", 255, 0, 0);
  write_picture(folder.path() / "pictures" / "c.bmp", 0, 0, 255);
  const std::string page = (folder.path() / "page.html").string();
  const ProgramRun run =
      run_demo({(folder.path() / "pictures").string(), page, (folder.path() / "model").string()});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("c.bmp"));
  const std::string html = read_text_file(page);
  EXPECT_THAT(html, HasSubstr("data:image/bmp;base64,Qk"));
  EXPECT_THAT(html, HasSubstr("a &amp; b.bmp"));
  EXPECT_THAT(html, HasSubstr("lang=\"zh\""));
  EXPECT_THAT(html, Not(HasSubstr("http")));
}

TEST(Demo, MarksAndCountsWhatIsWrong) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  std::filesystem::create_directory(folder.path() / "pictures");
  for (const char* name : {"a.bmp", "b.bmp", "c.bmp"})
    write_picture(folder.path() / "pictures" / name, 255, 0, 0);
  const auto run = [&](const std::string& labels) {
    write_file(folder.path() / "pictures/labels.tsv", labels);
    const std::string page = (folder.path() / "page.html").string();
    const ProgramRun demo =
        run_demo({(folder.path() / "pictures").string(), page, (folder.path() / "model").string()});
    EXPECT_EQ(demo.status, 0) << demo.errors;
    return demo.output + read_text_file(page);
  };
  // The pictures are the same, so the first line of the answers is every one's.
  const std::string without = run("");
  EXPECT_THAT(without, Not(HasSubstr("wrong</span>")));
  EXPECT_THAT(without, Not(HasSubstr("Right first answers")));
  const std::size_t answer = without.find("a.bmp\n    ") + 10;
  const std::size_t number = without.rfind(' ', without.find(" %", answer) - 1);
  const std::string first = without.substr(answer, number - answer);
  const std::string with = run("a.bmp\tno such label\nb.bmp\tnone\t" + first + "\n");
  EXPECT_THAT(with, HasSubstr("wrong</span>"));
  EXPECT_THAT(with, HasSubstr("English labels 1 of 2"));
  EXPECT_THAT(with, HasSubstr("Chinese labels 0 of 2"));
}

TEST(Demo, AsksAFoldersOwnQuestions) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  const std::filesystem::path pictures = folder.path() / "pictures";
  std::filesystem::create_directory(pictures);
  write_picture(pictures / "red.bmp", 255, 0, 0);
  write_picture(pictures / "blue.bmp", 0, 0, 255);
  const std::string page = (folder.path() / "page.html").string();
  const auto ask = [&](const std::string& questions) {
    write_file(pictures / "questions.tsv", questions);
    return run_demo({pictures.string(), page, (folder.path() / "model").string()});
  };
  // The first label is the right one, so of a question and its reverse one answer is right.
  const ProgramRun run = ask("red.bmp\tColour\tred\tblue\nred.bmp\tColour\tblue\tred\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("Colour 1 of 2"));
  EXPECT_THAT(run.output, Not(HasSubstr("blue.bmp")));
  EXPECT_THAT(read_text_file(page), HasSubstr("Where it fails"));

  EXPECT_THAT(ask("green.bmp\tColour\tx\ty\n").errors, HasSubstr("asks about green.bmp"));
  EXPECT_THAT(ask("red.bmp\tColour\tx\n").errors, HasSubstr("got a line of 3 cells"));
}

TEST(Demo, AFolderWithoutPicturesIsOneLine) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  const ProgramRun run = run_demo({folder.path().string(), (folder.path() / "page.html").string(),
                                   (folder.path() / "model").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
