#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/image.h"

namespace diptych::api {

// Pictures and texts that are like a model's inputs, for whoever has none at hand.

/// Returns pictures of leaves, discs of one colour that lie over each other, their radii by a power
/// law: the dead leaves model (Lee, Mumford and Huang 2001), whose edges, areas and spectrum are
/// those of photographs. The same ones each time.
std::vector<Image> made_up_pictures();

/// Returns captions of things, people and places, of a few to a dozen words.
std::vector<std::string> made_up_texts();

}  // namespace diptych::api
