// open_clip's models over a timm image tower.
#include <array>
#include <utility>

#include "base/error.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"
#include "checkpoint/families/unsupported.h"

namespace diptych::checkpoint {
namespace open_clip_timm {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>({"visual.trunk.*"});

/// The config names the tower that is missing better than the family can.
ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  if (auto model = find_open_clip_config(files)) return std::move(*model);
  if (const std::string tower = unsupported_family(parsed.container.tensors); !tower.empty()) {
    fail(ErrorCode::unsupported,
         "checkpoint: the image tower is {}, which diptych does not have ({})", tower,
         parsed.weights_name);
  }
  fail(ErrorCode::unsupported,
       "checkpoint: the family open_clip_timm needs its open_clip_config.json beside it, diptych "
       "cannot "
       "infer it ({})",
       parsed.weights_name);
}

constexpr Family kFamily = {"open_clip_timm", kSignature, {}, {}, parse};

}  // namespace open_clip_timm

const Family& open_clip_timm_family() {
  return open_clip_timm::kFamily;
}

}  // namespace diptych::checkpoint
