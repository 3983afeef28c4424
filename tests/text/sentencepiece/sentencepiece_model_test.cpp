#include "text/sentencepiece/sentencepiece_model.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/sentencepiece/protocol_buffer.h"
#include "text/sentencepiece/sentencepiece.h"

namespace diptych::text {
namespace {

using Piece = SentencePieceModel::Piece;
using PieceType = SentencePieceModel::PieceType;

std::string file(const std::string& name) {
  return read_text_file(test::data_path("huggingface_tokenizers/" + name));
}

void refuse_model(const std::string& bytes, const std::string& reason,
                  ErrorCode code = ErrorCode::corrupt_data) {
  test::expect_error([&] { parse_sentencepiece_model(bytes, "test"); }, code, reason);
}

SentencePieceModel tiny() {
  return {.pieces = {{"<unk>", 0.0F, PieceType::unknown}, {"a", -1.0F}, {"b", -2.0F}}};
}

TEST(SentencePieceModel, IsReadAndWritten) {
  const auto model = parse_sentencepiece_model(file("gemma/tokenizer.model"), "test");
  EXPECT_EQ(model.algorithm, SentencePieceModel::Algorithm::bpe);
  EXPECT_EQ(model.pieces.size(), 400U);
  EXPECT_EQ(model.pieces[1], (Piece{"<eos>", 0.0F, PieceType::control}));
  EXPECT_TRUE(model.byte_fallback);
  EXPECT_FALSE(model.add_dummy_prefix);
  EXPECT_FALSE(model.remove_extra_whitespaces);
  EXPECT_TRUE(model.escape_whitespaces);
  EXPECT_EQ(parse_sentencepiece_model(serialise(model), "test"), model);
}

TEST(SentencePieceModel, IsRefusedCutShort) {
  const std::string whole = file("t5/spiece.model");
  for (const std::size_t size : {1UL, 5UL, whole.size() / 2, whole.size() - 1}) {
    refuse_model(whole.substr(0, size), "(test)");
  }
  refuse_model("", "0 pieces");
}

TEST(SentencePieceModel, IsRefusedAsAnotherMessage) {
  refuse_model("\x0b", "wire type 3");
  refuse_model(std::string("\x0a\xff\xff\xff\xff\x0f", 6), "bytes, 0 are left");
  refuse_model("\x08" + std::string(10, '\xff'), "more than 64 bits");
  MessageWriter piece;
  piece.bytes(1, "a");
  piece.number(3, 7);
  MessageWriter message;
  message.bytes(1, piece.finished());
  refuse_model(message.finished(), "type 7");
  MessageWriter trainer;
  trainer.number(3, 4);
  MessageWriter words;
  words.bytes(2, trainer.finished());
  refuse_model(words.finished(), "model type 4", ErrorCode::unsupported);
}

TEST(SentencePieceModel, RefusesPiecesThatTheLibraryWouldTrip) {
  SentencePieceModel model = tiny();
  model.pieces[1].text = "";
  refuse_model(serialise(model), "a piece of 0 bytes");
  model.pieces[1].text = std::string("a\0b", 3);
  refuse_model(serialise(model), "none zero");
  model.pieces[1].text = std::string(2000, 'a');
  refuse_model(serialise(model), "a piece of 2000 bytes");
  model = tiny();
  model.pieces[1].score = std::numeric_limits<float>::quiet_NaN();
  refuse_model(serialise(model), "a finite score");
  model = tiny();
  for (std::size_t i = 2; i < 70; ++i)
    model.pieces.push_back({std::string(i, 'a'), 0.0F, PieceType::user_defined});
  refuse_model(serialise(model), "more than 63 user-defined pieces");
}

TEST(SentencePieceModel, NeedsOneUnknownPieceAndNoneTwice) {
  SentencePieceModel model = tiny();
  model.pieces[0].type = PieceType::normal;
  test::expect_error([&] { SentencePiece(serialise(model), "test"); }, ErrorCode::corrupt_data,
                     "unk");
  model = tiny();
  model.pieces[2].text = "a";
  test::expect_error([&] { SentencePiece(serialise(model), "test"); }, ErrorCode::corrupt_data,
                     "a");
}

TEST(SentencePieceTokenizer, CutsBeforeTheEndAndPadsWithItsOwn) {
  const SentencePieceTokenizer tokenizer(serialise(tiny()), {.end = 2, .pad = 1}, "test");
  EXPECT_EQ(tokenizer.encode("aaaa", 3), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(tokenizer.pad_id(), 1);
  EXPECT_EQ(tokenizer.vocabulary_size(), 3);
  test::expect_error([&] { tokenizer.encode("a", 0); }, ErrorCode::invalid_argument, "at least 1");
  test::expect_error([&] { tokenizer.encode("\xff", 8); }, ErrorCode::invalid_argument, "UTF-8");
  test::expect_error([] { SentencePieceTokenizer(serialise(tiny()), {.end = 3}, "test"); },
                     ErrorCode::corrupt_data, "special id: got 3");
}

}  // namespace
}  // namespace diptych::text
