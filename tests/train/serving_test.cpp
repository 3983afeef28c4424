#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "api/fixtures.h"
#include "base/atomic_file.h"
#include "checkpoint/load.h"
#include "checkpoint/model_folder.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "diptych/train.h"
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

class Serving : public testing::Test {
 protected:
  Serving() {
    std::string table = "filepath,title\n";
    for (std::size_t i = 0; i < kCaptions.size(); ++i) {
      pictures_.push_back(folder_.path() / (std::to_string(i) + ".bmp"));
      const int level = static_cast<int>(60 * i);
      test::write_picture(pictures_.back(), level, 255 - level, 40);
      table += pictures_.back().string() + "," + kCaptions[i] + "\n";
    }
    write_file(folder_.path() / "pairs.csv", table);
  }

  /// One step at learning rate 0 on all pairs.
  TrainOptions options(const fs::path& model) const {
    TrainOptions options;
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

  const test::TemporaryFolder folder_;
  std::vector<fs::path> pictures_;
};

/// The fixtures but for CLIP's ResNets, whose batch norm sees the whole batch in training.
std::vector<std::string> models() {
  std::vector<std::string> names = test::data_folders_with("io.safetensors");
  std::erase_if(names, [](const std::string& name) { return name.find("_resnet") != name.npos; });
  return names;
}

class ServingFixtures : public Serving, public testing::WithParamInterface<std::string> {};

// What the loader feeds the trainer is what the encoder computes: one step at learning rate 0 has
// the loss of the embeddings that are served.
TEST_P(ServingFixtures, IsWhatIsTrained) {
  checkpoint::ModelFile file = checkpoint::load_model_file(test::data_path(GetParam()));
  file.tokenizer = small_tokenizer(file.config.text);
  const fs::path path = folder_.path() / "start";
  checkpoint::save_model_folder(path, file, DType::float32);
  const Model model = Model::load(path.string());
  TrainOptions how = options(path);
  how.siglip = model.info().has_logit_bias;
  if (file.config.decoder) how.caption_weight = 0.0;
  const Logits logits = logits_of(model, pictures_);
  EXPECT_NEAR(trained_loss(how), how.siglip ? sigmoid_loss(logits) : contrastive_loss(logits),
              test::kServedLossTolerance);
}

INSTANTIATE_TEST_SUITE_P(Models, ServingFixtures, testing::ValuesIn(models()),
                         [](const auto& info) { return info.param; });

// The end token of CLIP's own tokenizer is its largest id; that of another one need not be.
TEST_F(Serving, PoolsATextAtTheEndTokenOfTheTokenizerNamed) {
  const fs::path vocabulary = folder_.path() / "vocab.txt";
  write_file(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\ncat\ntwo\ndogs\ndog\non\nbeach\n");
  TrainOptions how = options(test::data_path("open_clip_vit_safetensors"));
  how.tokenizer = vocabulary.string();
  const double loss = trained_loss(how);
  const fs::path trained = folder_.path() / how.name / "model";
  const auto file = checkpoint::load_model_file(trained);
  EXPECT_EQ(std::get<network::TextTransformerConfig>(file.config.text).end_of_text_id, 3);
  EXPECT_NEAR(loss, contrastive_loss(logits_of(Model::load(trained.string()), pictures_)),
              test::kServedLossTolerance);
}

// How texts spell special tokens is part of the tokenizer, whoever wrote the model last.
TEST_F(Serving, KeepsTheSpellingOfSpecialTokens) {
  test::write_tiny_clip_model(folder_.path() / "clip");
  convert_model(Model::load((folder_.path() / "clip").string()), folder_.path() / "openai",
                {.format = "openai"});
  const Model openai = Model::load((folder_.path() / "openai").string());
  convert_model(openai, folder_.path() / "own");
  TrainOptions how = options(folder_.path() / "openai");
  trained_loss(how);
  const std::vector<std::int32_t> ids = openai.tokenizer().encode("a <|endoftext|> b", 77);
  EXPECT_EQ(ids.size(), 5U);
  for (const fs::path& made : {folder_.path() / "own", folder_.path() / how.name / "model"})
    EXPECT_EQ(Model::load(made.string()).tokenizer().encode("a <|endoftext|> b", 77), ids) << made;
}

}  // namespace
}  // namespace diptych
