#include "shards/source_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "shards/crafted_tar.h"
#include "shards/dataset.h"
#include "shards/unpack.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::HasSubstr;

std::string gzipped(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// With a checksum, as the program zstd writes.
std::string zstandard(const std::string& text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

std::string sample_text() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 100'003);
  return text;
}

class SourceFileTest : public ::testing::Test {
 protected:
  std::filesystem::path save(const std::string& bytes) const {
    const auto path = folder_.path() / "file";
    write_file(path, bytes);
    return path;
  }
  std::string read(const std::string& bytes) const {
    return test::text_of(SourceFile(save(bytes)).bytes());
  }
  std::pair<ErrorCode, std::string> failure(const std::string& bytes) const {
    try {
      read(bytes);
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {ErrorCode::internal, "it was read"};
  }

  diptych::test::TemporaryFolder folder_;
};

TEST_F(SourceFileTest, ReadsPlainAndCompressedFiles) {
  const std::string text = sample_text();
  EXPECT_EQ(read(text), text);
  EXPECT_EQ(read(gzipped(text)), text);
  EXPECT_EQ(read(zstandard(text)), text);
  EXPECT_EQ(SourceFile(save(gzipped(text))).name(), (folder_.path() / "file").string());
}

TEST_F(SourceFileTest, ReadsEveryMemberAndPassesOverPadding) {
  const std::string text = sample_text();
  EXPECT_EQ(read(gzipped(text) + gzipped("end")), text + "end");
  EXPECT_EQ(read(zstandard(text) + zstandard("end")), text + "end");
  EXPECT_EQ(read(gzipped(text) + std::string(512, '\0')), text);
}

TEST_F(SourceFileTest, NamesWhatIsCutOrDamaged) {
  for (std::string packed : {gzipped(sample_text()), zstandard(sample_text())}) {
    for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{12}}) {
      const auto [code, message] = failure(packed.substr(0, size));
      EXPECT_EQ(code, ErrorCode::corrupt_data);
      EXPECT_THAT(message, HasSubstr("file)"));
    }
    packed[packed.size() / 2] ^= 0x10;
    EXPECT_EQ(failure(packed).first, ErrorCode::corrupt_data);
  }
}

TEST_F(SourceFileTest, RefusesBombs) {
  const std::string bomb = zstandard(std::string(std::size_t{160} << 20, '\0'));
  EXPECT_EQ(failure(bomb).first, ErrorCode::out_of_memory);
}

TEST_F(SourceFileTest, LeavesNothingInTheTemporaryFolder) {
  const auto temporary = folder_.path() / "tmp";
  std::filesystem::create_directory(temporary);
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("TMPDIR", temporary.c_str(), 1);
  {
    const SourceFile file(save(gzipped("abc")));
    EXPECT_TRUE(std::filesystem::is_empty(temporary));
  }
  ::setenv("TMPDIR", (folder_.path() / "nowhere").c_str(), 1);
  EXPECT_EQ(failure(gzipped("abc")).first, ErrorCode::io);
  before != nullptr ? ::setenv("TMPDIR", saved.c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST_F(SourceFileTest, ServesShardsAndTables) {
  const auto tar = test::CraftedTar().add("a.jpg", "x").add("a.txt", "a dog").end();
  const std::string bytes = test::text_of(tar.view());
  for (const std::string& packed : {gzipped(bytes), zstandard(bytes)}) {
    const auto path = folder_.path() / "a.tar";  // gzip under a plain name is as common as .tar.gz
    write_file(path, packed);
    EXPECT_EQ(Dataset({{path}}).at(0).text("txt"), "a dog");
  }
  const auto table = folder_.path() / "t.csv.gz";
  write_file(table, gzipped("filepath,title\nx.jpg,a dog\n"));
  EXPECT_EQ(Dataset({{table}}).size(), 1U);
}

TEST(SourceFile, HasWhatACommandWritesIfItEndsWell) {
  const auto text_of = [](const char* name) {
    return std::string(as_text(SourceFile(name).bytes()));
  };
  EXPECT_EQ(text_of("pipe:echo samples"), "samples\n");
  EXPECT_EQ(text_of("pipe:echo samples | gzip"), "samples\n");
  EXPECT_THROW(text_of("pipe:echo samples; false"), Error);
  EXPECT_THROW(text_of("pipe:true"), Error);
  EXPECT_THROW(text_of("pipe:kill -9 $$"), Error);
}

}  // namespace
}  // namespace diptych::shards
