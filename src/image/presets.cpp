#include "image/presets.h"

#include <array>

namespace diptych::image {
namespace {

using Channels = std::array<float, 3>;

constexpr Channels kOpenAiMean = {0.48145466F, 0.4578275F, 0.40821073F};
constexpr Channels kOpenAiStd = {0.26862954F, 0.26130258F, 0.27577711F};
constexpr Channels kImageNetMean = {0.485F, 0.456F, 0.406F};
constexpr Channels kImageNetStd = {0.229F, 0.224F, 0.225F};
constexpr Channels kHalf = {0.5F, 0.5F, 0.5F};
constexpr Channels kZero = {0.0F, 0.0F, 0.0F};
constexpr Channels kOne = {1.0F, 1.0F, 1.0F};

struct Preset {
  std::string_view name;
  ResizeMode mode;
  Interpolation interpolation;
  Channels mean;
  Channels std;
};

constexpr std::array kPresets = {
    Preset{"openai", ResizeMode::shortest, Interpolation::bicubic, kOpenAiMean, kOpenAiStd},
    Preset{"half", ResizeMode::shortest, Interpolation::bicubic, kHalf, kHalf},
    Preset{"squash", ResizeMode::squash, Interpolation::bicubic, kOpenAiMean, kOpenAiStd},
    Preset{"siglip", ResizeMode::squash, Interpolation::bicubic, kHalf, kHalf},
    Preset{"clipa", ResizeMode::squash, Interpolation::bilinear, kImageNetMean, kImageNetStd},
    Preset{"mobileclip", ResizeMode::shortest, Interpolation::bilinear, kZero, kOne},
    Preset{"mobileclip2", ResizeMode::shortest, Interpolation::bilinear, kOpenAiMean, kOpenAiStd},
    Preset{"pe_core", ResizeMode::squash, Interpolation::bilinear, kHalf, kHalf},
    Preset{"chinese_clip", ResizeMode::squash, Interpolation::bicubic, kOpenAiMean, kOpenAiStd},
};

}  // namespace

std::optional<Preprocessing> find_preset(std::string_view name, int size) {
  for (const Preset& preset : kPresets)
    if (preset.name == name)
      return Preprocessing{.size = size,
                           .mode = preset.mode,
                           .interpolation = preset.interpolation,
                           .mean = preset.mean,
                           .std = preset.std};
  return std::nullopt;
}

}  // namespace diptych::image
