#include "web/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace diptych::web {
namespace {

bool is_public(const std::string& text) {
  sockaddr_in v4{.sin_family = AF_INET};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    return is_public_address(reinterpret_cast<const sockaddr&>(v4));
  }
  sockaddr_in6 v6{.sin6_family = AF_INET6};
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  return is_public_address(reinterpret_cast<const sockaddr&>(v6));
}

TEST(PublicAddress, IsOneOfTheInternet) {
  for (const char* text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0", "192.167.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(PublicAddress, IsNoneOfWhatOthersCannotReach) {
  for (const char* text : {"0.0.0.0",
                           "10.0.0.1",
                           "100.100.100.200",
                           "127.0.0.1",
                           "127.255.0.1",
                           "169.254.169.254",
                           "168.63.129.16",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.192",
                           "192.168.1.1",
                           "198.19.0.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "2001:db8::1",
                           "3fff::1",
                           "2001::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::10.0.0.1",
                           "2002:7f00:1::1",
                           "::127.0.0.1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
  const sockaddr other{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_FALSE(is_public_address(other));
}

}  // namespace
}  // namespace diptych::web
