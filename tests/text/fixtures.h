#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "diptych/tokenizer.h"
#include "support/support.h"

namespace diptych::test {

/// The list `key` of a JSON file under tests/data/tokenizers.
inline nlohmann::json cases(const std::string& name, const std::string& key) {
  std::ifstream file(data_path("tokenizers/" + name));
  return nlohmann::json::parse(file).at(key);
}

/// The ids of a text, padded to the family's context length as the references' output is.
inline std::vector<std::int32_t> padded(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::int32_t> ids = tokenizer.encode(text, tokenizer.default_context_length());
  ids.resize(static_cast<std::size_t>(tokenizer.default_context_length()), tokenizer.pad_id());
  return ids;
}

}  // namespace diptych::test
