#include "checkpoint/containers/npz.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "checkpoint/containers/zip_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using test::build_zip;
using test::expect_error;
using test::little_endian;

/// A .npy file of version 1 with this header and this much data, every byte 1.
std::string member_npy(const std::string& header, std::size_t data) {
  return "\x93NUMPY" + std::string("\x01\x00", 2) +
         little_endian(static_cast<std::uint16_t>(header.size())) + header +
         std::string(data, '\1');
}

std::string header(const std::string& descr, const std::string& shape) {
  return fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}     \n", descr,
                     shape);
}

TensorMap npz_from(const std::string& file) {
  return read_npz({std::as_bytes(std::span(file)), "test.npz"}, "test.npz", nullptr);
}

void expect_npz_refused(const std::string& array, ErrorCode code, const std::string& reason) {
  expect_error([&] { npz_from(build_zip({{.name = "x.npy", .data = array}})); }, code, reason);
}

TEST(Npz, ReadsArrays) {
  const std::string file = build_zip(
      {{.name = "params/w.npy", .data = member_npy(header("<i4", "(2, 3)"), 24), .wide = true},
       {.name = "scalar.npy", .data = member_npy(header("|u1", "()"), 1)},
       {.name = "vector.npy", .data = member_npy(header("<f2", "(5,)"), 10)}});
  const TensorMap map = npz_from(file);
  EXPECT_EQ(map.at("params/w").shape, Shape({2, 3}));
  EXPECT_EQ(to_integers(map.at("params/w")).front(), 0x01010101);
  EXPECT_EQ(map.at("scalar").shape, Shape{});
  EXPECT_EQ(map.at("vector").dtype, DType::float16);
}

TEST(Npz, IsToldApartByItsEntries) {
  const auto looks = [](const std::string& file) {
    return looks_like_npz({std::as_bytes(std::span(file)), "test.npz"});
  };
  EXPECT_TRUE(looks(build_zip({{.name = "x.npy"}})));
  EXPECT_FALSE(looks(build_zip({{.name = "x.npy"}, {.name = "y.txt"}})));
  EXPECT_FALSE(looks(build_zip({})));
}

TEST(Npz, RefusesBrokenArrays) {
  expect_npz_refused("", ErrorCode::corrupt_data, "npy");
  expect_npz_refused("NUMPY and more", ErrorCode::corrupt_data, "no array");
  expect_npz_refused(member_npy(header("<f4", "(2,)"), 7), ErrorCode::corrupt_data,
                     "got 7 bytes, expected 8");
  expect_npz_refused(member_npy(header("<f4", "(-1,)"), 4), ErrorCode::corrupt_data, "sizes");
  expect_npz_refused(member_npy(header("<f4", "(9999999999999999999,)"), 4),
                     ErrorCode::corrupt_data, "sizes");
  expect_npz_refused(member_npy(header("<f4", "(4294967296, 4294967296)"), 4),
                     ErrorCode::corrupt_data, "overflows");
  expect_npz_refused(member_npy("{'descr': '<f4'", 0), ErrorCode::corrupt_data, "header");
  expect_npz_refused(member_npy("{'descr': '<f4", 0), ErrorCode::corrupt_data, "header");
  expect_npz_refused(member_npy("{'order': 'C'}", 0), ErrorCode::corrupt_data, "header");
}

TEST(Npz, RefusesCompressedArrays) {
  expect_error([] { npz_from(build_zip({{.name = "x.npy", .data = "x", .method = 8}})); },
               ErrorCode::unsupported, "compressed");
}

TEST(Npz, RefusesWhatItHasNot) {
  expect_npz_refused(member_npy(header(">f4", "(1,)"), 4), ErrorCode::unsupported, "dtype");
  expect_npz_refused(member_npy(header("|O", "(1,)"), 8), ErrorCode::unsupported, "dtype");
  expect_npz_refused(member_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", 16),
                     ErrorCode::unsupported, "Fortran");
}

}  // namespace
}  // namespace diptych::checkpoint
