#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/unfilled_bytes.h"
#include "curate/gzip_members.h"
#include "diptych/curation.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using Json = nlohmann::json;

std::string record(const std::string& type, const std::string& content_type,
                   const std::string& block) {
  return "WARC/1.0\r\nWARC-Type: " + type + "\r\nWARC-Target-URI: http://site.org/dir/page\r\n" +
         "Content-Type: " + content_type + "\r\nContent-Length: " + std::to_string(block.size()) +
         "\r\n\r\n" + block + "\r\n\r\n";
}

std::string html_page(const std::string& html) {
  return record("response", "application/http; msgtype=response",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html);
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class Extract : public ::testing::Test {
 protected:
  ExtractOptions options(const std::string& archive) {
    write_file(path("pages.warc"), archive);
    ExtractOptions options;
    options.inputs = {path("pages.warc")};
    options.out = path("out.jsonl");
    options.stage.overwrite = true;
    return options;
  }
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }
  std::string output() const { return read_text_file(path("out.jsonl")); }
  std::vector<Json> lines() const {
    std::vector<Json> lines;
    std::istringstream text(output());
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }

 private:
  test::TemporaryFolder folder_;
};

/// What was read is what was written, left out or dropped.
void expect_adds_up(const StageReport& report) {
  std::uint64_t sum = report.written;
  for (const auto& [reason, dropped] : report.left_out) sum += dropped.count;
  for (const auto& [reason, dropped] : report.dropped) sum += dropped.count;
  EXPECT_EQ(report.read, sum);
}

TEST_F(Extract, WritesALineAPictureOfAPage) {
  const ExtractReport report = extract_pairs(
      options(record("request", "application/http", "GET /") +
              html_page("<img src='../a b.jpg' alt='a black dog in the snow of the mountains'>"
                        "<img src=/ab.jpg title=t><img src=//h/x.png alt=x><img src=y.png>")));
  const std::vector<Json> pictures = lines();
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0].at("url"), "http://site.org/ab.jpg");
  EXPECT_EQ(pictures[0].at("key"), "9b22f080860510ea89d49a57");
  EXPECT_EQ(pictures[0].at("page"), "http://site.org/dir/page");
  EXPECT_EQ(pictures[0].at("texts").at(0).at("language"), "en");
  EXPECT_EQ(pictures[0].at("texts").at(1).at("kind"), "title");
  EXPECT_EQ(pictures[1].at("url"), "http://h/x.png");
  EXPECT_EQ(report.stage.read, 4U);
  EXPECT_EQ(report.stage.left_out.at("no text").count, 1U);
  EXPECT_EQ(report.stage.left_out.at("on the page before, texts joined").count, 1U);
  EXPECT_EQ(report.archive.read, 2U);
  EXPECT_EQ(report.texts, 3U);
  expect_adds_up(report.stage);
  expect_adds_up(report.archive);
}

TEST_F(Extract, ReadsTheLinksOfWat) {
  const std::string json = R"({"Envelope":{"WARC-Header-Metadata":{"WARC-Target-URI":"http://w/p/"},
    "Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{"Head":{"Base":"http://b/"},
    "Links":[{"path":"IMG@/src","url":"x.jpg","alt":"one\ntwo"},{"path":"A@/href","url":"y"},
             {"path":"IMG@/src","url":"z.jpg"},7]}}}}})";
  const ExtractReport report =
      extract_pairs(options(gzip(record("metadata", "application/json", json)) +
                            gzip(record("metadata", "application/json", "{\"cut\":"))));
  const std::vector<Json> pictures = lines();
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].at("url"), "http://b/x.jpg");
  EXPECT_EQ(pictures[0].at("page"), "http://w/p/");
  EXPECT_EQ(pictures[0].at("texts").at(0).at("text"), "one two");
  EXPECT_EQ(report.archive.dropped.at("malformed JSON").count, 1U);
  expect_adds_up(report.archive);
}

TEST_F(Extract, LeavesOutPicturesWithoutAnUrl) {
  const std::string wat = R"({"Envelope":{"WARC-Header-Metadata":{"WARC-Target-URI":"http://w/p/"},
    "Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{
    "Links":[{"path":"IMG@/src","alt":"a"},{"path":"IMG@/src","url":7,"alt":"b"}]}}}}})";
  const ExtractReport report = extract_pairs(
      options(html_page("<base href=/b/><img alt=a><img src='' alt=b><img src=' #' alt=c>"
                        "<img src=/dir/page alt=d><img src='/dir/page#e' alt=e>") +
              html_page("<img src='?f' alt=f>") + record("metadata", "application/json", wat)));
  EXPECT_EQ(report.stage.left_out.at("no URL").count, 7U);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0].at("url"), "http://site.org/dir/page?f");
  expect_adds_up(report.stage);
}

TEST_F(Extract, NotesWhatIsHardlyOfItsCharset) {
  const ExtractReport report = extract_pairs(
      options(html_page("<meta charset=utf-8><img src=1 alt='caf\xE9'><img src=2 alt='\xE9 a'>") +
              html_page("<meta charset=iso-8859-1><img src=3 alt='caf\xC3\xA9'>") +
              html_page("<meta charset=iso-8859-1><img src=4 alt='caf\xE9'>") +
              html_page("<meta charset=no-such><img src=5 alt='caf\xE9'>") +
              html_page("<meta charset=utf-8><img src=6 alt='caf\xC3\xA9'>")));
  EXPECT_EQ(report.stage.written, 6U);
  EXPECT_THAT(report.stage.notes,
              ::testing::UnorderedElementsAre(
                  ::testing::StartsWith("kept: 2 texts with U+FFFD"),
                  ::testing::StartsWith("kept: 1 pages that say a charset of single bytes"),
                  ::testing::StartsWith("kept: 1 pages of an unknown charset")));
}

TEST_F(Extract, BlocksDomainsAndWords) {
  ExtractOptions extract =
      options(html_page("<img src=http://cdn.bad.com/1 alt=a><img src=1 alt='a Casino, here'>"
                        "<img src=2 alt=fine title='casino'>"));
  write_file(path("domains"), "# comment\nBad.com\n");
  write_file(path("words"), "casino\n");
  extract.blocked_domains = path("domains");
  extract.blocked_words = path("words");
  const ExtractReport report = extract_pairs(extract);
  EXPECT_EQ(report.stage.left_out.at("blocked domain").count, 1U);
  EXPECT_EQ(report.stage.left_out.at("blocked word").count, 1U);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0].at("texts").size(), 1U);
}

TEST_F(Extract, SurvivesDamagedAndCutArchives) {
  const std::string page = gzip(html_page("<img src=1 alt=a>"));
  std::string damaged = page;
  damaged[damaged.size() / 2] ^= 0x55;
  const ExtractReport report =
      extract_pairs(options(page + damaged + page + page.substr(0, page.size() - 9)));
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_EQ(report.archive.dropped.at("damaged gzip member").count, 2U);
  expect_adds_up(report.archive);
}

TEST_F(Extract, SaysThatAPackedPageIsTooLarge) {
  const std::string page = gzip(html_page("<img src=1 alt=a>"));
  const std::string large = gzip(html_page(gzip(std::string(std::size_t{65} << 20, ' '))));
  const ExtractReport report = extract_pairs(options(page + large + page));
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_EQ(report.archive.dropped.at("page over 64 MiB").count, 1U);
  expect_adds_up(report.archive);
}

TEST(GzipMembers, KeepNoRoomOfOneThatIsTooLarge) {
  constexpr std::size_t kMax = std::size_t{17} << 20;
  const std::string file = gzip("a") + gzip(std::string(kMax + 1, ' ')) + gzip("b");
  curate::GzipMembers members(file, kMax);
  UnfilledBytes out;
  EXPECT_EQ(members.next(out), curate::MemberFault::none);
  EXPECT_EQ(members.next(out), curate::MemberFault::too_large);
  EXPECT_LT(out.capacity(), std::size_t{1} << 20);
  EXPECT_EQ(members.next(out), curate::MemberFault::none);
  EXPECT_EQ(as_text(out), "ab");
  EXPECT_EQ(members.next(out), std::nullopt);
}

TEST_F(Extract, SaysWhyNoPageIsThere) {
  ExtractOptions extract = options(record("request", "application/http", "GET /"));
  test::expect_error([&] { extract_pairs(extract); }, ErrorCode::invalid_argument,
                     "no page: another type of record");
}

TEST_F(Extract, APictureOfManyPagesMayBeKeptOnce) {
  ExtractOptions extract = options(html_page("<img src=1 alt=a>") + html_page("<img src=1 alt=b>"));
  extract.unique_memory = 1;
  const ExtractReport report = extract_pairs(extract);
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_EQ(report.stage.left_out.at("seen on an earlier page").count, 1U);
  expect_adds_up(report.stage);
}

TEST_F(Extract, IsTheSameWhateverTheThreadsAndThePacking) {
  std::string plain;
  std::string packed;
  const std::string filler(3000, 'x');
  for (int i = 0; i < 3000; ++i) {
    const std::string page = html_page(filler + "<img src=" + std::to_string(i % 1000) + " alt=a>");
    plain += page;
    packed += gzip(page);
  }
  ExtractOptions extract = options(plain);
  extract.unique_memory = 1;
  extract.stage.threads = 1;
  extract_pairs(extract);
  const std::string alone = output();
  EXPECT_EQ(lines().size(), 1000U);
  extract.stage.threads = 4;
  extract_pairs(extract);
  EXPECT_EQ(output(), alone);
  write_file(path("pages.warc"), packed);
  extract_pairs(extract);
  EXPECT_EQ(output(), alone);
}

TEST_F(Extract, AnotherFileIsAnError) {
  const ExtractOptions extract = options("<html>");
  test::expect_error([&] { extract_pairs(extract); }, ErrorCode::invalid_argument, "WARC");
  EXPECT_FALSE(std::filesystem::exists(path("out.jsonl")));
}

TEST_F(Extract, AnOutputOfAnotherFormIsRefused) {
  ExtractOptions extract = options(html_page("<img src=1 alt=a>"));
  for (const char* name : {"x.tar", "x.jsonl.GZ", "x.zst"}) {
    extract.out = path(name);
    test::expect_error([&] { extract_pairs(extract); }, ErrorCode::invalid_argument, name);
    EXPECT_FALSE(std::filesystem::exists(path(name)));
  }
  for (const char* name : {"-", "pipe:cat"}) {
    extract.out = name;
    test::expect_error([&] { extract_pairs(extract); }, ErrorCode::invalid_argument, name);
  }
}

TEST_F(Extract, BlockedDomainsThatAreNoneAreRefused) {
  ExtractOptions extract = options(html_page("<img src=1 alt=a>"));
  extract.blocked_domains = path("domains");
  for (const char* line : {"https://bad.com/", "*.bad.com", ".bad.com", "0.0.0.0 bad.com"}) {
    write_file(path("domains"), std::string("good.org\n") + line + "\n");
    test::expect_error([&] { extract_pairs(extract); }, ErrorCode::invalid_argument, line);
  }
}

}  // namespace
}  // namespace diptych
