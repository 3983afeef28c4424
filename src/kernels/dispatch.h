#pragma once

#include <hwy/highway.h>

#include "kernels/isa.h"

/// Calls the HWY_EXPORTed function of the active instruction set.
#define DIPTYCH_DISPATCH(function) \
  (::diptych::kernels::choose_isa(), HWY_DYNAMIC_DISPATCH(function))
