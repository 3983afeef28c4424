#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace diptych::libtorch {

/// Where processes that train together find each other.
struct MeetingPoint {
  std::string host;  ///< empty: a file
  std::uint16_t port = 0;
  std::filesystem::path file;
};

/// Reads "tcp://HOST:PORT", also with an IPv6 address in brackets, or "file:///PATH". Throws
/// Error(invalid_argument).
MeetingPoint parse_meeting_point(const std::string& text);

/// Returns the address of this machine from which `host` is reached, and where others reach it.
/// Throws Error(io).
std::string address_towards(const std::string& host, std::uint16_t port);

}  // namespace diptych::libtorch
