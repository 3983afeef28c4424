#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

/// Returns what stands before an array's values in a NumPy file, format version 1.0
/// (numpy.lib.format); `type` is numpy's: "<f4". The shape has few numbers.
std::string npy_header(std::string_view type, const std::vector<std::int64_t>& shape);

}  // namespace diptych
