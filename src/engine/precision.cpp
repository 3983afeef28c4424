#include "engine/precision.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "kernels/unit.h"

namespace diptych {

namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, 6> kPrecisionNames = {"auto", "fp32",  "bf16",
                                                             "fp16", "int8w", "int8"};

}  // namespace

std::string_view name(Precision precision) {
  return kPrecisionNames.at(static_cast<std::size_t>(precision));
}

std::optional<Precision> find_precision(std::string_view name) {
  const auto found = std::ranges::find(kPrecisionNames, name);
  if (found == kPrecisionNames.end()) return std::nullopt;
  return static_cast<Precision>(found - kPrecisionNames.begin());
}

ComputeUnit cpu_unit(Precision precision) {
  const kernels::Unit unit = kernels::unit_for(engine::format_of(precision).multiplied);
  ComputeUnit found{.name = kernels::name(unit), .note = {}};
  const bool asks_for_unit = precision == Precision::bf16 || precision == Precision::int8;
  if (asks_for_unit && unit == kernels::Unit::vector) {
    found.note = fmt::format(
        "{0}: the processor has no unit that multiplies it faster than fp32: the weights are kept "
        "in {0}, and multiplied in fp32 with {1}",
        name(precision), found.name);
  }
  return found;
}

}  // namespace diptych

namespace diptych::engine {

using kernels::Element;

kernels::Format format_of(Precision precision) {
  switch (precision) {
    case Precision::automatic:
    case Precision::fp32:
      return {};
    case Precision::bf16:
      return {Element::bf16, Element::bf16};
    case Precision::int8w:
      return {Element::int8, Element::bf16};
    case Precision::int8:
      return {Element::int8, Element::int8};
    case Precision::fp16:
      break;
  }
  fail(ErrorCode::unsupported,
       "precision: got fp16, expected auto, fp32, bf16, int8w or int8 on the CPU");
}

}  // namespace diptych::engine
