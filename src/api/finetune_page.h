#pragma once

#include <string>

#include "diptych/finetune.h"

namespace diptych::api {

/// Returns an HTML page about a tuning: figures before and after, and the held-out figure by epoch.
std::string finetune_page(const FinetuneReport& report);

}  // namespace diptych::api
