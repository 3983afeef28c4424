#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "diptych/arrays.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<float>& floats(const Arrays& arrays, const std::string& name) {
  return std::get<std::vector<float>>(arrays.at(name).values);
}

class EveryModel : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryModel, EmbedsTensorsAsItsReferenceDoes) {
  const TemporaryFolder folder;
  const std::string inputs = data_path(GetParam() + "/io.safetensors").string();
  const std::string out = (folder.path() / "out.safetensors").string();
  const ProgramRun run = run_diptych(
      {"embed", "--model", data_path(GetParam()).string(), "--tensors", inputs, "--out", out});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Arrays expected = read_arrays(inputs);
  const Arrays got = read_arrays(out);
  for (const char* name : {"image_features", "text_features", "logits_per_image"}) {
    ASSERT_EQ(got.at(name).shape, expected.at(name).shape) << name;
    const auto width = static_cast<std::size_t>(expected.at(name).shape.at(1));
    const std::span<const float> ours = floats(got, name);
    const std::span<const float> theirs = floats(expected, name);
    for (std::size_t row = 0; row < theirs.size(); row += width) {
      EXPECT_LE(relative_error(ours.subspan(row, width), theirs.subspan(row, width)),
                kFeatureTolerance)
          << name << " row " << row / width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Embed, EveryModel, ::testing::ValuesIn(kModels),
                         [](const auto& info) { return info.param; });

/// A tiny model and pictures of three colours.
class EmbedInputs : public ::testing::Test {
 protected:
  EmbedInputs() {
    write_tiny_model(folder_.path() / "model");
    fs::create_directory(folder_.path() / "pictures");
    write_picture(folder_.path() / "pictures" / "a.bmp", 255, 0, 0);
    write_picture(folder_.path() / "pictures" / "b.bmp", 0, 255, 0);
    write_picture(folder_.path() / "pictures" / "c.bmp", 0, 0, 255);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProgramRun embed(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"embed", "--model", path("model")});
    return run_diptych(without_replaced(arguments), input);
  }

  TemporaryFolder folder_;
};

TEST_F(EmbedInputs, PicturesAndTextsGetUnitRowsAndNotes) {
  const ProgramRun run =
      embed({"--images", path("pictures"), "--texts-from", "-", "--out", path("out.safetensors")},
            "red\nа photo of 猫\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  const Arrays arrays = read_arrays(path("out.safetensors"));
  EXPECT_EQ(arrays.at("image_embeddings").shape, (std::vector<std::int64_t>{3, 16}));
  EXPECT_EQ(arrays.at("text_embeddings").shape, (std::vector<std::int64_t>{2, 16}));
  const std::span<const float> first(floats(arrays, "image_embeddings").data(), 16);
  double squares = 0.0;
  for (const float value : first) squares += static_cast<double>(value) * value;
  EXPECT_NEAR(squares, 1.0, accumulation_tolerance(first.size(), 1.0));
  const auto notes = checkpoint::open_safetensors(path("out.safetensors")).metadata;
  EXPECT_EQ(Json::parse(notes.at("images")),
            (Json{path("pictures/a.bmp"), path("pictures/b.bmp"), path("pictures/c.bmp")}));
  EXPECT_EQ(Json::parse(notes.at("texts")).size(), 2U);
}

TEST_F(EmbedInputs, LinesThatAreRowsOfATableAreNoted) {
  const ProgramRun run = embed({"--texts-from", "-", "--out", path("out.safetensors")},
                               "filepath,title\nx.jpg,a cat\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("every text has a ',' in it, as the rows of a table have"));
}

TEST_F(EmbedInputs, APictureNamedTwiceIsSaidToHaveTwoRows) {
  const ProgramRun run = embed({"--images", path("pictures"), path("pictures/../pictures/b.bmp"),
                                "--out", path("out.safetensors")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(read_arrays(path("out.safetensors")).at("image_embeddings").shape.at(0), 4);
  EXPECT_THAT(run.errors, HasSubstr("1 further name of the same files: each has a row of its own"));
}

TEST_F(EmbedInputs, FeaturesAreTheSameDirectionNotNormalised) {
  ASSERT_EQ(embed({"--images", path("pictures"), "--out", path("e.safetensors")}).status, 0);
  ASSERT_EQ(
      embed({"--images", path("pictures"), "--features", "--out", path("f.safetensors")}).status,
      0);
  const std::vector<float> embeddings =
      floats(read_arrays(path("e.safetensors")), "image_embeddings");
  std::vector<float> features = floats(read_arrays(path("f.safetensors")), "image_features");
  ASSERT_EQ(features.size(), embeddings.size());
  const float scale = embeddings[0] / features[0];
  for (float& value : features) value *= scale;
  const std::span<const float> first(embeddings.data(), 16);
  EXPECT_LE(relative_error(std::span(features).first(16), first), kFeatureTolerance);
}

TEST_F(EmbedInputs, NeitherBatchNorThreadsChangeABit) {
  std::vector<std::string> files;
  for (const char* batch : {"1", "2", "64"}) {
    for (const char* threads : {"1", "3"}) {
      files.push_back(path(std::string("b") + batch + "t" + threads + ".npy"));
      ASSERT_EQ(embed({"--images", path("pictures"), "--batch", batch, "--threads", threads,
                       "--out", files.back()})
                    .status,
                0);
      EXPECT_EQ(read_text_file(files.back()), read_text_file(files.front())) << files.back();
    }
  }
}

TEST_F(EmbedInputs, ThreeBrokenOfAThousandAreListed) {
  for (int i = 0; i < 1000; ++i) {
    write_picture(path(fmt::format("pictures/{:03}.bmp", i)), i % 256, i / 4 % 256, 40);
  }
  for (const char* name : {"a.bmp", "b.bmp", "c.bmp"}) fs::remove(path("pictures/") + name);
  write_file(path("pictures/007.bmp"), "");
  write_file(path("pictures/500.bmp"), "BM but not for long");
  fs::resize_file(path("pictures/999.bmp"), 60);
  const ProgramRun run =
      embed({"--images", path("pictures"), "--out", path("out.safetensors"), "--json"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(read_arrays(path("out.safetensors")).at("image_embeddings").shape.at(0), 997);
  EXPECT_THAT(run.errors, HasSubstr("007.bmp"));
  EXPECT_THAT(run.errors, HasSubstr("500.bmp"));
  EXPECT_THAT(run.errors, HasSubstr("999.bmp"));
  EXPECT_THAT(run.errors, HasSubstr("3 of 1000"));
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report.at("images").size(), 997U);
  EXPECT_EQ(report.at("refused").size(), 3U);
}

TEST_F(EmbedInputs, ATextThatIsNotUtf8FailsAloneAndIsNamedByItsNumber) {
  const ProgramRun run = embed({"--texts-from", "-", "--json", "--out", path("out.safetensors")},
                               "red\n\xC3(\ngreen\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("text 2"));
  EXPECT_THAT(run.errors, HasSubstr("1 of 3 texts refused"));
  EXPECT_EQ(read_arrays(path("out.safetensors")).at("text_embeddings").shape,
            (std::vector<std::int64_t>{2, 16}));
  EXPECT_EQ(Json::parse(run.output).at("refused").at(0).at("text"), 2);
}

TEST_F(EmbedInputs, EmptyAndCutTextsAreNotedByTheirLines) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "cat ";
  const ProgramRun run = embed({"--texts-from", "-", "--json", "--out", path("out.safetensors")},
                               "red\n\n" + longest + "\n \n");
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("note: 2 of 4 texts (lines 2, 4) empty"));
  EXPECT_THAT(run.errors, HasSubstr("note: 1 of 4 texts (line 3) longer than the model's"));
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report.at("empty_texts"), (Json{2, 4}));
  EXPECT_EQ(report.at("cut_texts"), Json::array({3}));
}

TEST_F(EmbedInputs, StandardInputServesOneOption) {
  const ProgramRun run =
      embed({"--texts-from", "-", "--files-from", "-", "--out", path("out.safetensors")}, "red\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("for two options"));
}

TEST_F(EmbedInputs, NoTextThatIsUtf8IsWrongUsage) {
  const ProgramRun run = embed({"--texts-from", "-", "--out", path("out.safetensors")}, "\xC3(\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_FALSE(fs::exists(path("out.safetensors")));
}

struct RefusedEmbed {
  const char* name;
  std::vector<std::string> arguments;
  int status;
};

class BadEmbedUse : public EmbedInputs, public ::testing::WithParamInterface<RefusedEmbed> {};

TEST_P(BadEmbedUse, IsOneLineWithItsStatus) {
  fs::create_directory(path("empty"));
  write_file(path("empty.txt"), "");
  write_file(path("junk"), "junk");
  fs::copy_file(path("pictures/a.bmp"), path("cut.bmp"));
  fs::resize_file(path("cut.bmp"), 60);
  std::vector<std::string> arguments = GetParam().arguments;
  for (std::string& argument : arguments) {
    if (argument.starts_with("@")) argument = path(argument.substr(1));
  }
  const ProgramRun run = embed(arguments);
  EXPECT_EQ(run.status, GetParam().status) << run.errors;
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, StartsWith("diptych: "));
}

INSTANTIATE_TEST_SUITE_P(
    Embed, BadEmbedUse,
    ::testing::Values(
        RefusedEmbed{"NoInput", {"--out", "@o.npy"}, 2},
        RefusedEmbed{"NoOutput", {"--images", "@pictures"}, 2},
        RefusedEmbed{"FolderWithoutPictures", {"--images", "@empty", "--out", "@o.npy"}, 2},
        RefusedEmbed{"MissingPicture", {"--images", "@none.png", "--out", "@o.npy"}, 4},
        RefusedEmbed{"NotAPicture", {"--images", "@junk", "--out", "@o.npy"}, 2},
        RefusedEmbed{"BrokenPicture", {"--images", "@cut.bmp", "--out", "@o.npy"}, 3},
        RefusedEmbed{"MissingTexts", {"--texts-from", "@none.txt", "--out", "@o.npy"}, 4},
        RefusedEmbed{"TextsAreAFolder", {"--texts-from", "@empty", "--out", "@o.npy"}, 4},
        RefusedEmbed{"EmptyTexts", {"--texts-from", "@empty.txt", "--out", "@o.npy"}, 2},
        RefusedEmbed{
            "MissingTensors", {"--tensors", "@none.safetensors", "--out", "@o.safetensors"}, 4},
        RefusedEmbed{"BrokenTensors", {"--tensors", "@junk", "--out", "@o.safetensors"}, 3},
        RefusedEmbed{"TensorsWithPictures",
                     {"--tensors", "@junk", "--images", "@pictures", "--out", "@o.npy"},
                     2},
        RefusedEmbed{"TwoArraysInNpy",
                     {"--images", "@pictures", "--texts-from", "@junk", "--out", "@o.npy"},
                     2},
        RefusedEmbed{"Parquet", {"--images", "@pictures", "--out", "@o.parquet"}, 2},
        RefusedEmbed{"NoEnding", {"--images", "@pictures", "--out", "@o"}, 2},
        RefusedEmbed{"NoFolder", {"--images", "@pictures", "--out", "@none/o.npy"}, 4},
        RefusedEmbed{
            "NegativeThreads", {"--images", "@pictures", "--threads", "-1", "--out", "@o.npy"}, 2},
        RefusedEmbed{"UnknownPrecision",
                     {"--images", "@pictures", "--precision", "fp8", "--out", "@o.npy"},
                     2}),
    [](const auto& info) { return info.param.name; });

TEST_F(EmbedInputs, AnOutputThatIsAnInputIsRefusedAndStays) {
  fs::copy(path("pictures/a.bmp"), path("red.safetensors"));
  write_file(path("texts.safetensors"), "a cat\n");
  const std::string weights = path("model/model.safetensors");
  const std::vector<std::vector<std::string>> uses = {
      {"--images", path("red.safetensors"), "--out", path("red.safetensors")},
      {"--texts-from", path("texts.safetensors"), "--out", path("texts.safetensors")},
      {"--images", path("pictures"), "--out", weights}};
  for (const std::vector<std::string>& use : uses) {
    const std::string before = read_text_file(use.back());
    const ProgramRun run = embed(use);
    EXPECT_EQ(run.status, 2) << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("which this would replace"));
    EXPECT_EQ(read_text_file(use.back()), before);
  }
}

TEST_F(EmbedInputs, ResumingDoesNotReplaceOtherArrays) {
  const std::string out = path("out.safetensors");
  ASSERT_EQ(embed({"--texts-from", "-", "--out", out}, "a cat\na dog\n").status, 0);
  const std::string before = read_text_file(out);
  const ProgramRun other = embed({"--images", path("pictures"), "--resume", "--out", out});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors, HasSubstr("--resume: got text_embeddings"));
  EXPECT_EQ(read_text_file(out), before);
  const ProgramRun fewer = embed({"--texts-from", "-", "--resume", "--out", out}, "a dog\n");
  EXPECT_EQ(fewer.status, 0) << fewer.errors;
  EXPECT_THAT(fewer.errors, HasSubstr("left out: 1 row whose inputs"));
}

/// Tensors that do not fit the model.
TEST_F(EmbedInputs, ResumingComputesPicturesAgainThatHaveChanged) {
  const std::string out = path("out.safetensors");
  const std::vector<std::string> use = {"--images", path("pictures"), "--resume", "--out", out};
  ASSERT_EQ(embed(use).status, 0);
  EXPECT_THAT(embed(use).errors,
              AllOf(HasSubstr("there already: 3 rows"), Not(HasSubstr("computed again"))));
  const std::vector<float> before = floats(read_arrays(out), "image_embeddings");
  write_picture(folder_.path() / "pictures" / "b.bmp", 7, 7, 200);
  fs::last_write_time(folder_.path() / "pictures" / "b.bmp",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  const ProgramRun run = embed(use);
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("computed again: 1 picture whose file"));
  const std::vector<float> after = floats(read_arrays(out), "image_embeddings");
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 16, after.begin()));
  EXPECT_FALSE(std::equal(before.begin() + 16, before.begin() + 32, after.begin() + 16));
}

/// Also where the first picture, which is compared, has the same row either way.
TEST_F(EmbedInputs, ResumingComputesPicturesAgainThatAreReadOtherwise) {
  const std::string first = path("pictures/a.bmp");
  const std::string turned = data_path("orientation/exif_6.jpg").string();
  const std::vector<std::string> use = {"--images", first, turned, "--out", path("o.safetensors")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), use.begin(), use.end());
    return embed(more);
  };
  ASSERT_EQ(with({}).status, 0);
  const ProgramRun run = with({"--resume", "--upright", "yes"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("computed again: 2 pictures"));
  const std::vector<float> resumed = floats(read_arrays(path("o.safetensors")), "image_embeddings");
  ASSERT_EQ(with({"--overwrite", "--upright", "yes"}).status, 0);
  EXPECT_EQ(resumed, floats(read_arrays(path("o.safetensors")), "image_embeddings"));
  EXPECT_THAT(with({"--resume", "--wide", "scale", "--upright", "yes"}).errors,
              HasSubstr("computed again: 2 pictures"));
}

TEST_F(EmbedInputs, ResumingNotesTextsThatAreCut) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "cat ";
  const std::string out = path("out.safetensors");
  ASSERT_EQ(embed({"--texts-from", "-", "--out", out}, longest + "\n").status, 0);
  const ProgramRun run =
      embed({"--texts-from", "-", "--resume", "--out", out}, "red\n" + longest + "\n");
  EXPECT_THAT(run.errors, HasSubstr("note: 1 of 2 texts (line 2) longer than the model's"));
}

TEST_F(EmbedInputs, TensorsOfAnotherSizeAreRefused) {
  Arrays inputs;
  inputs["pixels"] = {{1, 3, 8, 4}, std::vector<float>(96)};
  write_arrays(path("in.safetensors"), inputs);
  const ProgramRun run =
      embed({"--tensors", path("in.safetensors"), "--out", path("out.safetensors")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("[1, 3, 8, 4]"));
}

TEST_F(EmbedInputs, TokensOutsideTheVocabularyAreRefused) {
  write_arrays(path("in.safetensors"), {{"tokens", {{1, 3}, std::vector<std::int32_t>{2, 13, 3}}}});
  const ProgramRun run =
      embed({"--tensors", path("in.safetensors"), "--out", path("out.safetensors")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("13"));
}

TEST_F(EmbedInputs, LinesThatEndWithCrAloneAreLines) {
  ASSERT_EQ(embed({"--texts-from", "-", "--out", path("o.npy")}, "a cat\ra dog\rred\r").status, 0);
  ASSERT_EQ(embed({"--texts-from", "-", "--out", path("p.npy")}, "a cat\r\na dog\nred").status, 0);
  EXPECT_EQ(read_text_file(path("o.npy")), read_text_file(path("p.npy")));
}

TEST_F(EmbedInputs, AnEarlierResultIsReplacedOnDemandAlone) {
  write_arrays(path("in.safetensors"), {{"tokens", {{1, 2}, std::vector<std::int32_t>{1, 2}}}});
  const std::vector<std::vector<std::string>> uses = {
      {"--images", path("pictures"), "--out", path("out.npy")},
      {"--tensors", path("in.safetensors"), "--out", path("tensors.safetensors")}};
  for (std::vector<std::string> use : uses) {
    const std::string out = use.back();
    write_file(out, "an earlier result");
    const ProgramRun refused = embed(use);
    EXPECT_EQ(refused.status, 2) << refused.errors;
    EXPECT_THAT(refused.errors,
                HasSubstr("got a file that exists, expected a new one or --overwrite (" + out));
    EXPECT_EQ(read_text_file(out), "an earlier result");
    use.emplace_back("--overwrite");
    EXPECT_EQ(embed(use).status, 0);
    EXPECT_NE(read_text_file(out), "an earlier result");
  }
}

TEST_F(EmbedInputs, ResumingComputesRowsAgainThatAreNotFinite) {
  const std::string out = path("out.safetensors");
  const std::vector<std::string> use = {"--images", path("pictures"), "--resume", "--out", out};
  ASSERT_EQ(embed(use).status, 0);
  const Arrays before = read_arrays(out);
  Arrays broken = before;
  std::get<std::vector<float>>(broken.at("image_embeddings").values).back() = std::nanf("");
  write_arrays(out, broken, read_notes(out));
  const ProgramRun run = embed(use);
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, AllOf(HasSubstr("there already: 2 rows"),
                                HasSubstr("computed again: 1 row with numbers that are not")));
  EXPECT_EQ(floats(read_arrays(out), "image_embeddings"), floats(before, "image_embeddings"));
}

TEST_F(EmbedInputs, TensorsWithoutARowAreRefused) {
  Arrays inputs;
  inputs["tokens"] = {{0, 8}, std::vector<std::int32_t>()};
  write_arrays(path("in.safetensors"), inputs);
  const ProgramRun run =
      embed({"--tensors", path("in.safetensors"), "--out", path("out.safetensors")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("tokens: got [0, 8], expected at least one row"));
}

TEST_F(EmbedInputs, AnOutputThatIsAPipeIsRefusedAndStays) {
  const std::string out = path("out.npy");
  ASSERT_EQ(::mkfifo(out.c_str(), 0600), 0);
  const ProgramRun run = embed({"--images", path("pictures"), "--out", out});
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.errors, HasSubstr("got a device or a pipe"));
  EXPECT_TRUE(fs::is_fifo(out));
}

TEST_F(EmbedInputs, TensorsThatAreHardlyTheModelsAreNoted) {
  const Arrays seen = read_arrays(data_path("hf_clip/io.safetensors"));
  Arrays pixels = {{"pixels", seen.at("pixels")}};
  Arrays tokens = {{"tokens", seen.at("tokens")}};
  const std::string model = data_path("hf_clip").string();
  const auto notes_of = [&](const Arrays& arrays) {
    write_arrays(path("in.safetensors"), arrays);
    return run_diptych({"embed", "--model", model, "--tensors", path("in.safetensors"),
                        "--overwrite", "--out", path("out.safetensors")})
        .errors;
  };
  EXPECT_THAT(notes_of(pixels), Not(HasSubstr("note:")));
  EXPECT_THAT(notes_of(tokens), Not(HasSubstr("note:")));
  for (float& value : std::get<std::vector<float>>(pixels.at("pixels").values)) value = 128.0F;
  EXPECT_THAT(notes_of(pixels), HasSubstr("pixels: got 128 to 128, where the model's"));
  for (int& id : std::get<std::vector<std::int32_t>>(tokens.at("tokens").values)) id = 5;
  EXPECT_THAT(notes_of(tokens), HasSubstr("tokens: got 4 of 4 texts without the token 511"));
}

}  // namespace
}  // namespace diptych::test
