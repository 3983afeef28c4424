#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "network/operations/operations.h"
#include "network/operations/parameters.h"
#include "network/towers/tower.h"

// What stands in the place of a tower that a model does not have: a tower without parameters, which
// refuses to be asked. So nothing that visits towers has to know that one may be missing.

namespace diptych::network {

/// The image tower of a model that is a text tower alone.
struct AbsentImageTowerConfig {
  static constexpr std::string_view kName = "none";
  static constexpr int image_size = 0;

  template <typename Fields>
  void visit(Fields& /*fields*/) {}

  bool operator==(const AbsentImageTowerConfig&) const = default;
};

/// The text tower of a model that is an image tower alone.
struct AbsentTextTowerConfig {
  static constexpr std::string_view kName = "none";
  static constexpr int context_length = 0;
  static constexpr int vocabulary_size = 0;

  template <typename Fields>
  void visit(Fields& /*fields*/) {}

  bool operator==(const AbsentTextTowerConfig&) const = default;
};

struct AbsentImageTower {
  AbsentImageTowerConfig config;
};
struct AbsentTextTower {
  AbsentTextTowerConfig config;
};

/// Each throws Error(unsupported).
[[noreturn]] void refuse_pictures(std::string_view model = {});
[[noreturn]] void refuse_texts(std::string_view model = {});

/// See tower.h.
void validate_tower(const AbsentImageTowerConfig& config, int embedding_width);
void validate_tower(const AbsentTextTowerConfig& config, int embedding_width);
TowerDescription describe_tower(const AbsentImageTowerConfig& config);
TowerDescription describe_tower(const AbsentTextTowerConfig& config);
std::int64_t widest_activation(const AbsentImageTower& tower);
std::int64_t widest_activation(const AbsentTextTower& tower);
AbsentImageTower declare_tower(ParameterTable& table, const AbsentImageTowerConfig& config,
                               int embedding_width);
AbsentTextTower declare_tower(ParameterTable& table, const AbsentTextTowerConfig& config,
                              int embedding_width);

template <Operations Ops>
typename Ops::Tensor image_tower(Ops& /*ops*/, const AbsentImageTower& /*tower*/,
                                 const Pixels& /*pixels*/) {
  refuse_pictures();
}

template <Operations Ops>
typename Ops::Tensor text_tower(Ops& /*ops*/, const AbsentTextTower& /*tower*/,
                                const Tokens& /*tokens*/) {
  refuse_texts();
}

void append_reaching_tokens(const AbsentTextTower& tower, std::span<const std::int32_t> row,
                            Tokens& tokens);
bool sees_padding(const AbsentTextTower& tower);

}  // namespace diptych::network
