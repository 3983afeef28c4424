#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych::test {

/// What another program makes of the pictures of a folder of tests/data, by their names; `file` is
/// what the `make` script beside it wrote, "odd_images/expected.json".
inline nlohmann::json expected_pictures(const std::string& file) {
  return nlohmann::json::parse(read_text_file(data_path(file))).at("pictures");
}

inline std::vector<std::string> names_of(const nlohmann::json& pictures) {
  std::vector<std::string> names;
  for (const auto& [name, values] : pictures.items()) names.push_back(name);
  return names;
}

/// The CRC-32 that the scripts note instead of pixels.
inline std::uint32_t checksum(const Image& image) {
  return static_cast<std::uint32_t>(
      crc32(0, image.rgb.data(), static_cast<unsigned>(image.rgb.size())));
}

/// A picture's name as a test may have it.
inline std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace diptych::test
