#include "fetch/crawl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fetch/http_server.h"

namespace diptych::fetch {
namespace {

using test::HttpServer;
using test::ServerReply;
using test::ServerRequest;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::StartsWith;

CrawlRules test_rules() {
  return {.pace = {.connections = 8, .rate = 0.0},
          .connections = 16,
          .timeout_seconds = 2,
          .retries = 0,
          .max_bytes = 100'000,
          .private_addresses = true,
          .user_agent = "diptych/test",
          .agents = {"diptych"},
          .disallowed_directives = {"noai"}};
}

/// Crawls a list; the results in its order.
std::vector<CrawlResult> crawl_list(const std::vector<std::string>& urls,
                                    const CrawlRules& rules = test_rules()) {
  std::vector<CrawlResult> results(urls.size());
  std::size_t next = 0;
  std::size_t taken = 0;
  crawl(rules, {.next =
                    [&](CrawlRequest& request) {
                      if (next == urls.size()) return CrawlNext::end;
                      request = {.id = next, .url = urls[next]};
                      ++next;
                      return CrawlNext::url;
                    },
                .take =
                    [&](CrawlResult&& result) {
                      ++taken;
                      results.at(result.id) = std::move(result);
                    }});
  EXPECT_EQ(taken, urls.size());
  return results;
}

CrawlResult crawl_one(const std::string& url, const CrawlRules& rules = test_rules()) {
  return crawl_list({url}, rules).front();
}

/// Everything but robots.txt, which is not there.
HttpServer::Handler without_robots(HttpServer::Handler handler) {
  return [handler = std::move(handler)](const ServerRequest& request) {
    return request.target == "/robots.txt" ? ServerReply{.status = 404} : handler(request);
  };
}

TEST(Crawl, FetchesManyAndAsksForRobotsOnce) {
  HttpServer server(without_robots([](const ServerRequest& request) {
    return request.target == "/7" ? ServerReply{.status = 404}
                                  : ServerReply{.body = "body of " + request.target};
  }));
  std::vector<std::string> urls;
  for (int i = 0; i < 60; ++i) urls.push_back(server.address() + "/" + std::to_string(i));
  const std::vector<CrawlResult> results = crawl_list(urls);
  for (std::size_t i = 0; i < urls.size(); ++i) {
    EXPECT_EQ(results[i].failure, i == 7 ? "HTTP 404" : "");
    EXPECT_EQ(results[i].body, i == 7 ? "" : "body of /" + std::to_string(i));
    EXPECT_EQ(results[i].attempts, 1);
  }
  const auto requests = server.requests();
  EXPECT_EQ(requests.size(), urls.size() + 1);
  EXPECT_EQ(requests.front().target, "/robots.txt");
  EXPECT_EQ(requests.front().header("user-agent"), "diptych/test");
}

/// A server that keeps its connections. To "/short" it states half of the length, and what is too
/// much arrives when the connection is used again.
class ServerOfShortLengths {
 public:
  ServerOfShortLengths() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve_all(); });
  }
  ~ServerOfShortLengths() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  ServerOfShortLengths(const ServerOfShortLengths&) = delete;
  ServerOfShortLengths& operator=(const ServerOfShortLengths&) = delete;
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void serve_all() {
    while (true) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      serve(connection);
      ::close(connection);
    }
  }

  static void serve(int connection) {
    std::string late;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      const std::string request(buffer.data(), static_cast<std::size_t>(got));
      const std::string reply = late + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
      late = request.starts_with("GET /short ") ? "and this is too much" : "";
      if (::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

TEST(Crawl, WhatFollowsAnAnswerOfAWrongLengthDoesNotFail) {
  ServerOfShortLengths server;
  CrawlRules rules = test_rules();
  rules.robots = false;
  rules.pace.connections = 1;
  const auto results = crawl_list(
      {server.address() + "/short", server.address() + "/a", server.address() + "/b"}, rules);
  for (const CrawlResult& result : results) {
    EXPECT_EQ(result.failure, "") << result.detail;
    EXPECT_EQ(result.body, "good");
    EXPECT_EQ(result.attempts, 1);
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST(Crawl, ObeysRobots) {
  HttpServer server([](const ServerRequest& request) {
    return ServerReply{.body =
                           request.target == "/robots.txt" ? "User-agent: *\nDisallow: /a\n" : "x"};
  });
  const auto results = crawl_list({server.address() + "/a/1", server.address() + "/b"});
  EXPECT_EQ(results[0].failure, "forbidden by robots.txt");
  EXPECT_EQ(results[0].attempts, 0);
  EXPECT_EQ(results[1].body, "x");
  EXPECT_EQ(server.requests().size(), 2U);
  CrawlRules rules = test_rules();
  rules.robots = false;
  EXPECT_EQ(crawl_one(server.address() + "/a/1", rules).body, "x");
}

TEST(Crawl, LeavesAHostAloneWhoseRobotsCannotBeHad) {
  HttpServer server([](const ServerRequest&) { return ServerReply{.status = 500}; });
  const auto results = crawl_list({server.address() + "/a", server.address() + "/b"});
  EXPECT_THAT(results, Each(Field(&CrawlResult::failure, "robots.txt cannot be had")));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Crawl, LeavesWhatOptsOut) {
  HttpServer server(without_robots([](const ServerRequest& request) {
    const bool is_ours = request.target == "/a";
    return ServerReply{.headers = {{"X-Robots-Tag", is_ours ? "noai" : "otherbot: noai"}},
                       .body = "x"};
  }));
  const auto results = crawl_list({server.address() + "/a", server.address() + "/b"});
  EXPECT_EQ(results[0].failure, "opted out (X-Robots-Tag)");
  EXPECT_THAT(results[0].body, IsEmpty());
  EXPECT_EQ(results[1].body, "x");
}

TEST(Crawl, FollowsRedirectsButNotInCircles) {
  HttpServer server(without_robots([](const ServerRequest& request) {
    if (request.target == "/end") return ServerReply{.body = "x"};
    const std::map<std::string, std::string> to = {
        {"/a", "/b"}, {"/b", "end"}, {"/circle", "/circle"}, {"/file", "file:///etc/passwd"}};
    return ServerReply{.status = 302, .headers = {{"Location", to.at(request.target)}}};
  }));
  const std::string address = server.address();
  const auto results = crawl_list({address + "/a", address + "/circle", address + "/file"});
  EXPECT_EQ(results[0].body, "x");
  EXPECT_EQ(results[1].failure, "too many redirects");
  EXPECT_THAT(results[2].failure, StartsWith("redirects to no web address"));
  EXPECT_EQ(server.requests().size(), 1 + 3 + 6 + 1U);
}

TEST(Crawl, ConnectsToPublicAddressesAlone) {
  HttpServer server([](const ServerRequest&) { return ServerReply{.body = "x"}; });
  CrawlRules rules = test_rules();
  rules.private_addresses = false;
  const auto results = crawl_list({server.address(), server.address("localhost"),
                                   "http://2130706433:" + std::to_string(server.port()),
                                   "http://[::1]/", "http://169.254.169.254/latest/meta-data"},
                                  rules);
  EXPECT_THAT(results, Each(Field(&CrawlResult::failure, "private address")));
  rules.robots = false;
  EXPECT_EQ(crawl_one(server.address(), rules).failure, "private address");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(Crawl, EndsWhatIsTooLargeCutOrTooSlow) {
  HttpServer server(without_robots([](const ServerRequest& request) {
    ServerReply reply{.body = std::string(50'000, 'x')};
    if (request.target == "/large") reply.body.resize(200'000, 'x');
    if (request.target == "/endless") {
      reply.body.resize(200'000, 'x');
      reply.says_length = false;
    }
    if (request.target == "/cut") reply.cut_after = 10'000;
    if (request.target == "/lies") reply.claimed_length = 60'000;
    if (request.target == "/drips") {
      reply.body.resize(99'000'000, 'x');
      reply.trickles = true;
    }
    return reply;
  }));
  const std::string address = server.address();
  CrawlRules rules = test_rules();
  rules.timeout_seconds = 1;
  const auto results = crawl_list({address + "/large", address + "/endless", address + "/cut",
                                   address + "/lies", address + "/good"},
                                  rules);
  EXPECT_EQ(results[0].failure, "too large");
  EXPECT_EQ(results[1].failure, "too large");
  EXPECT_EQ(results[2].failure, "connection cut");
  EXPECT_EQ(results[3].failure, "connection cut");
  EXPECT_EQ(results[4].body.size(), 50'000U);
  rules.max_bytes = 1'000'000'000;
  EXPECT_EQ(crawl_one(address + "/drips", rules).failure, "timed out");
}

TEST(Crawl, TriesAgainWhatMayPassAndWaitsAsAsked) {
  std::atomic<int> asked = 0;
  HttpServer server(without_robots([&](const ServerRequest&) {
    return asked++ == 0 ? ServerReply{.status = 429, .headers = {{"Retry-After", "2"}}}
                        : ServerReply{.body = "x"};
  }));
  CrawlRules rules = test_rules();
  rules.retries = 1;
  const auto start = web::Clock::now();
  const CrawlResult result = crawl_one(server.address() + "/a", rules);
  EXPECT_EQ(result.body, "x");
  EXPECT_EQ(result.attempts, 2);
  EXPECT_GE(web::Clock::now() - start, std::chrono::seconds(2));
}

TEST(Crawl, GivesUpOnWhoAsksForTooLongAWait) {
  HttpServer server(without_robots([](const ServerRequest&) {
    return ServerReply{.status = 503, .headers = {{"Retry-After", "100000"}}};
  }));
  CrawlRules rules = test_rules();
  rules.retries = 3;
  rules.longest_wait_seconds = 1;
  const CrawlResult result = crawl_one(server.address() + "/a", rules);
  EXPECT_EQ(result.failure, "HTTP 503");
  EXPECT_EQ(result.attempts, 1);
}

TEST(Crawl, KnowsFewOfAMillionUrlsOfOneHost) {
  HttpServer server(
      [](const ServerRequest&) { return ServerReply{.body = "User-agent: *\nDisallow: /"}; });
  constexpr std::size_t kUrls = 1'000'000;
  CrawlRules rules = test_rules();
  rules.waiting = 1000;
  std::size_t given = 0;
  std::size_t taken = 0;
  std::size_t most = 0;
  crawl(rules, {.next =
                    [&](CrawlRequest& request) {
                      if (given == kUrls) return CrawlNext::end;
                      request = {.id = given, .url = server.address() + "/picture"};
                      ++given;
                      most = std::max(most, given - taken);
                      return CrawlNext::url;
                    },
                .take = [&](CrawlResult&&) { ++taken; }});
  EXPECT_EQ(taken, kUrls);
  EXPECT_LE(most, rules.waiting);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Crawl, NeverAsksMoreOfAHostThanItMay) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  HttpServer server(without_robots([&](const ServerRequest&) {
    most = std::max<int>(most, ++running);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --running;
    return ServerReply{.body = "x"};
  }));
  CrawlRules rules = test_rules();
  rules.pace.connections = 3;
  crawl_list(std::vector<std::string>(60, server.address() + "/a"), rules);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2);
}

TEST(Crawl, EndsWhatTheFeedThrows) {
  const CrawlFeed feed = {.next = [](CrawlRequest&) -> CrawlNext { throw std::string("enough"); },
                          .take = [](CrawlResult&&) {}};
  EXPECT_THROW(crawl(test_rules(), feed), std::string);
}

TEST(Crawl, SaysWhatIsNoWebAddress) {
  const auto results = crawl_list({"", "ftp://a/b", "file:///etc/passwd", "javascript:1"});
  EXPECT_THAT(results, Each(AllOf(Field(&CrawlResult::failure, "no web address"),
                                  Field(&CrawlResult::attempts, 0))));
}

}  // namespace
}  // namespace diptych::fetch
