#pragma once

#include <sys/socket.h>

namespace diptych::web {

/// Returns whether an address is one of the public internet: IPv4 or IPv6, and not private, shared,
/// loopback, link-local, multicast, reserved, for documentation, or one that clouds keep for the
/// metadata of a machine. An IPv6 address that stands for an IPv4 one (mapped, NAT64, 6to4) is
/// judged as that. `address` has the size that its family says.
bool is_public_address(const sockaddr& address);

}  // namespace diptych::web
