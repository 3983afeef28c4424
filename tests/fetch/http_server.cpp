#include "fetch/http_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "base/random.h"

namespace diptych::test {
namespace {

constexpr int kPollMilliseconds = 20;
constexpr std::size_t kTrickle = 4096;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

ServerRequest parse_request(const std::string& text) {
  ServerRequest request;
  const std::size_t target = text.find(' ') + 1;
  request.target = text.substr(target, text.find(' ', target) - target);
  for (std::size_t line = text.find("\r\n") + 2; line + 2 < text.size();) {
    const std::size_t end = text.find("\r\n", line);
    const std::size_t colon = text.find(": ", line);
    if (colon < end) {
      request.headers[lower_case(text.substr(line, colon - line))] =
          text.substr(colon + 2, end - colon - 2);
    }
    line = end + 2;
  }
  return request;
}

std::string read_head(int connection) {
  std::string text;
  char byte = 0;
  while (!text.ends_with("\r\n\r\n") && ::recv(connection, &byte, 1, 0) == 1) text += byte;
  return text;
}

}  // namespace

std::string ServerRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string HttpServer::address(const std::string& host) const {
  return fmt::format("http://{}:{}", host, port_);
}

std::vector<ServerRequest> HttpServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void HttpServer::accept_all() {
  while (!stopping_) {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
}

void HttpServer::serve(int connection) {
  const ServerRequest request = parse_request(read_head(connection));
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  send_reply(connection, handler_(request));
  ::shutdown(connection, SHUT_RDWR);
  ::close(connection);
}

void HttpServer::send_reply(int connection, const ServerReply& reply) {
  std::string head = fmt::format("HTTP/1.1 {} Status\r\nConnection: close\r\n", reply.status);
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (reply.says_length) {
    head += fmt::format("Content-Length: {}\r\n", reply.claimed_length.value_or(reply.body.size()));
  }
  head += "\r\n";
  ::send(connection, head.data(), head.size(), MSG_NOSIGNAL);
  const std::size_t size = std::min(reply.cut_after.value_or(reply.body.size()), reply.body.size());
  for (std::size_t done = 0; done < size && !stopping_;) {
    const std::size_t piece = std::min(reply.trickles ? kTrickle : size, size - done);
    const ssize_t sent = ::send(connection, reply.body.data() + done, piece, MSG_NOSIGNAL);
    if (sent <= 0) return;
    done += static_cast<std::size_t>(sent);
    sent_ += static_cast<std::uint64_t>(sent);
    if (reply.trickles) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

ServerReply serve_file(const ServerRequest& request, const std::string& content,
                       const std::string& etag) {
  ServerReply reply{.headers = {{"ETag", etag}, {"Accept-Ranges", "bytes"}}, .body = content};
  const std::string range = request.header("range");
  const std::string condition = request.header("if-range");
  if (range.empty() || (!condition.empty() && condition != etag)) return reply;
  const std::size_t first = std::stoull(range.substr(std::string("bytes=").size()));
  if (first >= content.size()) {
    return {
        .status = 416,
        .headers = {{"ETag", etag}, {"Content-Range", fmt::format("bytes */{}", content.size())}}};
  }
  reply.status = 206;
  reply.headers["Content-Range"] =
      fmt::format("bytes {}-{}/{}", first, content.size() - 1, content.size());
  reply.body = content.substr(first);
  return reply;
}

std::string pseudo_file(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::string content(size, '\0');
  for (char& byte : content) byte = static_cast<char>(random.below(256));
  return content;
}

}  // namespace diptych::test
