#include "preprocessing_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace {

std::string_view name(diptych::ResizeMode mode) {
  switch (mode) {
    case diptych::ResizeMode::shortest:
      return "shortest";
    case diptych::ResizeMode::squash:
      return "squash";
    case diptych::ResizeMode::longest:
      return "longest";
    case diptych::ResizeMode::patches:
      return "patches";
  }
  return "";
}

std::string_view name(diptych::Interpolation interpolation) {
  return interpolation == diptych::Interpolation::bicubic ? "bicubic" : "bilinear";
}

}  // namespace

Json preprocessing_json(const diptych::Preprocessing& how) {
  Json json = {
      {"size", how.size}, {"resize", name(how.mode)}, {"interpolation", name(how.interpolation)},
      {"mean", how.mean}, {"std", how.std},           {"fill", how.fill}};
  if (how.mode == diptych::ResizeMode::patches) json["patch_size"] = how.patch_size;
  json["background"] = how.background ? Json(*how.background) : Json();
  json["crop_start"] = how.crop_start == diptych::CropStart::down ? "down" : "half_even";
  json["conversion"] = how.conversion == diptych::RgbConversion::first ? "first" : "last";
  return json;
}

std::string preprocessing_text(const diptych::Preprocessing& how) {
  return fmt::format("{}, {}, mean {:.4f}, std {:.4f}", name(how.mode), name(how.interpolation),
                     fmt::join(how.mean, " "), fmt::join(how.std, " "));
}
