#include "curate/fasttext_model.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

TEST(FastTextModel, SaysWhatTheReferenceSays) {
  const auto expected =
      nlohmann::json::parse(read_text_file(test::data_path("fasttext/expected.json")));
  for (const auto& [name, texts] : expected.items()) {
    const FastTextModel model(test::data_path("fasttext/" + name));
    EXPECT_EQ(model.label_count(), 7U);
    FastTextWords kept;
    for (const auto& text : texts) {
      const auto line = text[0].get<std::string>();
      const auto label = text[1].get<std::string>();
      FastTextWords none;
      EXPECT_EQ(model.predict(line, none), label) << text;
      EXPECT_EQ(model.predict(line, kept), label) << text;
      EXPECT_EQ(model.predict(line, kept), label) << text << ", its words known";
    }
  }
}

/// Words are forgotten when there are many: what a text says stays the same before and after.
TEST(FastTextModel, SaysTheSameAfterMoreWordsThanItRemembers) {
  const FastTextModel model(test::data_path("fasttext/tree.ftz"));
  const auto text = nlohmann::json::parse(
      read_text_file(test::data_path("fasttext/expected.json")))["tree.ftz"][0];
  FastTextWords words;
  for (int i = 0; i < 40'000; ++i) {
    model.predict("word" + std::to_string(i), words);
    if (i % 1000 == 0) {
      ASSERT_EQ(model.predict(text[0].get<std::string>(), words), text[1].get<std::string>()) << i;
    }
  }
}

TEST(FastTextModel, RefusesWhatIsCutAnywhere) {
  const test::TemporaryFolder folder;
  for (const char* name : {"fasttext/tree.ftz", "fasttext/softmax.bin"}) {
    const std::string whole = read_text_file(test::data_path(name));
    for (std::size_t size = 1; size < whole.size(); size += 1 + size / 8) {
      write_file(folder.path() / "cut", whole.substr(0, size));
      EXPECT_THROW(FastTextModel(folder.path() / "cut"), Error) << name << " " << size;
    }
  }
}

}  // namespace
}  // namespace diptych::curate
