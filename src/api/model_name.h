#pragma once

#include <filesystem>
#include <string>

namespace diptych::api {

inline constexpr const char* kEmbeddedName = "pictogram";

/// Whether a name asks for the embedded model: nothing, or its name.
bool names_embedded_model(const std::string& name_or_path);

/// The path of a model that is none of the listed ones. Throws Error(not_found), saying what is
/// accepted.
std::filesystem::path existing_path(const std::string& name_or_path);

}  // namespace diptych::api
