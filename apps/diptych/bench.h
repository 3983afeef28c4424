#pragma once

#include "command.h"

/// `bench towers`
void add_bench_towers(Command bench);
