#include "libtorch/meeting_point.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace diptych::libtorch {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kFile = "file://";

[[noreturn]] void refuse_meeting_point(const std::string& text) {
  fail(ErrorCode::invalid_argument,
       "dist-url: got '{}', expected tcp://HOST:PORT or file:///PATH of a new file", text);
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses addresses_of(const std::string& host, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) fail(ErrorCode::io, "dist-url: cannot find {}: {}", host, ::gai_strerror(error));
  return {found, &::freeaddrinfo};
}

/// The address that a socket towards `to` has here; empty when there is no way to it.
std::string local_address(const addrinfo& to) {
  const int socket = ::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC, to.ai_protocol);
  if (socket < 0) return "";
  sockaddr_storage own = {};
  socklen_t size = sizeof own;
  std::array<char, NI_MAXHOST> name = {};
  // Nothing is sent: connecting such a socket only chooses the way.
  const bool is_known = ::connect(socket, to.ai_addr, to.ai_addrlen) == 0 &&
                        ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, name.data(),
                                      name.size(), nullptr, 0, NI_NUMERICHOST) == 0;
  ::close(socket);
  return is_known ? name.data() : "";
}

}  // namespace

MeetingPoint parse_meeting_point(const std::string& text) {
  if (text.starts_with(kFile)) {
    const std::filesystem::path file = text.substr(kFile.size());
    if (!file.is_absolute()) refuse_meeting_point(text);
    return {.file = file};
  }
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with(kTcp) || colon <= kTcp.size()) refuse_meeting_point(text);
  MeetingPoint point{.host = text.substr(kTcp.size(), colon - kTcp.size())};
  if (point.host.starts_with('[') && point.host.ends_with(']'))
    point.host = point.host.substr(1, point.host.size() - 2);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, point.port);
  if (error != std::errc() || stop != end || point.port == 0 || point.host.empty())
    refuse_meeting_point(text);
  return point;
}

std::string address_towards(const std::string& host, std::uint16_t port) {
  const Addresses addresses = addresses_of(host, port);
  for (const addrinfo* to = addresses.get(); to != nullptr; to = to->ai_next) {
    std::string address = local_address(*to);
    if (!address.empty()) return address;
  }
  fail(ErrorCode::io, "dist-url: there is no way to {}: {}", host, std::strerror(errno));
}

}  // namespace diptych::libtorch
