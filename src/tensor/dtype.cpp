#include "tensor/dtype.h"

#include <array>

namespace diptych {
namespace {

struct DTypeFacts {
  std::string_view name;
  std::size_t size;
};

constexpr std::array<DTypeFacts, 10> kDTypes = {{{"float32", 4},
                                                 {"float16", 2},
                                                 {"bfloat16", 2},
                                                 {"float64", 8},
                                                 {"int8", 1},
                                                 {"uint8", 1},
                                                 {"int16", 2},
                                                 {"int32", 4},
                                                 {"int64", 8},
                                                 {"bool", 1}}};

}  // namespace

std::size_t size_of(DType dtype) noexcept {
  return kDTypes[static_cast<std::size_t>(dtype)].size;
}

std::string_view name(DType dtype) noexcept {
  return kDTypes[static_cast<std::size_t>(dtype)].name;
}

}  // namespace diptych
