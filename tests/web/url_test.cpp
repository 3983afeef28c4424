#include "web/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace diptych::web {
namespace {

using ::testing::IsEmpty;

TEST(JoinUrl, IsRfc3986) {
  const std::string base = "http://a/b/c/d;p?q";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"g", "http://a/b/c/g"},
      {"./g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {"..", "http://a/b/"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"HTTPS://H/x y", "https://H/xy"}};
  for (const auto& [reference, url] : cases) EXPECT_EQ(join_url(base, reference), url) << reference;
  EXPECT_THAT(join_url(base, "data:image/png;base64,x"), IsEmpty());
  EXPECT_THAT(join_url(base, "http:///x"), IsEmpty());
  EXPECT_THAT(join_url("", "x.jpg"), IsEmpty());
  EXPECT_EQ(host_of("http://me@WWW.Example.org.:80/x"), "www.example.org");
}

TEST(RequestUrl, SplitsIntoOriginAndPath) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://a", "http://a /"},
      {" HTTPS://A.Example:443/x?y#z\n", "https://a.example /x?y"},
      {"http://user:word@a:8080?q", "http://a:8080 /?q"},
      {"http://[::1]:81/\xC3\xA4 b", "http://[::1]:81 /%C3%A4%20b"},
      {"http://a:/x%20", "http://a /x%20"}};
  for (const auto& [url, parts] : cases) {
    const auto request = request_url(url);
    ASSERT_TRUE(request) << url;
    EXPECT_EQ(request->origin + " " + request->path, parts) << url;
  }
  for (const char* bad : {"", "ftp://a/x", "file:///etc/passwd", "http://", "http:///x", "//a/x",
                          "http://a b/", "http://a:0/", "http://a:70000/", "http://a:1x/"}) {
    EXPECT_FALSE(request_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace diptych::web
