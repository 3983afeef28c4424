#include "shards/tar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "shards/crafted_tar.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using test::CraftedTar;
using test::pax_record;
using test::text_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Files = std::vector<std::pair<std::string, std::string>>;

Files read_all(std::span<const std::byte> bytes, const std::string& name = "crafted.tar") {
  Files files;
  TarReader reader(bytes, name);
  while (const auto entry = reader.next()) files.emplace_back(entry->name, text_of(entry->data));
  return files;
}

/// Reads up to the damage and returns its message; "" when there is none.
std::string damage(const CraftedTar& tar, std::size_t good_entries = 0) {
  TarReader reader(tar.view(), "crafted.tar");
  std::size_t entries = 0;
  try {
    while (reader.next()) ++entries;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_EQ(entries, good_entries);
    EXPECT_FALSE(reader.next()) << "after an error the reader is at its end";
    return error.what();
  }
  return "";
}

TEST(TarReader, ReadsEveryDialectThatGnuTarWrites) {
  const std::string long_name = "d/" + std::string(120, 'n') + ".txt";
  for (const char* file : {"shards/gnu.tar", "shards/pax.tar"}) {
    const MappedFile archive(diptych::test::data_path(file));
    EXPECT_THAT(read_all(archive.bytes(), archive.name()),
                ElementsAre(Pair("d/a.jpg", "short"), Pair(long_name, "hello")))
        << file;
  }
  const MappedFile old(diptych::test::data_path("shards/v7.tar"));
  EXPECT_THAT(read_all(old.bytes()), ElementsAre(Pair("d/a.jpg", "short")));
}

TEST(TarReader, JoinsThePrefixOfLongPaths) {
  TarHeaderBlock block = {};
  std::string_view("c.jpg").copy(block.name, 100);
  std::string_view("a/b").copy(block.prefix, 155);
  std::string_view("0").copy(block.size, 12);
  std::memcpy(block.magic, "ustar", 6);
  EXPECT_THAT(read_all(CraftedTar().add(block, "").end().view()),
              ElementsAre(Pair("a/b/c.jpg", "")));
  // GNU keeps times in that space.
  std::memcpy(block.magic, "ustar ", 6);
  EXPECT_THAT(read_all(CraftedTar().add(block, "").end().view()), ElementsAre(Pair("c.jpg", "")));
}

TEST(TarReader, TakesNamesThatClimbOutAsNames) {
  const CraftedTar tar = CraftedTar().add("/etc/passwd", "a").add("../../x.jpg", "b").end();
  EXPECT_THAT(read_all(tar.view()),
              ElementsAre(Pair("/etc/passwd", "a"), Pair("../../x.jpg", "b")));
}

TEST(TarReader, GivesTheOffsetToBeginAgainFrom) {
  const CraftedTar tar = CraftedTar()
                             .add("first.txt", "1")
                             .add("pax", pax_record("path", "second.txt"), kPaxHeader)
                             .add("cut", "2")
                             .end();
  TarReader reader(tar.view(), "crafted.tar");
  reader.next();
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->offset, 2 * kTarBlock);
  const auto again = TarReader(tar.view(), "crafted.tar", second->offset).next();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->name, "second.txt");
  EXPECT_EQ(text_of(again->data), "2");
}

TEST(TarReader, ReadsBinarySizesAndPaxSizes) {
  const std::string binary("\x80\0\0\0\0\0\0\0\0\0\0\3", 12);
  EXPECT_THAT(read_all(CraftedTar().add("a.txt", "abc", '0', binary).end().view()),
              ElementsAre(Pair("a.txt", "abc")));
  const CraftedTar pax = CraftedTar()
                             .add("pax", pax_record("size", "3"), kPaxHeader)
                             .add("a.txt", "abc", '0', "0")
                             .end();
  EXPECT_THAT(read_all(pax.view()), ElementsAre(Pair("a.txt", "abc")));
}

TEST(TarReader, ReadsChecksumsSummedOverSignedBytes) {
  CraftedTar tar = CraftedTar().add("caf\xC3\xA9.txt", "x").end();
  TarHeaderBlock block;
  std::memcpy(&block, tar.bytes().data(), sizeof(block));
  ASSERT_NE(tar_checksum(block).as_signed, tar_checksum(block).as_unsigned);
  fmt::format("{:06o}", tar_checksum(block).as_signed).copy(tar.bytes().data() + 148, 6);
  EXPECT_THAT(read_all(tar.view()), ElementsAre(Pair("caf\xC3\xA9.txt", "x")));
}

TEST(TarReader, LinksHaveNoContentWhateverTheirSize) {
  const CraftedTar tar = CraftedTar()
                             .add("link", "", '2', "00000001000")
                             .add("folder/", "", '\0')
                             .add("a.txt", "x")
                             .end();
  EXPECT_THAT(read_all(tar.view()), ElementsAre(Pair("a.txt", "x")));
}

TEST(TarReader, CountsEntriesOfAKindThatNobodyKnows) {
  const CraftedTar tar = CraftedTar()
                             .add("a.jpg", "x", 'Q')
                             .add("rest of a.jpg", "x", 'M')
                             .add("folder", "names of what is in it", 'D')
                             .add("label", "", 'V')
                             .add("a.txt", "x")
                             .end();
  TarReader reader(tar.view(), "crafted.tar");
  while (reader.next()) {
  }
  EXPECT_EQ(reader.unknown(), 2U);
}

TEST(TarReaderRefuses, WrongChecksum) {
  CraftedTar tar = CraftedTar().add("a.txt", "1").add("b.txt", "2").end();
  tar.bytes()[2 * kTarBlock] ^= 1;
  EXPECT_THAT(damage(tar, 1), AllOf(HasSubstr("checksum"), HasSubstr("crafted.tar, offset 1024")));
}

TEST(TarReaderRefuses, ChecksumThatIsNoNumber) {
  CraftedTar tar = CraftedTar().add("a.txt", "1").end();
  tar.bytes()[148] = 'z';
  EXPECT_THAT(damage(tar), HasSubstr("checksum"));
}

TEST(TarReaderRefuses, ArchiveWithoutEnd) {
  EXPECT_THAT(damage(CraftedTar()), HasSubstr("cut short"));
  EXPECT_THAT(damage(CraftedTar().add("a.txt", "1"), 1), HasSubstr("offset 1024"));
}

TEST(TarReaderRefuses, EveryTruncation) {
  const CraftedTar whole = CraftedTar().add("a.txt", std::string(600, 'x')).end();
  constexpr std::size_t kContentEnd = 512 + 600;
  for (std::size_t size = 0; size < 3 * kTarBlock + 1; size += 7) {
    CraftedTar tar = whole;
    tar.bytes().resize(size);
    EXPECT_NE(damage(tar, size >= kContentEnd ? 1 : 0), "") << size;
  }
}

TEST(TarReaderRefuses, SizeBeyondTheFile) {
  const CraftedTar tar = CraftedTar().add("a.txt", "x", '0', "00000003001").end();
  EXPECT_THAT(damage(tar), HasSubstr("size of 1537 bytes, expected at most the 1536 left"));
}

TEST(TarReaderRefuses, SizesThatAreNoNumbers) {
  EXPECT_THAT(damage(CraftedTar().add("a", "x", '0', "-0000000001").end()), HasSubstr("size"));
  EXPECT_THAT(damage(CraftedTar().add("a", "x", '0', "00000000009").end()), HasSubstr("size"));
  const std::string negative(12, '\xFF');
  EXPECT_THAT(damage(CraftedTar().add("a", "x", '0', negative).end()), HasSubstr("size"));
  const std::string beyond_64_bits("\x80\0\0\1\0\0\0\0\0\0\0\0", 12);
  EXPECT_THAT(damage(CraftedTar().add("a", "x", '0', beyond_64_bits).end()), HasSubstr("size"));
}

TEST(TarReaderRefuses, SizesThatWrapAround) {
  const std::string largest("\x80\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
  EXPECT_THAT(damage(CraftedTar().add("a", "x", '0', largest).end()), HasSubstr("at most"));
  const CraftedTar pax = CraftedTar()
                             .add("pax", pax_record("size", "18446744073709551615"), kPaxHeader)
                             .add("a.txt", "abc")
                             .end();
  EXPECT_THAT(damage(pax), HasSubstr("at most"));
}

TEST(TarReaderRefuses, PaxBombs) {
  const std::string bomb = std::string(kMaxTarExtension + 1, 'x');
  EXPECT_THAT(damage(CraftedTar().add("pax", bomb, kPaxHeader).end()), HasSubstr("1 MiB"));
  EXPECT_THAT(damage(CraftedTar().add("long", bomb, kGnuLongName).end()), HasSubstr("1 MiB"));
}

TEST(TarReaderRefuses, MalformedPaxRecords) {
  for (const std::string records :
       {"99 path=a\n", "0 path=a\n", "x path=a\n", "10 path:ab\n", "10 path=abc", "9 path=\n",
        "-9 path=a\n", "99999999999999999999 path=a\n", "3 \n", "10", "11 size=abc\n",
        "12 size=-100\n"}) {
    const CraftedTar tar = CraftedTar().add("pax", records, kPaxHeader).add("a", "x").end();
    EXPECT_THAT(damage(tar), HasSubstr("malformed pax header (crafted.tar, offset 0)")) << records;
  }
  const CraftedTar nul =
      CraftedTar().add("pax", pax_record("path", {"a\0b", 3}), kPaxHeader).add("a", "x").end();
  EXPECT_THAT(damage(nul), HasSubstr("malformed pax header"));
}

TEST(TarReader, SaysThatSparseFilesAreNotSupported) {
  const CraftedTar pax =
      CraftedTar().add("pax", pax_record("GNU.sparse.major", "1"), kPaxHeader).add("a", "x").end();
  const CraftedTar gnu = CraftedTar().add("a", "x", 'S').end();
  for (const CraftedTar& tar : {pax, gnu}) {
    try {
      read_all(tar.view());
      FAIL() << "a sparse file was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
    }
  }
}

class TarWriterTest : public ::testing::Test {
 protected:
  std::string write(const Files& files) {
    TarWriter writer(path());
    for (const auto& [name, content] : files) writer.add(name, std::as_bytes(std::span(content)));
    writer.commit();
    return read_text_file(path());
  }
  std::filesystem::path path() const { return folder_.path() / "a.tar"; }

  diptych::test::TemporaryFolder folder_;
};

TEST_F(TarWriterTest, WritesWhatItReads) {
  const Files files = {{"a.txt", ""},
                       {"b.txt", std::string(512, 'b')},
                       {std::string(100, 'c'), "exactly as long as the field"},
                       {std::string(101, 'd'), "one longer"},
                       {std::string(5000, 'e') + "/狗.jpg", std::string(513, 'e')}};
  const std::string bytes = write(files);
  EXPECT_EQ(bytes.size() % kTarBlock, 0U);
  EXPECT_EQ(read_all(std::as_bytes(std::span(bytes))), files);
}

TEST_F(TarWriterTest, PaxRecordsCountTheirOwnDigits) {
  // "99 path=" to "101 path=": where one digit more makes the record longer.
  for (std::size_t length = 101; length < 130; ++length) {
    const Files files = {{std::string(length, 'x'), "y"}};
    const std::string bytes = write(files);
    EXPECT_EQ(read_all(std::as_bytes(std::span(bytes))), files) << length;
  }
  for (std::size_t length = 980; length < 1000; ++length) {
    const Files files = {{std::string(length, 'x'), "y"}};
    const std::string bytes = write(files);
    EXPECT_EQ(read_all(std::as_bytes(std::span(bytes))), files) << length;
  }
}

TEST_F(TarWriterTest, GivesTheSameBytesEveryTime) {
  const Files files = {{"a.txt", "1"}, {"b.txt", "2"}};
  EXPECT_EQ(write(files), write(files));
}

TEST_F(TarWriterTest, LeavesNothingWithoutACommit) {
  {
    TarWriter writer(path());
    writer.add("a.txt", {});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(TarWriterTest, RefusesNamesThatNoReaderGivesBack) {
  TarWriter writer(path());
  EXPECT_THROW(writer.add("", {}), Error);
  EXPECT_THROW(writer.add(std::string_view("a\0b", 3), {}), Error);
}

}  // namespace
}  // namespace diptych::shards
