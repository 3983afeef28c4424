#include "network/towers/absent_tower.h"

#include <string>

#include "base/error.h"

namespace diptych::network {
namespace {

std::string in_brackets(std::string_view model) {
  return model.empty() ? std::string() : fmt::format(" ({})", model);
}

constexpr TowerDescription kNone = {
    .architecture = AbsentImageTowerConfig::kName, .activation = "none", .pooling = "none"};

/// Sizes of batches are quotients by it.
constexpr std::int64_t kLeastActivation = 1;

}  // namespace

void refuse_pictures(std::string_view model) {
  fail(ErrorCode::unsupported,
       "pictures: the model is a text tower alone, expected one with an image tower{}",
       in_brackets(model));
}

void refuse_texts(std::string_view model) {
  fail(ErrorCode::unsupported,
       "texts: the model is an image tower alone, expected one with a text tower{}",
       in_brackets(model));
}

void validate_tower(const AbsentImageTowerConfig& /*config*/, int /*embedding_width*/) {}
void validate_tower(const AbsentTextTowerConfig& /*config*/, int /*embedding_width*/) {}

TowerDescription describe_tower(const AbsentImageTowerConfig& /*config*/) {
  return kNone;
}
TowerDescription describe_tower(const AbsentTextTowerConfig& /*config*/) {
  return kNone;
}

std::int64_t widest_activation(const AbsentImageTower& /*tower*/) {
  return kLeastActivation;
}
std::int64_t widest_activation(const AbsentTextTower& /*tower*/) {
  return kLeastActivation;
}

AbsentImageTower declare_tower(ParameterTable& /*table*/, const AbsentImageTowerConfig& /*config*/,
                               int /*embedding_width*/) {
  return {};
}
AbsentTextTower declare_tower(ParameterTable& /*table*/, const AbsentTextTowerConfig& /*config*/,
                              int /*embedding_width*/) {
  return {};
}

void append_reaching_tokens(const AbsentTextTower& /*tower*/, std::span<const std::int32_t> /*row*/,
                            Tokens& /*tokens*/) {
  refuse_texts();
}
bool sees_padding(const AbsentTextTower& /*tower*/) {
  return false;
}

}  // namespace diptych::network
