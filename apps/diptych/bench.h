#pragma once

#include "command.h"

/// Declares `bench towers`.
void add_bench_towers(Command bench);
