#include "curate/fasttext_model.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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
    for (const auto& text : texts)
      EXPECT_EQ(model.predict(text[0].get<std::string>()), text[1].get<std::string>()) << text;
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
