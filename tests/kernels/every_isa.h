#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/isa.h"

namespace diptych::test {

/// Runs a body once with every instruction set the processor has.
template <typename Body>
void with_every_isa(const Body& body) {
  const std::string chosen = kernels::active_isa();
  for (const std::string& isa : kernels::available_isas()) {
    SCOPED_TRACE(isa);
    kernels::use_isa(isa);
    body();
  }
  kernels::use_isa(chosen);
}

}  // namespace diptych::test
