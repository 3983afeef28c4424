#pragma once

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "network/operations/sequences.h"
#include "support/support.h"
#include "tensor/tensor.h"

namespace diptych::test {

/// The pictures of a fixture's sizes.safetensors: `pixels` [pictures, 3 * side * side], of which
/// each fills as much as its row of `sizes`, [height, width], needs.
class PicturesOfSizes {
 public:
  PicturesOfSizes(const TensorMap& tensors, int side)
      : side_(side), values_(to_floats(tensors.at("pixels"))) {
    const std::vector<std::int64_t> sides = to_integers(tensors.at("sizes"));
    for (std::size_t i = 0; i < sides.size(); i += 2)
      sizes_.push_back({static_cast<int>(sides[i]), static_cast<int>(sides[i + 1])});
  }

  network::Pixels pixels() const {
    return {values_.data(), static_cast<int>(sizes_.size()), side_, side_, sizes_};
  }

 private:
  int side_;
  std::vector<float> values_;
  std::vector<network::PictureSize> sizes_;
};

inline void expect_rows_near(std::span<const float> got, std::span<const float> expected,
                             std::int64_t columns) {
  ASSERT_EQ(got.size(), expected.size());
  const auto width = static_cast<std::size_t>(columns);
  for (std::size_t i = 0; i < expected.size(); i += width)
    EXPECT_LE(relative_error(got.subspan(i, width), expected.subspan(i, width)), kFeatureTolerance)
        << "row " << i / width;
}

}  // namespace diptych::test
