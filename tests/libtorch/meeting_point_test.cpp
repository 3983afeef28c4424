#include "libtorch/meeting_point.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych {
namespace {

using libtorch::address_towards;
using libtorch::MeetingPoint;
using libtorch::parse_meeting_point;

TEST(MeetingPoint, IsAPortOfAHostOrAFile) {
  const MeetingPoint named = parse_meeting_point("tcp://node-1.cluster:29500");
  EXPECT_EQ(named.host, "node-1.cluster");
  EXPECT_EQ(named.port, 29500);
  EXPECT_EQ(parse_meeting_point("tcp://[fe80::1]:7").host, "fe80::1");
  EXPECT_EQ(parse_meeting_point("tcp://[fe80::1]:7").port, 7);
  const MeetingPoint file = parse_meeting_point("file:///shared/meeting");
  EXPECT_EQ(file.file, "/shared/meeting");
  EXPECT_EQ(file.host, "");
}

TEST(MeetingPoint, RefusesAllElse) {
  for (const char* text :
       {"", "env://", "tcp://", "tcp://host", "tcp://host:", "tcp://:1", "tcp://host:0",
        "tcp://host:65536", "tcp://host:1x", "tcp://[]:1", "file://", "file://here"}) {
    test::expect_error([&] { parse_meeting_point(text); }, ErrorCode::invalid_argument,
                       "expected tcp://HOST:PORT or file:///PATH");
  }
}

TEST(MeetingPoint, IsReachedFromAnAddressOfThisMachine) {
  EXPECT_EQ(address_towards("127.0.0.1", 29500), "127.0.0.1");
  test::expect_error([] { address_towards("no host has this name.invalid", 1); }, ErrorCode::io,
                     "cannot find");
}

}  // namespace
}  // namespace diptych
