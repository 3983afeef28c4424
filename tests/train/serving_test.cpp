#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <variant>
#include <vector>

#include "api/fixtures.h"
#include "base/atomic_file.h"
#include "base/random.h"
#include "checkpoint/load.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "diptych/image.h"
#include "diptych/train.h"
#include "image/encode.h"
#include "network/model.h"
#include "support/support.h"
#include "support/test_device.h"
#include "text/tokenizer_spec.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

/// Captions that fill their context more and less, the last one to where it is cut.
const std::vector<std::string> kCaptions = {
    "a cat", "two dogs on a beach", "cat",
    "a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a "
    "dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog "
    "a dog a dog a dog a dog a dog a dog a dog a dog a dog a dog"};

/// WordPiece over the words of the captions, for fixtures whose vocabulary is too small for their
/// family's. Its padding has the id that the tower takes for padding, its end token the largest
/// one.
text::TokenizerSpec small_tokenizer(const network::TextTowerConfig& text) {
  std::vector<std::string> tokens = {"[UNK]", "[CLS]", "a",  "cat",   "two",
                                     "dogs",  "dog",   "on", "beach", "[SEP]"};
  const auto* bert = std::get_if<network::BertConfig>(&text);
  const int pad =
      bert != nullptr ? bert->pad_id : std::get<network::TextTransformerConfig>(text).pad_id;
  tokens.insert(tokens.begin() + pad, "[PAD]");
  std::string vocabulary;
  for (const std::string& token : tokens) vocabulary += token + "\n";
  return {.kind = text::TokenizerSpec::Kind::wordpiece, .vocabulary = vocabulary};
}

/// Gives the model the tokenizer of a file or folder of the tests' data, and a vocabulary of that
/// size.
void take_data_tokenizer(const std::string& data, checkpoint::ModelFile& file) {
  if (data.empty()) {
    file.tokenizer = {.kind = text::TokenizerSpec::Kind::chinese};
  } else {
    checkpoint::take_tokenizer(test::data_path(data), file);
  }
  const int size = text::make_tokenizer(file.tokenizer, data)->vocabulary_size();
  if (auto* bert = std::get_if<network::BertConfig>(&file.config.text)) {
    bert->vocabulary_size = size;
  } else {
    std::get<network::TextTransformerConfig>(file.config.text).vocabulary_size = size;
  }
  Random random(5);
  const network::Model model = network::make_model(file.config);
  for (const network::ParameterSpec& spec : model.parameters.specs()) {
    if (file.weights.at(spec.name).shape == spec.shape) continue;
    std::vector<float> values(static_cast<std::size_t>(element_count(spec.shape)));
    for (float& value : values) value = static_cast<float>(0.1 * random.normal());
    file.weights.tensors.erase(spec.name);
    file.weights.add(spec.name, TensorBuffer(spec.shape, values));
  }
}

/// [pictures][texts]: logit scale times cosine, and the bias.
using Logits = std::vector<std::vector<double>>;

/// CLIP's loss (arXiv 2103.00020, figure 3) by its definition.
double contrastive_loss(const Logits& logits) {
  const std::size_t n = logits.size();
  double loss = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0.0;
    double column = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      row += std::exp(logits[i][j] - logits[i][i]);
      column += std::exp(logits[j][i] - logits[i][i]);
    }
    loss += std::log(row) + std::log(column);
  }
  return loss / (2.0 * static_cast<double>(n));
}

/// SigLIP's (arXiv 2303.15343, section 3.2).
double sigmoid_loss(const Logits& logits) {
  double loss = 0.0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    for (std::size_t j = 0; j < logits.size(); ++j)
      loss += std::log1p(std::exp(i == j ? -logits[i][j] : logits[i][j]));
  return loss / static_cast<double>(logits.size());
}

Logits logits_of(const Model& model, const std::vector<fs::path>& pictures) {
  const Encoder encoder(model, {.threads = 2});
  const Matrix images = encoder.encode_images(pictures).rows;
  const Matrix texts = encoder.encode_texts(kCaptions).all();
  Logits logits;
  for (std::size_t i = 0; i < images.rows; ++i) {
    std::vector<double> row;
    for (std::size_t j = 0; j < texts.rows; ++j) {
      const double cosine =
          std::inner_product(images.row(i).begin(), images.row(i).end(), texts.row(j).begin(), 0.0);
      row.push_back(model.info().logit_scale * cosine + model.info().logit_bias);
    }
    logits.push_back(row);
  }
  return logits;
}

/// A part of a photograph.
Image part_of_photograph(int left, int top, int width, int height) {
  static const Image photograph = load_image(test::data_path("images/landscape.jpg"));
  Image part{.width = width, .height = height};
  for (int y = top; y < top + height; ++y) {
    const auto row = photograph.rgb.begin() + 3 * (y * photograph.width + left);
    part.rgb.insert(part.rgb.end(), row, row + 3 * width);
  }
  return part;
}

class Serving : public testing::Test {
 protected:
  /// Writes the pairs and how to train on all of their pictures: what training crops is what the
  /// encoder sees, of any shape where the model squashes pictures, of squares otherwise.
  void write_pairs(ResizeMode mode) {
    const int width = mode == ResizeMode::squash ? 93 : 75;
    const int height = mode == ResizeMode::squash ? 62 : 75;
    ratio_ = static_cast<double>(width) / height;
    std::string table = "filepath,title\n";
    for (std::size_t i = 0; i < kCaptions.size(); ++i) {
      const int at = 60 * static_cast<int>(i);
      pictures_.push_back(folder_.path() / (std::to_string(i) + ".png"));
      write_file(pictures_.back(), image::encode(part_of_photograph(2 * at, at, width, height),
                                                 PictureFormat::png, 0));
      table += pictures_.back().string() + "," + kCaptions[i] + "\n";
    }
    write_file(folder_.path() / "pairs.csv", table);
  }

  /// One step at learning rate 0 on all pairs.
  TrainOptions options(const fs::path& model) const {
    TrainOptions options;
    options.augmentation = {
        .min_scale = 1.0, .max_scale = 1.0, .min_ratio = ratio_, .max_ratio = ratio_};
    options.device = test::test_device();
    options.train_data = (folder_.path() / "pairs.csv").string();
    options.model = model.string();
    options.batch_size = static_cast<int>(kCaptions.size());
    options.epochs = 1;
    options.learning_rate = 0.0;
    options.logs = folder_.path();
    options.threads = 2;
    options.workers = 1;
    options.report_every_steps = 1;
    return options;
  }

  static double trained_loss(const TrainOptions& options) {
    double loss = 0.0;
    run_training(options, {.report = [&](const TrainProgress& step) { loss = step.loss; }});
    return loss;
  }

  static void expect_near(double trained, double served) {
    const bool is_cpu = test::test_device() == "cpu";
    EXPECT_NEAR(trained, served,
                is_cpu ? test::kServedLossTolerance * served : test::kLossTolerance);
  }

  /// What the loader feeds the trainer is what the encoder computes: one step at learning rate 0
  /// has the loss of the embeddings that are served.
  void expect_served_as_trained(const checkpoint::ModelFile& file) {
    write_pairs(file.preprocessing.mode);
    const fs::path path = folder_.path() / "start";
    checkpoint::save_model_folder(path, file, DType::float32);
    const Model model = Model::load(path.string());
    TrainOptions how = options(path);
    how.siglip = model.info().has_logit_bias;
    if (file.config.decoder) how.caption_weight = 0.0;
    // Served, batch normalisation goes by its running statistics.
    if (std::holds_alternative<network::ModifiedResNetConfig>(file.config.image))
      how.image_mode = "frozen";
    const Logits logits = logits_of(model, pictures_);
    expect_near(trained_loss(how), how.siglip ? sigmoid_loss(logits) : contrastive_loss(logits));
  }

  const test::TemporaryFolder folder_;
  std::vector<fs::path> pictures_;
  double ratio_ = 1.0;
};

class ServingFixtures : public Serving, public testing::WithParamInterface<std::string> {};

TEST_P(ServingFixtures, IsWhatIsTrained) {
  checkpoint::ModelFile file = checkpoint::load_model_file(test::data_path(GetParam()));
  file.tokenizer = small_tokenizer(file.config.text);
  expect_served_as_trained(file);
}

INSTANTIATE_TEST_SUITE_P(Models, ServingFixtures,
                         testing::ValuesIn(test::data_folders_with("io.safetensors")),
                         [](const auto& info) { return info.param; });

/// A fixture with a tokenizer of its kind.
struct TokenizerKind {
  const char* name;
  const char* model;
  const char* tokenizer;  ///< under tests/data; empty: Chinese-CLIP's own
};

class ServingTokenizers : public Serving, public testing::WithParamInterface<TokenizerKind> {};

TEST_P(ServingTokenizers, IsWhatIsTrained) {
  checkpoint::ModelFile file = checkpoint::load_model_file(test::data_path(GetParam().model));
  take_data_tokenizer(GetParam().tokenizer, file);
  expect_served_as_trained(file);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ServingTokenizers,
    testing::Values(
        TokenizerKind{"Clip", "openai_vit_patch8", "huggingface_tokenizers/clip"},
        TokenizerKind{"Chinese", "chinese_clip_vit_patch8", ""},
        TokenizerKind{"WordPiece", "open_clip_clipa", "huggingface_tokenizers/wordpiece"},
        TokenizerKind{"Siglip", "open_clip_siglip_patch8", "huggingface_tokenizers/t5"},
        TokenizerKind{"Siglip2", "open_clip_siglip2_naflex", "huggingface_tokenizers/gemma"},
        TokenizerKind{"XlmRoberta", "open_clip_xlm_roberta_deep",
                      "xlm_roberta/sentencepiece.bpe.model"},
        TokenizerKind{"Nllb", "open_clip_nllb", "huggingface_tokenizers/nllb"},
        TokenizerKind{"Roberta", "open_clip_roberta", "huggingface_tokenizers/roberta"}),
    [](const auto& info) { return info.param.name; });

TEST_F(Serving, SquashesPicturesAsItIsTrained) {
  checkpoint::ModelFile file =
      checkpoint::load_model_file(test::data_path("open_clip_vit_safetensors"));
  file.tokenizer = small_tokenizer(file.config.text);
  file.preprocessing.mode = ResizeMode::squash;
  file.preprocessing.interpolation = Interpolation::bilinear;
  expect_served_as_trained(file);
}

TEST_F(Serving, PadsPicturesAsItIsTrained) {
  checkpoint::ModelFile file =
      checkpoint::load_model_file(test::data_path("open_clip_vit_safetensors"));
  file.tokenizer = small_tokenizer(file.config.text);
  file.preprocessing.mode = ResizeMode::longest;
  expect_served_as_trained(file);
}

// The end token of CLIP's own tokenizer is its largest id; that of another one need not be.
TEST_F(Serving, PoolsATextAtTheEndTokenOfTheTokenizerNamed) {
  const fs::path vocabulary = folder_.path() / "vocab.txt";
  write_file(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\ncat\ntwo\ndogs\ndog\non\nbeach\n");
  write_pairs(ResizeMode::shortest);
  TrainOptions how = options(test::data_path("open_clip_vit_safetensors"));
  how.tokenizer = vocabulary.string();
  const double loss = trained_loss(how);
  const fs::path trained = folder_.path() / how.name / "model";
  const auto file = checkpoint::load_model_file(trained);
  EXPECT_EQ(std::get<network::TextTransformerConfig>(file.config.text).end_of_text_id, 3);
  expect_near(loss, contrastive_loss(logits_of(Model::load(trained.string()), pictures_)));
}

// How texts spell special tokens is part of the tokenizer, whoever wrote the model last.
TEST_F(Serving, KeepsTheSpellingOfSpecialTokens) {
  test::write_tiny_clip_model(folder_.path() / "clip");
  convert_model(Model::load((folder_.path() / "clip").string()), folder_.path() / "openai",
                {.format = "openai"});
  const Model openai = Model::load((folder_.path() / "openai").string());
  convert_model(openai, folder_.path() / "own");
  write_pairs(ResizeMode::shortest);
  TrainOptions how = options(folder_.path() / "openai");
  trained_loss(how);
  const std::vector<std::int32_t> ids = openai.tokenizer().encode("a <|endoftext|> b", 77);
  EXPECT_EQ(ids.size(), 5U);
  for (const fs::path& made : {folder_.path() / "own", folder_.path() / how.name / "model"})
    EXPECT_EQ(Model::load(made.string()).tokenizer().encode("a <|endoftext|> b", 77), ids) << made;
}

}  // namespace
}  // namespace diptych
