#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace arrow {
class Array;
}

namespace diptych::columns {

/// Returns a value of an Arrow array as JSON, lists and structs too. Text that is no UTF-8 is
/// repaired; what JSON has no type for (times, decimals) is text as Arrow writes it.
nlohmann::ordered_json json_of(const ::arrow::Array& array, std::int64_t place);

}  // namespace diptych::columns
