#include "fetch/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "fetch/http_server.h"
#include "fetch/sha256.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::fetch {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::HttpServer;
using test::serve_file;
using test::ServerReply;
using test::ServerRequest;
using ::testing::HasSubstr;

class DownloadTest : public ::testing::Test {
 protected:
  /// Waits are noted, not waited.
  std::optional<PulledFile> fetch(const std::string& url, Download file = {}, int attempts = 5) {
    file.url = url;
    file.path = path();
    return download(file, {.attempts = attempts,
                           .note = [&](const std::string& note) { notes_.push_back(note); },
                           .wait = [&](milliseconds time) { waits_.push_back(time); }});
  }

  std::string hash_of(const std::string& content) const {
    write_file(folder_.path() / "hashed", content);
    return sha256_of(folder_.path() / "hashed");
  }

  void expect_fetched(const std::string& content) const {
    EXPECT_TRUE(read_text_file(path()) == content);
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_FALSE(fs::exists(path().string() + ".part.json"));
  }

  void expect_nothing_left() const {
    EXPECT_FALSE(fs::exists(path()));
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_FALSE(fs::exists(path().string() + ".part.json"));
  }

  fs::path path() const { return folder_.path() / "weights"; }
  fs::path part() const { return folder_.path() / "weights.part"; }

  std::string content_ = test::pseudo_file(300'000);
  std::vector<std::string> notes_;
  std::vector<milliseconds> waits_;

 private:
  test::TemporaryFolder folder_;
  test::EnvironmentVariable proxy_{"http_proxy", std::nullopt};
  test::EnvironmentVariable any_proxy_{"all_proxy", std::nullopt};
  test::EnvironmentVariable upper_proxy_{"ALL_PROXY", std::nullopt};
};

TEST_F(DownloadTest, FetchesAndChecks) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  const auto pulled =
      fetch(server.address(), {.sha256 = hash_of(content_), .bytes = content_.size()});
  ASSERT_TRUE(pulled.has_value());
  EXPECT_EQ(pulled->bytes, content_.size());
  EXPECT_EQ(pulled->sha256, hash_of(content_));
  EXPECT_EQ(pulled->check, PullCheck::published_hash);
  expect_fetched(content_);
}

TEST_F(DownloadTest, ABeginningOfAHashWillDo) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  EXPECT_EQ(fetch(server.address(), {.sha256 = hash_of(content_).substr(0, 8)})->check,
            PullCheck::published_hash);
}

TEST_F(DownloadTest, AnEmptyFileIsAFile) {
  const HttpServer server([&](const ServerRequest& request) { return serve_file(request, ""); });
  EXPECT_EQ(fetch(server.address())->bytes, 0U);
  expect_fetched("");
}

TEST_F(DownloadTest, WithoutAHashTheSizeIsChecked) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  EXPECT_EQ(fetch(server.address())->check, PullCheck::size);
  const HttpServer silent(
      [&](const ServerRequest&) { return ServerReply{.body = content_, .says_length = false}; });
  EXPECT_EQ(fetch(silent.address())->check, PullCheck::none);
}

TEST_F(DownloadTest, GoesOnAfterACut) {
  std::atomic<int> cuts = 2;
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    if (cuts-- > 0) reply.cut_after = 100'000;
    return reply;
  });
  ASSERT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  expect_fetched(content_);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].header("range"), "");
  EXPECT_EQ(requests[1].header("range"), "bytes=100000-");
  EXPECT_EQ(requests[1].header("if-range"), "\"v1\"");
  EXPECT_EQ(requests[2].header("range"), "bytes=200000-");
  EXPECT_EQ(notes_.size(), 2U);
}

// What an earlier program left is gone on from too.
TEST_F(DownloadTest, GoesOnInALaterCall) {
  std::atomic<bool> cut = true;
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    if (cut) reply.cut_after = request.header("range").empty() ? 100'000 : 0;
    return reply;
  });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "100000 bytes are kept");
  EXPECT_EQ(fs::file_size(part()), 100'000U);
  cut = false;
  const std::size_t before = server.requests().size();
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  EXPECT_EQ(server.requests().at(before).header("range"), "bytes=100000-");
  expect_fetched(content_);
}

TEST_F(DownloadTest, WaitsLongerEachTimeAndGivesUp) {
  const HttpServer server([](const ServerRequest&) { return ServerReply{.status = 503}; });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "gave up after 5 attempts");
  EXPECT_EQ(waits_, (std::vector<milliseconds>{milliseconds(500), milliseconds(1000),
                                               milliseconds(2000), milliseconds(4000)}));
  EXPECT_EQ(server.requests().size(), 5U);
  expect_nothing_left();
}

TEST_F(DownloadTest, RetryAfterIsHeeded) {
  std::atomic<int> busy = 1;
  const HttpServer server([&](const ServerRequest& request) {
    if (busy-- > 0) return ServerReply{.status = 429, .headers = {{"Retry-After", "17"}}};
    return serve_file(request, content_);
  });
  EXPECT_TRUE(fetch(server.address()).has_value());
  EXPECT_EQ(waits_, (std::vector<milliseconds>{milliseconds(17'000)}));
}

TEST_F(DownloadTest, TooLongARetryAfterIsAnError) {
  const HttpServer server([](const ServerRequest&) {
    return ServerReply{.status = 503, .headers = {{"Retry-After", "86400"}}};
  });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "86400 s");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(DownloadTest, AServerThatIgnoresRangesIsReadFromTheStart) {
  std::atomic<int> cuts = 1;
  const HttpServer server([&](const ServerRequest&) {
    ServerReply reply{.headers = {{"ETag", "\"v1\""}}, .body = content_};
    if (cuts-- > 0) reply.cut_after = 100'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  EXPECT_EQ(server.requests().at(1).header("range"), "bytes=100000-");
  expect_fetched(content_);
}

// Each attempt starts again and comes no further: that must end.
TEST_F(DownloadTest, ACutAtTheSamePlaceForEverEnds) {
  const HttpServer server(
      [&](const ServerRequest&) { return ServerReply{.body = content_, .cut_after = 100'000}; });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "gave up");
  EXPECT_LE(server.requests().size(), 6U);
}

TEST_F(DownloadTest, AFileThatChangesBetweenAttemptsIsReadFromTheStart) {
  const std::string newer = test::pseudo_file(250'000, 2);
  std::atomic<int> count = 0;
  const HttpServer server([&](const ServerRequest& request) {
    if (count++ > 0) return serve_file(request, newer, "\"v2\"");
    ServerReply reply = serve_file(request, content_, "\"v1\"");
    reply.cut_after = 100'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(newer)}).has_value());
  EXPECT_EQ(server.requests().size(), 2U);
  expect_fetched(newer);
}

/// A server that continues whatever file it has now, whatever If-Range says.
ServerReply continue_anyway(const ServerRequest& request, const std::string& content,
                            const std::string& etag) {
  ServerRequest unconditional = request;
  unconditional.headers.erase("if-range");
  return serve_file(unconditional, content, etag);
}

TEST_F(DownloadTest, TwoFilesAreNeverJoined) {
  const std::string newer = test::pseudo_file(300'000, 2);
  std::atomic<int> count = 0;
  const HttpServer server([&](const ServerRequest& request) {
    if (count++ > 0) return continue_anyway(request, newer, "\"v2\"");
    ServerReply reply = serve_file(request, content_, "\"v1\"");
    reply.cut_after = 100'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server.address()).has_value());
  expect_fetched(newer);
}

TEST_F(DownloadTest, APartThatStartsElsewhereIsNotJoined) {
  std::atomic<int> count = 0;
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    const int number = count++;
    if (number == 0) reply.cut_after = 100'000;
    if (number == 1) reply.headers["Content-Range"] = "bytes 5-299999/300000";
    return reply;
  });
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  expect_fetched(content_);
}

TEST_F(DownloadTest, APartOfAnotherAddressIsNotGoneOnFrom) {
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    if (request.target == "/one") reply.cut_after = 1000;
    return reply;
  });
  EXPECT_THROW(fetch(server.address() + "/one", {}, 1), Error);
  EXPECT_TRUE(fs::exists(part()));
  EXPECT_TRUE(fetch(server.address() + "/two").has_value());
  EXPECT_EQ(server.requests().back().header("range"), "");
}

// Everything had come, but the program ended before the check.
TEST_F(DownloadTest, AWholePartIsOnlyChecked) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  write_file(part(), content_);
  write_file(path().string() + ".part.json",
             R"({"url": ")" + server.address() + R"(", "validator": "\"v1\"", "size": 300000})");
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  EXPECT_EQ(server.sent(), 0U);
  expect_fetched(content_);
}

TEST_F(DownloadTest, AnOverlongPartIsThrownAway) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  write_file(part(), content_ + "more");
  write_file(path().string() + ".part.json",
             R"({"url": ")" + server.address() + R"(", "validator": "\"v1\"", "size": 300004})");
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  expect_fetched(content_);
}

TEST_F(DownloadTest, AWrongHashIsRefusedAndRemoved) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  test::expect_error([&] { fetch(server.address(), {.sha256 = hash_of("something else")}); },
                     ErrorCode::corrupt_data, "expected " + hash_of("something else"));
  expect_nothing_left();
}

TEST_F(DownloadTest, TheHubsHashCountsWhereNoneIsPublished) {
  std::string said = hash_of(content_);
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    reply.headers["X-Linked-ETag"] = "\"" + said + "\"";
    return reply;
  });
  EXPECT_EQ(fetch(server.address())->check, PullCheck::server_hash);
  fs::remove(path());
  said = hash_of("something else");
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::corrupt_data, said);
  expect_nothing_left();
}

// An ETag that is no SHA-256, as a Git object's, is not taken for one.
TEST_F(DownloadTest, AnotherKindOfHashDoesNotCount) {
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    reply.headers["X-Linked-ETag"] = "\"0123456789abcdef0123456789abcdef01234567\"";
    return reply;
  });
  EXPECT_EQ(fetch(server.address())->check, PullCheck::size);
}

TEST_F(DownloadTest, AnotherSizeThanPublishedIsRefused) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  test::expect_error([&] { fetch(server.address(), {.bytes = 7}); }, ErrorCode::corrupt_data,
                     "expected 7");
  expect_nothing_left();
}

TEST_F(DownloadTest, TooMuchIsRefused) {
  const HttpServer server([&](const ServerRequest&) {
    return ServerReply{
        .headers = {{"X-Linked-Size", "1000"}}, .body = content_, .says_length = false};
  });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::corrupt_data,
                     "more than the 1000 bytes");
  expect_nothing_left();
  const HttpServer side(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  test::expect_error([&] { fetch(side.address(), {.most_bytes = 100}); }, ErrorCode::corrupt_data,
                     "more than the 100 bytes");
  expect_nothing_left();
}

// A body that runs until the connection ends looks whole however short it is.
TEST_F(DownloadTest, TooLittleIsTriedAgain) {
  std::atomic<int> cuts = 1;
  const HttpServer server([&](const ServerRequest& request) {
    ServerReply reply = serve_file(request, content_);
    reply.headers["X-Linked-Size"] = std::to_string(content_.size());
    reply.says_length = request.header("range") != "";
    if (cuts-- > 0) reply.cut_after = 1000;
    return reply;
  });
  EXPECT_TRUE(fetch(server.address()).has_value());
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_THAT(notes_[0], HasSubstr("got 1000 of 300000 bytes"));
  expect_fetched(content_);
}

TEST_F(DownloadTest, WhatIsNotThereIsNothing) {
  const HttpServer server([](const ServerRequest&) { return ServerReply{.status = 404}; });
  EXPECT_FALSE(fetch(server.address()).has_value());
  EXPECT_EQ(server.requests().size(), 1U);
  expect_nothing_left();
}

TEST_F(DownloadTest, WithoutPermissionTheTokenIsNamed) {
  const HttpServer server([](const ServerRequest&) { return ServerReply{.status = 401}; });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "set HF_TOKEN");
  test::expect_error([&] { fetch(server.address(), {.token = "wrong"}); }, ErrorCode::io,
                     "HF_TOKEN may not read it");
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(DownloadTest, OtherAnswersAreErrorsAtOnce) {
  const HttpServer server([](const ServerRequest&) { return ServerReply{.status = 418}; });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "the server answers 418");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(DownloadTest, AServerThatIsNotThereIsTriedAgain) {
  std::string gone;
  {
    const HttpServer server([](const ServerRequest&) { return ServerReply{}; });
    gone = server.address();
  }
  test::expect_error([&] { fetch(gone, {}, 2); }, ErrorCode::io, "gave up after 2 attempts");
  EXPECT_EQ(waits_.size(), 1U);
  expect_nothing_left();
}

TEST_F(DownloadTest, MoreThanTheDiskHoldsIsRefusedBefore) {
  const HttpServer server([](const ServerRequest&) {
    return ServerReply{.body = "a little", .claimed_length = std::uint64_t{1} << 60};
  });
  test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "are free");
}

/// Files may not grow beyond a size, as on a full disk, until the end of the scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(DownloadTest, AFullDiskKeepsWhatFitsAndALaterCallGoesOn) {
  const HttpServer server(
      [&](const ServerRequest& request) { return serve_file(request, content_); });
  {
    const FileSizeLimit limit(200'000);
    test::expect_error([&] { fetch(server.address()); }, ErrorCode::io, "bytes are kept");
  }
  EXPECT_EQ(fs::file_size(part()), 200'000U);
  EXPECT_TRUE(fetch(server.address(), {.sha256 = hash_of(content_)}).has_value());
  EXPECT_EQ(server.requests().at(1).header("range"), "bytes=200000-");
  expect_fetched(content_);
}

}  // namespace
}  // namespace diptych::fetch
