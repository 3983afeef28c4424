#include "web/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace diptych::web {

namespace {

using Address6 = std::array<std::uint8_t, 16>;

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

struct Block4 {
  std::uint32_t address;
  unsigned bits;
};

/// IANA's registry of special addresses, multicast, and what a cloud has outside of them.
constexpr std::array<Block4, 17> kSpecial4 = {{{ip(0, 0, 0, 0), 8},
                                               {ip(10, 0, 0, 0), 8},
                                               {ip(100, 64, 0, 0), 10},
                                               {ip(127, 0, 0, 0), 8},
                                               {ip(168, 63, 129, 16), 32},  // Azure's own
                                               {ip(169, 254, 0, 0), 16},
                                               {ip(172, 16, 0, 0), 12},
                                               {ip(192, 0, 0, 0), 24},
                                               {ip(192, 0, 2, 0), 24},
                                               {ip(192, 88, 99, 0), 24},
                                               {ip(192, 168, 0, 0), 16},
                                               {ip(198, 18, 0, 0), 15},
                                               {ip(198, 51, 100, 0), 24},
                                               {ip(203, 0, 113, 0), 24},
                                               {ip(224, 0, 0, 0), 4},
                                               {ip(240, 0, 0, 0), 4},
                                               {ip(255, 255, 255, 255), 32}}};

bool is_public4(std::uint32_t address) {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(), [address](const Block4& block) {
    const unsigned shift = 32 - block.bits;
    return address >> shift == block.address >> shift;
  });
}

std::uint32_t embedded4(const Address6& address, std::size_t place) {
  return ip(address[place], address[place + 1], address[place + 2], address[place + 3]);
}

template <std::size_t kSize>
bool begins(const Address6& address, const std::array<std::uint8_t, kSize>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

bool is_public6(const Address6& address) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B};
  constexpr std::array<std::uint8_t, 2> kSixToFour = {0x20, 0x02};
  constexpr std::array<std::uint8_t, 4> kDocumentation = {0x20, 0x01, 0x0D, 0xB8};
  constexpr std::array<std::uint8_t, 2> kMoreDocumentation = {0x3F, 0xFF};
  constexpr std::array<std::uint8_t, 2> kProtocols = {0x20, 0x01};  // 2001::/23, Teredo in it
  if (begins(address, kMapped) || begins(address, kNat64)) {
    return is_public4(embedded4(address, 12));
  }
  if (begins(address, kSixToFour)) return is_public4(embedded4(address, 2));
  if (begins(address, kDocumentation) || begins(address, kMoreDocumentation)) return false;
  if (begins(address, kProtocols) && address[2] < 2) return false;
  return address[0] >> 5U == 1;  // 2000::/3, all that is given out
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_public4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  Address6 bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return is_public6(bytes);
}

}  // namespace diptych::web
