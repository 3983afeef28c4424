#pragma once

#include <diptych/convert.h>

#include "command.h"

/// Declares --to, --dtype, --name, --licence, --fits-from and --overwrite: how a model is written
void add_convert_options(Command command, diptych::ConvertOptions& options);
