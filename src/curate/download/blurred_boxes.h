#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "diptych/image.h"

namespace diptych::curate {

/// A part of a picture, in shares of its width and height from the upper left.
struct Box {
  double left = 0.0;
  double top = 0.0;
  double right = 0.0;
  double bottom = 0.0;
};

/// Reads a list of boxes, [[left, top, right, bottom], ...], also as text with that JSON; null and
/// empty text are none. Nothing for other values: more than 1,000 boxes, sides that are swapped, or
/// that lie more than half a picture outside of it, as pixels would.
std::optional<std::vector<Box>> boxes_of(const nlohmann::ordered_json& value);

/// Blurs boxes so that faces in them are not known again, as img2dataset does: each, larger by a
/// tenth of its longer side all around, by a Gaussian of about that width.
void blur_boxes(Image& image, std::span<const Box> boxes);

}  // namespace diptych::curate
