#pragma once

#include <diptych/image.h>

#include <string>

#include "console.h"

// Preprocessing, as `inspect` and `models` show it.
Json preprocessing_json(const diptych::Preprocessing& how);
std::string preprocessing_text(const diptych::Preprocessing& how);
