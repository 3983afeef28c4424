#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "curate/html_images.h"
#include "curate/html_tags.h"
#include "curate/sha2.h"
#include "curate/url_filter.h"
#include "curate/warc_records.h"
#include "curate/wat_images.h"

namespace diptych::curate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Sha224, IsFips180) {
  EXPECT_EQ(sha224(""), "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f");
  EXPECT_EQ(sha224("abc"), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  EXPECT_EQ(sha224("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525");
}

TEST(SeenFilter, KnowsWhatItTookIn) {
  SeenFilter seen(1);
  EXPECT_FALSE(seen.insert("a"));
  EXPECT_TRUE(seen.insert("a"));
  EXPECT_FALSE(seen.insert("b"));
}

TEST(ImageTags, AreTakenAsHtmlSays) {
  EXPECT_THAT(find_image_tags("<p><IMG src=a><img\nalt='>'/><imgs><base href=x>"),
              ElementsAre("<IMG src=a>", "<img\nalt='>'/>", "<base href=x>"));
  EXPECT_THAT(find_image_tags("<!-- <img> --><img a><!--><img b>"),
              ElementsAre("<img a>", "<img b>"));
  EXPECT_THAT(find_image_tags("<script>'<img x>'</script><style><img y></style><img z>"),
              ElementsAre("<img z>"));
  EXPECT_THAT(find_image_tags("<img alt=\"never closed <img>"), IsEmpty());
  EXPECT_THAT(find_image_tags("< img><"), IsEmpty());
}

TEST(FindImages, ReadsAttributesAsBrowsersDo) {
  const PageImages page = find_images(
      "<base href='/b/'><img src=a.jpg alt=' a &amp; b&nbsp;\r\nc ' title=\"\" data-image-title=t>"
      "<img src='data:image/gif;x' data-src=late.jpg alt=x>"
      "<img srcset='s.jpg 1x, l.jpg 3x,m.jpg 2x' alt=y>",
      "");
  EXPECT_EQ(page.base, "/b/");
  ASSERT_THAT(page.images, SizeIs(3));
  EXPECT_EQ(page.images[0].source, "a.jpg");
  ASSERT_THAT(page.images[0].texts, SizeIs(2));
  EXPECT_EQ(page.images[0].texts[0].text, "a & b\u00A0 c");
  EXPECT_EQ(page.images[0].texts[1].kind, "data-image-title");
  EXPECT_EQ(page.images[1].source, "late.jpg");
  EXPECT_EQ(page.images[2].source, "l.jpg");
}

TEST(FindImages, TakesThePictureAroundAnImg) {
  const PageImages page = find_images(
      "<picture><source srcset='s.jpg 480w, l.jpg 1200w'><SOURCE srcset=n.jpg><img alt=a></PICTURE>"
      "<picture><source srcset=x.jpg><img src=own.jpg alt=b></picture>"
      "<picture><source srcset=x.jpg></picture><video><source srcset=x.jpg></video><img alt=c>",
      "");
  ASSERT_THAT(page.images, SizeIs(3));
  EXPECT_EQ(page.images[0].source, "l.jpg");
  EXPECT_EQ(page.images[1].source, "own.jpg");
  EXPECT_EQ(page.images[2].source, "");
}

TEST(FindImages, ConvertsCharsets) {
  const auto alt = [](std::string_view html, std::string_view charset = "") {
    return find_images(html, charset).images.at(0).texts.at(0).text;
  };
  EXPECT_EQ(alt("<img alt='caf\xC3\xA9'>"), "café");
  EXPECT_EQ(alt("<img alt='caf\xE9 \x80'>"), "café €");
  EXPECT_EQ(alt("<img alt='\xB0\xA1'>", "gbk"), "啊");
  EXPECT_EQ(alt("<meta charset=shift_jis><img alt='\x94\x4C'>"), "猫");
  EXPECT_EQ(alt("<img alt='\x94\x4C'>", "Shift_JIS"), "猫");
  EXPECT_EQ(alt("<img alt='caf\xC3\xA9'>", "no-such-charset"), "café");
  EXPECT_EQ(alt({"\xFF\xFE<\0i\0m\0g\0 \0a\0l\0t\0=\0k\0>\0", 24}), "k");
}

TEST(WarcReader, GoesOnAfterDamage) {
  WarcReader reader(
      "WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n"
      "garbage\r\nWARC/1.0\r\nWARC-Type: response\r\nwarc-target-uri: <http://a>\r\n"
      "Content-Length: 1\r\n\r\nx\r\n\r\nWARC/1.0\r\nContent-Length: 99\r\n\r\ncut");
  WarcRecord record;
  EXPECT_EQ(reader.next(record), WarcFault::none);
  EXPECT_EQ(record.block, "abc");
  EXPECT_EQ(reader.next(record), WarcFault::damaged);
  EXPECT_EQ(reader.next(record), WarcFault::none);
  EXPECT_EQ(record.target, "http://a");
  EXPECT_EQ(reader.next(record), WarcFault::cut);
  EXPECT_EQ(reader.next(record), std::nullopt);
}

TEST(HttpBody, IsJoinedFromItsChunks) {
  HttpBody http;
  read_http(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
      http);
  EXPECT_EQ(http.body, "abcde");
  EXPECT_EQ(http.charset, "UTF-8");
  read_http("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<p>joined already", http);
  EXPECT_EQ(http.body, "<p>joined already");
  read_http("HTTP/1.1 200 OK\r\n\r\n\x1F\x8B\x08 no gzip", http);
  EXPECT_EQ(http.fault, "damaged compression");
}

TEST(WatReader, ReadsInPlaceWhatItWouldCopy) {
  const std::string json =
      R"({"Envelope":{"WARC-Header-Metadata":{"WARC-Target-URI":"http://a.example/"},)"
      R"("Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{"Links":[)"
      R"({"path":"IMG@/src","url":"b.jpg","alt":"two cats"}]}}}}})";
  const std::string archive = json + "\r\n\r\nWARC/1.0\r\n" + std::string(100, '{');
  WatReader reader;
  for (const std::size_t readable_after : {std::size_t{0}, archive.size() - json.size()}) {
    WatPage page;
    EXPECT_EQ(reader.read(std::string_view(archive).substr(0, json.size()), page, readable_after),
              "");
    ASSERT_EQ(page.images.images.size(), 1u);
    EXPECT_EQ(page.images.images[0].texts.at(0).text, "two cats");
  }
}

TEST(WatReader, TakesTheLargestOfASrcset) {
  const std::string json =
      R"({"Envelope":{"Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{"Links":[)"
      R"({"path":"IMG@/srcset","url":"small.jpg 480w, large.jpg 1200w","alt":"a"},)"
      R"({"path":"IMG@/data-src","url":"late.jpg","alt":"b"},{"path":"IMG@/longdesc","url":"c"}]}}}}})";
  WatReader reader;
  WatPage page;
  EXPECT_EQ(reader.read(json, page), "");
  ASSERT_EQ(page.images.images.size(), 2u);
  EXPECT_EQ(page.images.images[0].source, "large.jpg");
  EXPECT_EQ(page.images.images[1].source, "late.jpg");
}

}  // namespace
}  // namespace diptych::curate
