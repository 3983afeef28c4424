#include "fetch/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "fetch/http_server.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"

namespace diptych::fetch {
namespace {

using test::EnvironmentVariable;
using test::HttpServer;
using test::ServerReply;
using test::ServerRequest;

ServerReply redirect_to(const std::string& location, int status = 302) {
  return {.status = status, .headers = {{"Location", location}}, .body = "moved"};
}

/// The machine's own proxies, if it has any, are not asked for 127.0.0.1.
class Http : public ::testing::Test {
 protected:
  HttpResult get(const std::string& url, const std::string& token = "") {
    body_.clear();
    const HttpRequest request{.url = url, .token = token};
    return http_get(request, {.begin = [](const HttpResponse&) {},
                              .body =
                                  [&](std::span<const std::byte> bytes) {
                                    body_.append(reinterpret_cast<const char*>(bytes.data()),
                                                 bytes.size());
                                  }});
  }

  std::string body_;

 private:
  EnvironmentVariable proxy_{"http_proxy", std::nullopt};
  EnvironmentVariable any_proxy_{"all_proxy", std::nullopt};
  EnvironmentVariable upper_proxy_{"ALL_PROXY", std::nullopt};
};

TEST_F(Http, GetsWhatTheServerSays) {
  const HttpServer server([](const ServerRequest&) {
    return ServerReply{
        .headers = {{"eTaG", "\"abc\""}, {"X-Linked-ETag", "\"feed\""}, {"X-Linked-Size", "123"}},
        .body = "hello"};
  });
  const HttpResult result = get(server.address() + "/file");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.response.status, 200);
  EXPECT_EQ(result.response.complete_size, 5U);
  EXPECT_EQ(result.response.validator, "\"abc\"");
  EXPECT_EQ(result.response.hub_hash, "feed");
  EXPECT_EQ(result.response.hub_size, 123U);
  EXPECT_EQ(body_, "hello");
}

// A weak ETag does not promise the same bytes (RFC 9110, 8.8.1).
TEST_F(Http, AWeakETagIsNoValidator) {
  const HttpServer server([](const ServerRequest&) {
    return ServerReply{.headers = {{"ETag", "W/\"abc\""}, {"Last-Modified", "yesterday"}}};
  });
  EXPECT_EQ(get(server.address()).response.validator, "yesterday");
}

TEST_F(Http, AnErrorsBodyIsNotTheFile) {
  const HttpServer server([](const ServerRequest&) {
    return ServerReply{.status = 503, .headers = {{"Retry-After", "7"}}, .body = "busy"};
  });
  const HttpResult result = get(server.address());
  EXPECT_EQ(result.response.status, 503);
  EXPECT_EQ(result.response.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(body_, "");
}

TEST_F(Http, FollowsRedirects) {
  const HttpServer server([](const ServerRequest& request) {
    if (request.target == "/first") return redirect_to("/second", 301);
    if (request.target == "/second") return redirect_to("third", 307);
    return ServerReply{.body = "end of " + request.target};
  });
  EXPECT_EQ(get(server.address() + "/first").failure, "");
  EXPECT_EQ(body_, "end of /third");
}

TEST_F(Http, WhatTheHubSaysBeforeItRedirectsCounts) {
  const HttpServer server([](const ServerRequest& request) {
    if (request.target != "/file") return ServerReply{.body = "content"};
    ServerReply reply = redirect_to("/storage");
    reply.headers["X-Linked-ETag"] = "\"feed\"";
    reply.headers["ETag"] = "\"of the redirect\"";
    return reply;
  });
  const HttpResult result = get(server.address() + "/file");
  EXPECT_EQ(result.response.hub_hash, "feed");
  EXPECT_EQ(result.response.validator, "");
}

TEST_F(Http, AnEndlessRedirectEnds) {
  const HttpServer server([](const ServerRequest& request) { return redirect_to(request.target); });
  test::expect_error([&] { get(server.address() + "/loop"); }, ErrorCode::io,
                     "more than 10 redirects");
  EXPECT_EQ(server.requests().size(), 11U);
}

TEST_F(Http, ARedirectToNowhereOrToAFileIsRefused) {
  const HttpServer nowhere([](const ServerRequest&) { return ServerReply{.status = 302}; });
  test::expect_error([&] { get(nowhere.address()); }, ErrorCode::io, "does not say where");
  const HttpServer local([](const ServerRequest&) { return redirect_to("file:///etc/passwd"); });
  test::expect_error([&] { get(local.address()); }, ErrorCode::io, "expected http or https");
}

TEST_F(Http, ARedirectKeepsItsEncryption) {
  check_redirect("http://host/file", "https://host/file");
  check_redirect("https://host/file", "https://other/file");
  test::expect_error([] { check_redirect("https://host/file", "http://host/file"); }, ErrorCode::io,
                     "from https to http");
}

TEST_F(Http, ARedirectToAServerThatIsNotThereIsAFailure) {
  std::string gone;
  {
    const HttpServer server([](const ServerRequest&) { return ServerReply{}; });
    gone = server.address();
  }
  const HttpServer server([&](const ServerRequest&) { return redirect_to(gone); });
  const HttpResult result = get(server.address());
  EXPECT_NE(result.failure, "");
  EXPECT_TRUE(result.may_pass);
}

TEST_F(Http, TheTokenGoesToNoOtherHost) {
  const HttpServer other([](const ServerRequest&) { return ServerReply{.body = "content"}; });
  const HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/here") return redirect_to("/there");
    return redirect_to(other.address("localhost") + "/storage");
  });
  EXPECT_EQ(get(server.address() + "/here", "secret").failure, "");
  for (const ServerRequest& request : server.requests()) {
    EXPECT_EQ(request.header("authorization"), "Bearer secret") << request.target;
  }
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
}

// Another port is another server, and so is another name of the same one.
TEST_F(Http, TheTokenGoesToNoOtherPortOrName) {
  const HttpServer other([](const ServerRequest&) { return ServerReply{}; });
  const HttpServer port([&](const ServerRequest&) { return redirect_to(other.address()); });
  get(port.address(), "secret");
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");

  std::string same;
  const HttpServer named([&](const ServerRequest& request) {
    return request.target == "/end" ? ServerReply{} : redirect_to(same);
  });
  same = named.address("localhost") + "/end";
  get(named.address() + "/begin", "secret");
  EXPECT_EQ(named.requests().at(1).header("authorization"), "");
}

TEST_F(Http, AConnectionCutAmidIsAFailureThatMayPass) {
  const HttpServer server(
      [](const ServerRequest&) { return ServerReply{.body = "content", .cut_after = 3}; });
  const HttpResult result = get(server.address());
  EXPECT_NE(result.failure, "");
  EXPECT_TRUE(result.may_pass);
  EXPECT_EQ(body_, "con");
}

TEST_F(Http, WhatIsNoAddressIsAnError) {
  for (const char* url : {"", "file:///etc/passwd", "ftp://host/file", "no address"}) {
    test::expect_error([&] { get(url); }, ErrorCode::invalid_argument, "expected http");
  }
}

TEST_F(Http, AsksTheProxyUnlessTheHostIsExcepted) {
  const HttpServer proxy(
      [](const ServerRequest& request) { return ServerReply{.body = request.target}; });
  const EnvironmentVariable variable("http_proxy", proxy.address());
  const EnvironmentVariable no_exception("no_proxy", std::nullopt);
  const EnvironmentVariable no_exception_either("NO_PROXY", std::nullopt);
  EXPECT_EQ(get("http://hub.invalid/file").failure, "");
  EXPECT_EQ(body_, "http://hub.invalid/file");

  const EnvironmentVariable excepted("no_proxy", "hub.invalid");
  EXPECT_NE(get("http://hub.invalid/file").failure, "");
  EXPECT_EQ(proxy.requests().size(), 1U);
}

}  // namespace
}  // namespace diptych::fetch
