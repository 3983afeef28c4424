#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "diptych/arrays.h"
#include "diptych/convert.h"
#include "diptych/matrix.h"
#include "diptych/model.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Classify : public ::testing::Test {
 protected:
  Classify() {
    write_tiny_model(folder_.path() / "model");
    fs::create_directory(folder_.path() / "pictures");
    write_picture(folder_.path() / "pictures" / "a.bmp", 255, 0, 0);
    write_picture(folder_.path() / "pictures" / "b.bmp", 0, 0, 255);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProgramRun classify(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"classify", "--model", path("model")});
    return run_diptych(without_replaced(arguments), input);
  }
  /// Embeddings of texts by the command that is tested elsewhere.
  Matrix embed(const std::string& texts) const {
    const ProgramRun run =
        run_diptych({"embed", "--overwrite", "--model", path("model"), "--texts-from", "-",
                     "--images", path("pictures"), "--out", path("e.safetensors")},
                    texts);
    EXPECT_EQ(run.status, 0) << run.errors;
    const Arrays arrays = read_arrays(path("e.safetensors"));
    return to_matrix(arrays.at("text_embeddings"));
  }
  Matrix embedded_pictures() const {
    return to_matrix(read_arrays(path("e.safetensors")).at("image_embeddings"));
  }

 private:
  static Matrix to_matrix(const Array& array) {
    Matrix matrix(static_cast<std::size_t>(array.shape.at(0)),
                  static_cast<std::size_t>(array.shape.at(1)));
    matrix.values = std::get<std::vector<float>>(array.values);
    return matrix;
  }

 protected:
  TemporaryFolder folder_;
};

double score_of(const Json& answer, const std::string& label) {
  for (const Json& entry : answer.at("labels")) {
    if (entry.at("label") == label) return entry.at("score");
  }
  return -1.0;
}

/// A tiny model that knows from which cosine on a label fits.
class ClassifyWithLimit : public Classify {
 protected:
  void set_limit(float cosine) const {
    convert_model(Model::load(path("model")), path("limited"), {.fits_from = cosine});
  }
  ProgramRun classify_limited(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"classify", "--model", path("limited"), "--labels",
                                         "red,green,blue", path("pictures/a.bmp")});
    return run_diptych(arguments);
  }
};

TEST_F(ClassifyWithLimit, SaysWhenNoneOfTheLabelsFits) {
  set_limit(0.999F);
  EXPECT_THAT(classify_limited({}).output, HasSubstr("  none of these; nearest:\n"));
  const Json answer = Json::parse(classify_limited({"--json"}).output)[0];
  EXPECT_EQ(answer.at("none_of_these"), true);
  EXPECT_EQ(answer.at("labels")[0].at("fits"), false);
  EXPECT_THAT(classify_limited({"--csv"}).output,
              StartsWith("image,rank,label,score,error,fits\n"));
  EXPECT_THAT(classify_limited({"--labels", "red"}).errors, HasSubstr("one label alone, 'red'"));
}

TEST_F(ClassifyWithLimit, IsSilentWhereOneFitsAndWhereTheNearestIsAskedFor) {
  set_limit(0.999F);
  EXPECT_THAT(classify_limited({"--nearest"}).output, Not(HasSubstr("none")));
  fs::remove_all(path("limited"));
  set_limit(-0.999F);
  EXPECT_THAT(classify_limited({}).output, Not(HasSubstr("none")));
  const Json answer = Json::parse(classify_limited({"--json"}).output)[0];
  EXPECT_EQ(answer.at("none_of_these"), false);
  EXPECT_EQ(answer.at("labels")[2].at("fits"), true);
}

TEST_F(ClassifyWithLimit, WhatFitsNoLabelHasAFolderOfItsOwn) {
  set_limit(0.999F);
  const ProgramRun run = classify_limited({"--sort-into", path("sorted"), "--copy"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(fs::exists(path("sorted/none of these/a.bmp")));
}

TEST_F(Classify, AModelWithoutALimitSaysNothingOfFitting) {
  const std::string output = classify({"--labels", "red,green", "--json", path("pictures")}).output;
  EXPECT_THAT(output, Not(HasSubstr("none_of_these")));
  EXPECT_THAT(output, Not(HasSubstr("fits")));
}

TEST_F(Classify, JsonHasEveryPictureWithItsLabelsBestFirst) {
  const ProgramRun run = classify({"--labels", "red, green ,blue", "--json", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answers = Json::parse(run.output);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].at("image"), path("pictures/a.bmp"));
  EXPECT_EQ(answers[1].at("image"), path("pictures/b.bmp"));
  for (const Json& answer : answers) {
    const Json& labels = answer.at("labels");
    ASSERT_EQ(labels.size(), 3U);
    EXPECT_GE(labels[0].at("score"), labels[1].at("score"));
    EXPECT_GE(labels[1].at("score"), labels[2].at("score"));
    const double sum =
        score_of(answer, "red") + score_of(answer, "green") + score_of(answer, "blue");
    EXPECT_NEAR(sum, 1.0, accumulation_tolerance(3, 1.0));
  }
}

// The score by its definition, from the embeddings: the tiny model's logit scale is 20.
TEST_F(Classify, ScoresAreTheSoftmaxOverAveragedTemplates) {
  const Matrix texts = embed("light red\ndark red\nlight blue\ndark blue\n");
  Matrix classes(2, texts.columns);
  for (std::size_t label = 0; label < 2; ++label) {
    for (std::size_t i = 0; i < texts.columns; ++i) {
      classes.row(label)[i] = (texts.row(2 * label)[i] + texts.row(2 * label + 1)[i]) / 2;
    }
  }
  normalise_rows(classes);
  Matrix expected = similarities(embedded_pictures(), classes, 20.0F);
  softmax_rows(expected);
  const ProgramRun run =
      classify({"--template", "light {label}", "--template", "dark {}", "--labels", "red,blue",
                "--json", path("pictures/a.bmp"), path("pictures/b.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answers = Json::parse(run.output);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::vector<float> got = {static_cast<float>(score_of(answers[i], "red")),
                                    static_cast<float>(score_of(answers[i], "blue"))};
    EXPECT_LE(relative_error(got, expected.row(i)), kFeatureTolerance);
  }
}

TEST_F(Classify, TheDefaultTemplateIsClips) {
  const std::vector<std::string> labels = {"--labels", "red,blue", "--json", path("pictures")};
  std::vector<std::string> explicitly = labels;
  explicitly.insert(explicitly.end(), {"--template", "A photo of a {label}"});
  const ProgramRun run = classify(labels);
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output, classify(explicitly).output);
}

TEST_F(Classify, AnArticleIsNotDoubledAndAChineseLabelGetsAChineseTemplate) {
  const ProgramRun run = classify({"--labels", "a red,blue,猫", "--json", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  std::map<std::string, std::string> prompts;
  const Json answer = Json::parse(run.output).at(0);
  for (const Json& entry : answer.at("labels")) prompts[entry.at("label")] = entry.at("prompt");
  EXPECT_EQ(prompts.at("a red"), "A photo of a red");
  EXPECT_EQ(prompts.at("blue"), "A photo of a blue");
  EXPECT_EQ(prompts.at("猫"), "一张猫的照片");
  EXPECT_EQ(run.errors, "");
}

TEST_F(Classify, ChineseCommasSeparateLabels) {
  const ProgramRun run =
      classify({"--labels", "red，\u3000blue、green, 猫", "--json", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answer = Json::parse(run.output).at(0);
  EXPECT_EQ(answer.at("labels").size(), 4U);
  for (const char* label : {"red", "blue", "green", "猫"}) EXPECT_GE(score_of(answer, label), 0.0);
}

TEST_F(Classify, QuotesAndLineEndsSeparateLabels) {
  const ProgramRun run = classify(
      {"--labels", "\"red, light\" , blue\r\n\"green\" x\n", "--json", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answer = Json::parse(run.output).at(0);
  EXPECT_EQ(answer.at("labels").size(), 3U);
  for (const char* label : {"red, light", "blue", "\"green\" x"})
    EXPECT_GE(score_of(answer, label), 0.0) << label;
}

TEST_F(Classify, ALabelsFileWithColumnsIsNoted) {
  write_file(path("labels.txt"), "red\trot\nblue\tblau\n");
  const ProgramRun run = classify({"--labels-file", path("labels.txt"), path("pictures/a.bmp")});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors, HasSubstr("a label is a whole line"));
}

TEST_F(Classify, ALabelsFileThatIsATableIsNoted) {
  write_file(path("labels.csv"), "id,name\n0,red\n1,blue\n");
  const std::vector<std::string> arguments = {"--labels-file", path("labels.csv"),
                                              path("pictures/a.bmp")};
  EXPECT_THAT(classify(arguments).errors, HasSubstr("as the rows of a table have"));
  write_file(path("labels.csv"), "1\n2\n3\nfour\n");
  EXPECT_THAT(classify(arguments).errors, HasSubstr("3 of 4 labels are numbers, as '1'"));
  EXPECT_THAT(classify({"--labels", "42,43", path("pictures/a.bmp")}).errors,
              HasSubstr("2 of 2 labels are numbers, as '42'"));
}

TEST_F(Classify, OneLabelAloneIsNoted) {
  const ProgramRun run = classify({"--labels", "red", path("pictures/a.bmp")});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("100 % whatever the picture"));
}

TEST_F(Classify, IndependentScoresAreCosinesAndSaySo) {
  const ProgramRun run =
      classify({"--labels", "red", "--independent", "--json", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const Matrix text = embed("A photo of a red\n");
  const Matrix expected = similarities(embedded_pictures(), text);
  const Json answer = Json::parse(run.output).at(0);
  EXPECT_EQ(answer.at("scores"), "cosine");
  EXPECT_NEAR(score_of(answer, "red"), expected.row(0)[0], kFeatureTolerance);
}

TEST_F(Classify, TheCosineIsShownOnRequest) {
  const std::vector<std::string> labels = {"--labels", "red,blue", path("pictures/a.bmp")};
  std::vector<std::string> with_cosine = labels;
  with_cosine.insert(with_cosine.end(), {"--cosine", "--json"});
  const ProgramRun run = classify(with_cosine);
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answer = Json::parse(run.output).at(0);
  EXPECT_EQ(answer.at("scores"), "softmax");
  const double cosine = answer.at("labels").at(0).at("cosine");
  with_cosine.pop_back();
  EXPECT_THAT(classify(with_cosine).output, HasSubstr(fmt::format("{:7.4f}", cosine)));
  EXPECT_THAT(classify(labels).output, Not(HasSubstr(fmt::format("{:7.4f}", cosine))));
}

TEST_F(Classify, ABiasedModelGivesEachLabelItsOwnProbability) {
  write_tiny_biased_model(folder_.path() / "biased");
  const auto score = [&](const std::string& labels) {
    const ProgramRun run = run_diptych({"classify", "--model", path("biased"), "--labels", labels,
                                        "--json", path("pictures/a.bmp")});
    EXPECT_EQ(run.errors, "");
    const Json answer = Json::parse(run.output).at(0);
    EXPECT_EQ(answer.at("scores"), "sigmoid");
    return score_of(answer, "red");
  };
  EXPECT_LT(score("red"), 1.0);
  EXPECT_EQ(score("red"), score("red,blue,green"));
}

TEST_F(Classify, PicturesMayFollowTheTemplates) {
  const ProgramRun run = classify(
      {"--labels", "red,blue", "--json", "--template", "light {}", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(Json::parse(run.output).size(), 1U);
}

TEST_F(Classify, EveryFurtherTemplateMayHaveItsOption) {
  const std::vector<std::string> rest = {"--labels", "red,blue", "--json", path("pictures")};
  std::vector<std::string> once = {"--template", "light {}", "dark {}"};
  std::vector<std::string> twice = {"--template", "light {}", "--template", "dark {}"};
  once.insert(once.end(), rest.begin(), rest.end());
  twice.insert(twice.end(), rest.begin(), rest.end());
  EXPECT_EQ(classify(once).output, classify(twice).output);
}

// To CLI11 "{}" is an empty list, and "[a]" a list of "a".
TEST_F(Classify, ValuesArriveAsTheyAre) {
  fs::create_directory(path("[b,c]"));
  write_picture(folder_.path() / "[b,c]" / "a.bmp", 255, 0, 0);
  const ProgramRun bare =
      classify({"--labels", "red,blue", "--json", "--template", "{}", path("[b,c]")});
  ASSERT_EQ(bare.status, 0) << bare.errors;
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  const ProgramRun relative =
      classify({"--labels", "red,blue", "--json", "--template", "{label}", "[b,c]"});
  fs::current_path(before);
  ASSERT_EQ(relative.status, 0) << relative.errors;
  EXPECT_EQ(Json::parse(bare.output)[0]["labels"], Json::parse(relative.output)[0]["labels"]);
}

TEST_F(Classify, LabelsComeFromAFileInAnyLanguage) {
  write_file(path("labels.txt"), "\xEF\xBB\xBFred\r\n猫\r\n\r\n");
  const ProgramRun run = classify(
      {"--labels-file", path("labels.txt"), "--templates", "simple_7", "--json", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json answer = Json::parse(run.output).at(0);
  EXPECT_GE(score_of(answer, "red"), 0.0);
  EXPECT_GE(score_of(answer, "猫"), 0.0);
}

TEST_F(Classify, LabelsComeFromAJsonArray) {
  write_file(path("labels.json"), "[\"red, or so\",\n \"blue\"]");
  const ProgramRun run =
      classify({"--labels-file", path("labels.json"), "--json", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_GE(score_of(Json::parse(run.output).at(0), "red, or so"), 0.0);
}

TEST_F(Classify, AFileGivenAsTheLabelIsNoted) {
  write_file(path("labels.txt"), "red\nblue\n");
  const ProgramRun run = classify({"--labels", path("labels.txt"), path("pictures/a.bmp")});
  EXPECT_THAT(run.errors, HasSubstr("--labels-file"));
  EXPECT_THAT(classify({"--labels", "@" + path("labels.txt"), path("pictures/a.bmp")}).errors,
              HasSubstr("--labels-file"));
}

TEST_F(Classify, TemplatesJoinedByCommasAreNoted) {
  EXPECT_THAT(
      classify({"--labels", "red,blue", "--template", "a {},one {}", path("pictures/a.bmp")})
          .errors,
      HasSubstr("--template once for each takes several"));
}

TEST_F(Classify, WhatTheModelDoesNotReadIsNoted) {
  const ProgramRun run =
      classify({"--labels", "red,zebra,red red red red red red red", path("pictures/a.bmp")});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors, HasSubstr("does not know: label 'zebra'"));
  EXPECT_THAT(run.errors, HasSubstr("cut off: label 'red red"));
}

TEST_F(Classify, TopLimitsTheLabels) {
  const ProgramRun run =
      classify({"--labels", "red,green,blue", "--top", "1", path("pictures/a.bmp")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 2);
  EXPECT_THAT(run.output, StartsWith(path("pictures/a.bmp")));
}

TEST_F(Classify, ABrokenPictureIsAnErrorInItsPlace) {
  write_file(path("pictures/aa.png"), "broken");
  const ProgramRun run = classify({"--labels", "red,blue", "--json", path("pictures")});
  EXPECT_EQ(run.status, 1);
  const Json answers = Json::parse(run.output);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[1].contains("error"));
  EXPECT_FALSE(answers[1].contains("labels"));
  EXPECT_TRUE(answers[2].contains("labels"));
  EXPECT_THAT(run.errors, HasSubstr("aa.png"));
}

struct BadUse {
  const char* name;
  std::vector<std::string> arguments;
  int status;
  const char* says;
};

class BadClassifyUse : public Classify, public ::testing::WithParamInterface<BadUse> {};

TEST_P(BadClassifyUse, IsOneLineWithItsStatus) {
  write_file(path("empty.txt"), "");
  write_file(path("nul_ended.txt"), std::string("red\0blue\0", 9));
  write_file(path("utf16.txt"), std::string("\xFF\xFEr\0e\0d\0", 8));
  write_file(path("hole.txt"), "red\n\nblue\n");
  write_file(path("object.json"), R"({"red": 1})");
  write_file(path("deep.json"), std::string(100'000, '[') + std::string(100'000, ']'));
  fs::create_directory(path("empty"));
  std::vector<std::string> arguments = GetParam().arguments;
  for (std::string& argument : arguments) {
    if (argument.starts_with("@")) argument = path(argument.substr(1));
  }
  const ProgramRun run = classify(arguments);
  EXPECT_EQ(run.status, GetParam().status) << run.errors;
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr(GetParam().says));
  EXPECT_EQ(run.output, "");
}

INSTANTIATE_TEST_SUITE_P(
    Classify, BadClassifyUse,
    ::testing::Values(
        BadUse{"NoLabels", {"@pictures"}, 2, "labels"},
        BadUse{"EmptyLabels", {"--labels", "", "@pictures"}, 2, "--labels: got an empty text"},
        BadUse{"EmptyLabel", {"--labels", "red,,blue", "@pictures"}, 2, "label 2"},
        BadUse{"LabelTwice", {"--labels", "red,blue,red", "@pictures"}, 2, "label 3"},
        BadUse{"LabelNotUtf8", {"--labels", "red,\xC3(", "@pictures"}, 2, "label 2"},
        BadUse{
            "BothSources", {"--labels", "red", "--labels-file", "@empty.txt", "@pictures"}, 2, ""},
        BadUse{"MissingFile", {"--labels-file", "@none.txt", "@pictures"}, 4, "none.txt"},
        BadUse{"EmptyFile", {"--labels-file", "@empty.txt", "@pictures"}, 2, "empty.txt"},
        BadUse{"EmptyLine", {"--labels-file", "@hole.txt", "@pictures"}, 2, "label 2"},
        BadUse{"JsonThatIsNoArray",
               {"--labels-file", "@object.json", "@pictures"},
               3,
               "no array of texts"},
        BadUse{"JsonNestedDeep",
               {"--labels-file", "@deep.json", "@pictures"},
               3,
               "nested deeper than 32 levels"},
        BadUse{"LabelsThatEndWithZeroBytes",
               {"--labels-file", "@nul_ended.txt", "@pictures"},
               2,
               "byte of zero in line 1"},
        BadUse{"LabelsInUtf16", {"--labels-file", "@utf16.txt", "@pictures"}, 2, "UTF-16"},
        BadUse{"UnknownTemplates",
               {"--labels", "red", "--templates", "imagenet", "@pictures"},
               2,
               "openai_80"},
        BadUse{"TemplateWithoutAPlace",
               {"--labels", "red,blue", "--template", "a photo of a", "@pictures"},
               2,
               "'a photo of a'"},
        BadUse{"TemplateWithAnotherPlace",
               {"--labels", "red,blue", "--template", "a {c}", "@pictures"},
               2,
               "'a {c}'"},
        BadUse{"NoPicture", {"--labels", "red,blue"}, 2, "pictures"},
        BadUse{"FolderWithoutPictures", {"--labels", "red", "@empty"}, 2, "empty"},
        BadUse{"MissingPicture", {"--labels", "red,blue", "@none.png"}, 4, "none.png"},
        BadUse{"TopZero", {"--labels", "red", "--top", "0", "@pictures"}, 2, "--top"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace diptych::test
