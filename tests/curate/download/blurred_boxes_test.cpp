#include "curate/download/blurred_boxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace diptych::curate {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// White and black columns of one pixel.
Image stripes(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}, .facts = {}};
  for (int i = 0; i < width * height * 3; ++i)
    image.rgb.push_back((i / 3) % width % 2 == 0 ? 255 : 0);
  return image;
}

int at(const Image& image, int x, int y) {
  return image.rgb.at(static_cast<std::size_t>(y * image.width + x) * 3);
}

TEST(Boxes, AreReadFromListsAndTheirText) {
  EXPECT_EQ(boxes_of(OrderedJson())->size(), 0U);
  EXPECT_EQ(boxes_of(OrderedJson(""))->size(), 0U);
  EXPECT_EQ(boxes_of(OrderedJson::parse("[]"))->size(), 0U);
  EXPECT_EQ(boxes_of(OrderedJson("[[0, 0, 1, 1], [0.5, 0.5, 1.02, 1]]"))->size(), 2U);
  const auto boxes = boxes_of(OrderedJson::parse("[[0.1, 0.2, 0.3, 0.4]]"));
  ASSERT_TRUE(boxes.has_value());
  EXPECT_EQ(boxes->front().bottom, 0.4);
  for (const char* bad : {"5", "{}", "\"x\"", "[1]", "[[0, 0, 1]]", "[[0, 0, 1, \"1\"]]",
                          "[[0.5, 0, 0.4, 1]]", "[[0, 0, 120, 80]]", "[[0, 0, null, 1]]"}) {
    EXPECT_FALSE(boxes_of(OrderedJson::parse(bad)).has_value()) << bad;
  }
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(boxes_of(OrderedJson(deep)).has_value());
  OrderedJson many = OrderedJson::array();
  for (int i = 0; i < 1001; ++i) many.push_back({0, 0, 1, 1});
  EXPECT_FALSE(boxes_of(many).has_value());
}

TEST(Boxes, AreBlurredAndNothingElse) {
  const Image before = stripes(200, 100);
  Image image = before;
  blur_boxes(image, std::vector<Box>{{.left = 0.25, .top = 0.4, .right = 0.5, .bottom = 0.6}});
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 200; ++x) {
      // 50 pixels wide, so that 5 more are blurred all around.
      const bool is_within = x >= 45 && x < 105 && y >= 35 && y < 65;
      if (is_within) {
        ASSERT_NEAR(at(image, x, y), 128, 40) << x << ", " << y;
      } else {
        ASSERT_EQ(at(image, x, y), at(before, x, y)) << x << ", " << y;
      }
    }
  }
}

TEST(Boxes, AreBlurredByAGaussian) {
  Image image{
      .width = 101, .height = 101, .rgb = std::vector<std::uint8_t>(101 * 101 * 3, 0), .facts = {}};
  for (int x = 0; x <= 50; ++x) {
    for (int y = 0; y < 101; ++y)
      std::fill_n(image.rgb.begin() + (y * 101 + x) * 3, 3, std::uint8_t{255});
  }
  blur_boxes(image, std::vector<Box>{{.left = 0.0, .top = 0.0, .right = 1.0, .bottom = 1.0}});
  // An edge becomes the integral of a Gaussian, whose variance is that of three means of 21 pixels.
  const double deviation = std::sqrt(3.0 * (21 * 21 - 1) / 12.0);
  for (int x = 0; x < 101; ++x) {
    const double expected = 127.5 * std::erfc((x - 50.5) / deviation / std::sqrt(2.0));
    EXPECT_NEAR(at(image, x, 50), expected, 4.0) << x;
  }
}

TEST(Boxes, ReachOverTheBorderAndMayBeEmpty) {
  Image image = stripes(7, 3);
  blur_boxes(image, std::vector<Box>{{.left = -0.5, .top = -0.5, .right = 1.5, .bottom = 1.5},
                                     {.left = 1.2, .top = 1.2, .right = 1.5, .bottom = 1.5},
                                     {}});
  EXPECT_EQ(image.rgb.size(), 63U);
}

}  // namespace
}  // namespace diptych::curate
