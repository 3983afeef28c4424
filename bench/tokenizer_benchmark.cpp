// Texts a second on one thread, for the corpora that bench/tokenizer_reference.py gives to the
// Python references. docs/tokenizers.md has the table.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "diptych/tokenizer.h"
#include "text/bpe/clip_bpe.h"

namespace diptych::embedded {
std::span<const std::byte> clip_merges();
}

namespace diptych {
namespace {

/// Clean English captions, one a line.
std::vector<std::string> captions() {
  std::ifstream file(std::filesystem::path(DIPTYCH_BENCH_DATA) / "captions.txt");
  std::vector<std::string> texts;
  for (std::string line; std::getline(file, line);) texts.push_back(line);
  return texts;
}

/// Texts in many languages, half of them broken.
std::vector<std::string> web_texts() {
  std::ifstream file(std::filesystem::path(DIPTYCH_TEST_DATA) / "tokenizers" / "repair.json");
  std::vector<std::string> texts;
  const nlohmann::json cases = nlohmann::json::parse(file).at("cases");
  for (const auto& entry : cases) texts.push_back(entry.at("text"));
  return texts;
}

/// Encodes all texts once an iteration.
void encode_all(benchmark::State& state, const Tokenizer& tokenizer,
                const std::vector<std::string>& texts) {
  for (auto _ : state) {
    for (const std::string& text : texts) {
      benchmark::DoNotOptimize(tokenizer.encode(text, tokenizer.default_context_length()));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts.size()));
}

void clip_captions(benchmark::State& state) {
  encode_all(state, *clip_tokenizer(), captions());
}

void clip_web_texts(benchmark::State& state) {
  encode_all(state, *clip_tokenizer(), web_texts());
}

void chinese_captions(benchmark::State& state) {
  encode_all(state, *chinese_tokenizer(), captions());
}

void chinese_web_texts(benchmark::State& state) {
  encode_all(state, *chinese_tokenizer(), web_texts());
}

void clip_construction(benchmark::State& state) {
  for (auto _ : state) {
    const text::ClipBpe tokenizer(embedded::clip_merges(), ClipSpecialTokens::open_clip);
    benchmark::DoNotOptimize(tokenizer.vocabulary_size());
  }
}

BENCHMARK(clip_captions);
BENCHMARK(clip_web_texts);
BENCHMARK(chinese_captions);
BENCHMARK(chinese_web_texts);
BENCHMARK(clip_construction)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace diptych
