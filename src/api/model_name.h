#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/source/known_facts.h"

namespace diptych::api {

inline constexpr const char* kEmbeddedName = "pictogram";

/// Returns whether a name asks for the embedded model: nothing, or its name.
bool names_embedded_model(const std::string& name_or_path);

/// Returns where a model is that is not the embedded one: a path, or a listed model that was
/// pulled. Throws Error(not_found), saying what is accepted or how to pull it.
std::filesystem::path model_path(const std::string& name_or_path);

/// Returns what the catalogue knows of a model that is asked for by its name, or, as a guess, of a
/// file that is called as a published one is; none for any other.
std::optional<checkpoint::KnownFacts> known_facts(const std::string& name_or_path);

/// Throws Error(not_found) for what is no model, with the names that come close.
[[noreturn]] void fail_unknown_model(const std::string& name);

}  // namespace diptych::api
