#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json/config_fields.h"
#include "json/json.h"

// What there is in transformers' files besides what a model is: dozens of fields that have no
// meaning for it. What is none of those may mean something in a fork of the model.

namespace diptych::checkpoint {

/// Paths of fields that change a model only if it is another than it says.
using UnknownFields = std::vector<std::string>;

/// Adds what is neither read nor one of the fields that a model of CLIP's, SigLIP's or BERT's has
/// for training, for generating text and for its program's own use.
void take_rest(ConfigFields& fields, UnknownFields& unknown);

/// Returns those of an image processor's file.
UnknownFields unknown_preprocessing(const Json& json);

/// Returns that a file's fields were taken to change nothing, with the first of them; nothing for
/// none.
std::optional<std::string> assumed_fields(const std::string& file, const UnknownFields& unknown);

}  // namespace diptych::checkpoint
