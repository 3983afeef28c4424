// Every picture of the fixtures in every spec, against Pillow 13.0.0 and torchvision 0.28.0
// (tests/data/images/images.json says how the expected bytes were made).

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych {
namespace {

using nlohmann::json;
using test::data_path;

/// The few lines of safetensors that this test needs: an 8-byte header length, JSON, bytes.
class ExpectedPixels {
 public:
  ExpectedPixels() : file_(data_path("images/expected_u8.safetensors")) {
    std::uint64_t header_size = 0;
    std::memcpy(&header_size, file_.bytes().data(), sizeof(header_size));
    const auto* text = reinterpret_cast<const char*>(file_.bytes().data()) + sizeof(header_size);
    header_ = json::parse(text, text + header_size);
    begin_ = reinterpret_cast<const std::uint8_t*>(text + header_size);
  }

  bool contains(const std::string& key) const { return header_.contains(key); }
  /// CHW bytes.
  std::vector<std::uint8_t> operator[](const std::string& key) const {
    const json& offsets = header_.at(key).at("data_offsets");
    return {begin_ + offsets[0].get<std::size_t>(), begin_ + offsets[1].get<std::size_t>()};
  }

 private:
  MappedFile file_;
  json header_;
  const std::uint8_t* begin_ = nullptr;
};

Preprocessing parse_spec(const json& spec) {
  Preprocessing result;
  result.size = spec.at("size");
  result.interpolation =
      spec.at("interpolation") == "bilinear" ? Interpolation::bilinear : Interpolation::bicubic;
  const std::string mode = spec.at("resize_mode");
  result.mode = mode == "squash"    ? ResizeMode::squash
                : mode == "longest" ? ResizeMode::longest
                                    : ResizeMode::shortest;
  result.mean = spec.at("mean");
  result.std = spec.at("std");
  result.fill = spec.at("fill_color");
  return result;
}

std::vector<std::uint8_t> planes(const Image& image) {
  const std::size_t pixels = image.rgb.size() / 3;
  std::vector<std::uint8_t> result(image.rgb.size());
  for (std::size_t i = 0; i < image.rgb.size(); ++i) result[i % 3 * pixels + i / 3] = image.rgb[i];
  return result;
}

const json& description() {
  static const json kDescription = json::parse(read_text_file(data_path("images/images.json")));
  return kDescription;
}

class Fixture : public testing::TestWithParam<std::string> {};

TEST_P(Fixture, EqualsPillowInEverySpec) {
  static const ExpectedPixels kExpected;
  for (const auto& [name, spec] : description().at("specs").items()) {
    const std::string key = name + "/" + GetParam();
    if (!kExpected.contains(key)) continue;
    const std::vector<std::uint8_t> expected = kExpected[key];
    const std::vector<std::uint8_t> got =
        planes(load_preprocessed(data_path("images/" + GetParam()), parse_spec(spec)));
    ASSERT_EQ(got.size(), expected.size()) << name;
    const auto difference = std::mismatch(got.begin(), got.end(), expected.begin());
    EXPECT_TRUE(difference.first == got.end())
        << name << ": byte " << difference.first - got.begin() << " is " << int{*difference.first}
        << ", expected " << int{*difference.second};
  }
}

INSTANTIATE_TEST_SUITE_P(
    Images, Fixture, testing::ValuesIn(description().at("images").get<std::vector<std::string>>()),
    [](const auto& info) {
      std::string name = info.param;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

}  // namespace
}  // namespace diptych
