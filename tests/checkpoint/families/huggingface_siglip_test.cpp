#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/load.h"
#include "json/json.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using text::Cleaning;
using Ids = std::vector<std::int32_t>;

/// A SiglipModel with a larger vocabulary's tokenizer beside it; only its tokenizer matters.
class HuggingFaceSiglip : public testing::Test {
 protected:
  TokenizerSpec load_with(const std::string& kind, const std::vector<std::string>& files) const {
    for (const char* file : {"config.json", "model.safetensors"})
      copy(data_path("hf_siglip") / file);
    for (const std::string& file : files) copy(data_path("huggingface_tokenizers") / kind / file);
    return load_model_file(folder_.path()).tokenizer;
  }

  /// transformers' ids (tests/data/siglip_tokenizers/make).
  static void expect_reference_ids(const TokenizerSpec& spec, const std::string& kind) {
    const auto tokenizer = text::make_tokenizer(spec, "test");
    const Json expected = Json::parse(read_text_file(data_path("siglip_tokenizers/expected.json")));
    const int context = expected.at("context");
    for (const Json& entry : expected.at(kind)) {
      const auto text = entry.at("text").get<std::string>();
      Ids ids = tokenizer->encode(text, context);
      ids.resize(static_cast<std::size_t>(context), tokenizer->pad_id());
      EXPECT_EQ(ids, entry.at("ids").get<Ids>()) << kind << ": " << text;
    }
  }

 private:
  void copy(const std::filesystem::path& file) const {
    std::filesystem::copy_file(file, folder_.path() / file.filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }

  test::TemporaryFolder folder_;
};

TEST_F(HuggingFaceSiglip, TakesPunctuationFromTextsForT5sModel) {
  const TokenizerSpec spec = load_with("t5", {"spiece.model"});
  EXPECT_EQ(spec.cleaning, Cleaning::remove_punctuation);
  expect_reference_ids(spec, "t5");
  EXPECT_EQ(load_with("t5", {"tokenizer.json", "tokenizer_config.json"}).cleaning,
            Cleaning::remove_punctuation);
}

TEST_F(HuggingFaceSiglip, OnlyLowersTextsForGemmasModel) {
  const TokenizerSpec spec = load_with("gemma", {"tokenizer.json", "tokenizer_config.json"});
  EXPECT_EQ(spec.cleaning, Cleaning::only_lower);
  expect_reference_ids(spec, "gemma");
}

}  // namespace
}  // namespace diptych::checkpoint
