// EVA-CLIP's own files.
#include <array>

#include "checkpoint/families.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>({"visual.blocks.0.*"});

constexpr Family kFamily = {"eva_clip", kSignature, {}, {}};

}  // namespace

const Family& eva_clip_family() {
  return kFamily;
}

}  // namespace diptych::checkpoint
