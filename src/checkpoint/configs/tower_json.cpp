#include "checkpoint/configs/tower_json.h"

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

[[noreturn]] void refuse_word(ConfigFields& fields, std::string_view field,
                              const std::string& word) {
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", which diptych does not know ({})",
       fields.path_of(field), word, fields.file());
}

/// Writes a config's fields (network/towers/tower.h).
class FieldWriter {
 public:
  explicit FieldWriter(Json& json) : json_(json) {}

  template <typename Value>
  void required(const char* field, const Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      json_[field] = word_for(value);
    } else {
      json_[field] = value;
    }
  }

  template <typename Value>
  void defaulted(const char* field, const Value& value) {
    required(field, value);
  }

  template <typename Value>
  void exceptional(const char* field, const Value& value, const Value& usual) {
    if (value != usual) required(field, value);
  }

  void choice(const char* field, bool value, const char* if_false, const char* if_true) {
    json_[field] = value ? if_true : if_false;
  }

  void constant(const char* field, const char* value) { json_[field] = value; }

 private:
  template <typename Value>
  static std::string_view word_for(Value value) {
    for (const network::Word<Value>& known : words_of(value)) {
      if (known.value == value) return known.word;
    }
    fail(ErrorCode::internal, "a value has no word in diptych.json");
  }

  Json& json_;
};

/// Reads a config's fields; those that are absent keep their defaults.
class FieldReader {
 public:
  explicit FieldReader(ConfigFields& fields) : fields_(fields) {}

  void required(const char* field, int& value) { value = fields_.integer(field); }
  void required(const char* field, std::array<int, 4>& value) { value = fields_.four(field); }
  void required(const char* field, std::array<int, 2>& value) { value = fields_.two(field); }
  void required(const char* field, std::vector<int>& value) { value = fields_.integers(field); }

  template <typename Value>
  requires std::is_enum_v<Value>
  void required(const char* field, Value& value) {
    const std::string text = fields_.text(field);
    for (const network::Word<Value>& known : words_of(value)) {
      if (text == known.word) {
        value = known.value;
        return;
      }
    }
    refuse_word(fields_, field, text);
  }

  void defaulted(const char* field, bool& value) { value = fields_.boolean(field, value); }
  void defaulted(const char* field, float& value) {
    value = static_cast<float>(fields_.number(field, value));
  }

  template <typename Value>
  void defaulted(const char* field, Value& value) {
    if (fields_.has(field)) required(field, value);
  }

  template <typename Value>
  void exceptional(const char* field, Value& value, const Value& /*usual*/) {
    defaulted(field, value);
  }

  void choice(const char* field, bool& value, const char* if_false, const char* if_true) {
    const std::string text = fields_.text(field, if_false);
    if (text != if_false && text != if_true) refuse_word(fields_, field, text);
    value = text == if_true;
  }

  void constant(const char* field, const char* value) { fields_.expect(field, value); }

 private:
  ConfigFields& fields_;
};

template <typename Config>
Json write_fields(Config config) {
  Json json;
  FieldWriter writer(json);
  config.visit(writer);
  return json;
}

template <typename TowerConfig>
Json write_any_tower(const TowerConfig& config) {
  return std::visit(
      [](const auto& tower) {
        Json json = write_fields(tower);
        json["architecture"] = tower.kName;
        return json;
      },
      config);
}

/// Reads the fields when the architecture is this one.
template <typename Config, typename TowerConfig>
bool read_if(std::string_view architecture, ConfigFields& fields, TowerConfig& tower) {
  if (architecture != Config::kName) return false;
  Config config;
  FieldReader reader(fields);
  config.visit(reader);
  tower = config;
  return true;
}

template <typename... Configs>
std::variant<Configs...> read_any_tower(ConfigFields& fields, std::variant<Configs...> tower) {
  const std::string architecture = fields.text("architecture");
  if (!(read_if<Configs>(architecture, fields, tower) || ...))
    refuse_word(fields, "architecture", architecture);
  fields.refuse_rest();
  return tower;
}

}  // namespace

Json write_tower(const network::ImageTowerConfig& config) {
  return write_any_tower(config);
}

Json write_tower(const network::TextTowerConfig& config) {
  return write_any_tower(config);
}

Json write_decoder(const network::MultimodalDecoderConfig& config) {
  return write_fields(config);
}

template <>
network::ImageTowerConfig read_tower(ConfigFields fields) {
  return read_any_tower(fields, network::ImageTowerConfig());
}

template <>
network::TextTowerConfig read_tower(ConfigFields fields) {
  return read_any_tower(fields, network::TextTowerConfig());
}

network::MultimodalDecoderConfig read_decoder(ConfigFields fields) {
  network::MultimodalDecoderConfig config;
  FieldReader reader(fields);
  config.visit(reader);
  fields.refuse_rest();
  return config;
}

}  // namespace diptych::checkpoint
