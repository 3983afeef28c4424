// diptych's own files: canonical names as they are.
#include <array>

#include "checkpoint/families/families.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kDiptychSignature = std::to_array<Pattern>({"token_embedding.weight"});
constexpr auto kDiptychRules = std::to_array<KeyRule>({{"*", Transform::same, {"*"}}});
constexpr Family kDiptych = {"diptych", kDiptychSignature, kDiptychRules, {}};

}  // namespace

const Family& diptych_family() {
  return kDiptych;
}

}  // namespace diptych::checkpoint
