#include "checkpoint/containers/torch_legacy.h"

#include <gtest/gtest.h>

#include "checkpoint/containers/pickle_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using namespace test::pickled;  // NOLINT(google-build-using-namespace)
using test::expect_error;
using test::little_endian;

const std::string kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

/// A persistent id of the old form, with None for the view.
std::string legacy_storage(const std::string& key, std::int32_t elements) {
  return tuple({unicode("storage"), global("torch", "FloatStorage"), unicode(key), unicode("cpu"),
                integer(elements), "N"}) +
         "Q";
}

std::string legacy_file(const std::string& object, const std::string& tail,
                        const std::string& little = "\x88", std::int32_t version = 1001) {
  return kMagic + pickle(integer(version)) +
         pickle(dictionary({unicode("little_endian"), little})) + pickle(object) + tail;
}

const std::string kObject =
    dictionary({unicode("state_dict"),
                dictionary({unicode("a"), tensor(legacy_storage("94", 2), 0, {2}, {1}),
                            unicode("b"), tensor(legacy_storage("95", 1), 0, {}, {})})});

std::string storages(std::uint64_t first_count = 2) {
  const float values[] = {1, 2, 3};
  const std::string bytes(reinterpret_cast<const char*>(values), sizeof values);
  return pickle("](" + unicode("94") + unicode("95") + "e") + little_endian(first_count) +
         bytes.substr(0, 8) + little_endian<std::uint64_t>(1) + bytes.substr(8);
}

TorchContent read_legacy_file(const std::string& file) {
  return read_legacy_torch(std::as_bytes(std::span(file)), "old.pt", nullptr);
}

TEST(TorchLegacy, ReadsTensorsAfterThePickles) {
  const std::string file = legacy_file(kObject, storages());
  EXPECT_TRUE(looks_like_legacy_torch(std::as_bytes(std::span(file))));
  const TorchContent content = read_legacy_file(file);
  EXPECT_EQ(to_floats(content.tensors.at("a")), (std::vector<float>{1, 2}));
  EXPECT_EQ(to_floats(content.tensors.at("b")), (std::vector<float>{3}));
}

TEST(TorchLegacy, IsToldApartByItsMagicNumber) {
  const std::string other = pickle("N");
  EXPECT_FALSE(looks_like_legacy_torch(std::as_bytes(std::span(other))));
}

TEST(TorchLegacy, RefusesATruncatedFile) {
  const std::string file = legacy_file(kObject, storages());
  for (std::size_t size = kMagic.size(); size < file.size(); ++size)
    expect_error([&] { read_legacy_file(file.substr(0, size)); }, ErrorCode::corrupt_data,
                 "pickle");
}

TEST(TorchLegacy, RefusesWhatContradicts) {
  expect_error([] { read_legacy_file(legacy_file(kObject, storages(~0ULL))); },
               ErrorCode::corrupt_data, "overflows");
  expect_error([] { read_legacy_file(legacy_file(kObject, storages(1))); }, ErrorCode::corrupt_data,
               "");
  expect_error([] { read_legacy_file(legacy_file("}", storages())); }, ErrorCode::corrupt_data,
               "no tensor names");
  expect_error([] { read_legacy_file(legacy_file(kObject, pickle("]"))); }, ErrorCode::corrupt_data,
               "storage 94");
}

TEST(TorchLegacy, RefusesOtherMachinesAndVersions) {
  expect_error([] { read_legacy_file(legacy_file(kObject, storages(), "\x89")); },
               ErrorCode::unsupported, "little-endian");
  expect_error([] { read_legacy_file(legacy_file(kObject, storages(), "\x88", 1002)); },
               ErrorCode::unsupported, "1002");
}

}  // namespace
}  // namespace diptych::checkpoint
