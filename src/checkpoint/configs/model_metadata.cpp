#include "checkpoint/configs/model_metadata.h"

#include <cstdint>
#include <span>

#include "base/error.h"
#include "checkpoint/configs/diptych_json.h"
#include "json/base64.h"

namespace diptych::checkpoint {
namespace {

/// Not a text, but base64: a SentencePiece model is binary.
constexpr const char* kVocabulary = "vocabulary";

std::string read_vocabulary(const std::string& base64, const std::string& file) {
  const auto bytes = from_base64(base64);
  if (!bytes) fail(ErrorCode::corrupt_data, "checkpoint: the vocabulary is not base64 ({})", file);
  return {bytes->begin(), bytes->end()};
}

}  // namespace

Metadata write_model_metadata(const ModelFile& model) {
  Metadata metadata = {{kDiptychJson, write_diptych_json(model).dump()}};
  const std::string& vocabulary = model.tokenizer.vocabulary;
  if (!vocabulary.empty()) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(vocabulary.data());
    metadata.emplace(kVocabulary, to_base64({bytes, vocabulary.size()}));
  }
  return metadata;
}

std::optional<ModelFile> read_model_metadata(const Metadata& metadata, const std::string& file) {
  const auto description = metadata.find(kDiptychJson);
  if (description == metadata.end()) return std::nullopt;
  const Json json = parse_json(std::as_bytes(std::span(description->second)), file);
  ModelFile model = read_diptych_json(json, file);
  const auto vocabulary = metadata.find(kVocabulary);
  if (vocabulary != metadata.end())
    model.tokenizer.vocabulary = read_vocabulary(vocabulary->second, file);
  return model;
}

}  // namespace diptych::checkpoint
