// Any bytes are refused with diptych::Error or are a tokenizer whose ids lie within its vocabulary:
// as Hugging Face's description, as SentencePiece's model, as XLM-R's, as a list of WordPiece's,
// and as tokens and merges of byte-level BPE.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "checkpoint/tokenizers/huggingface_tokenizer.h"
#include "diptych/error.h"
#include "json/json.h"
#include "text/tokenizer_spec.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)
using text::TokenizerSpec;

namespace {

constexpr const char* kText =
    "A photo of two dogs' 12 \xe7\x8c\xab, \xc3\xbc"
    "ber \xf0\x9f\x90\x88  </s> ";

void expect_ids_within(const TokenizerSpec& spec) {
  const auto tokenizer = text::make_tokenizer(spec, "input");
  if (tokenizer == nullptr) return;
  for (const std::int32_t id : tokenizer->encode(kText, 16)) {
    if (id < 0 || id >= tokenizer->vocabulary_size()) std::abort();
  }
}

template <typename Make>
void attempt(Make&& make) {
  try {
    expect_ids_within(make());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const std::string vocabulary(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    const Json json = parse_json(bytes, "input");
    return checkpoint::read_huggingface_tokenizer(json, "input");
  });
  for (const auto kind : {TokenizerSpec::Kind::sentencepiece, TokenizerSpec::Kind::xlm_roberta,
                          TokenizerSpec::Kind::wordpiece, TokenizerSpec::Kind::byte_level_bpe}) {
    attempt([&] {
      return TokenizerSpec{
          .kind = kind, .vocabulary = vocabulary, .special = {.start = 0, .end = 1, .pad = 2}};
    });
  }
  return 0;
}
