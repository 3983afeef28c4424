#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace diptych::test {

struct ServerRequest {
  std::string target;                          ///< "/file", or a whole URL at a proxy
  std::map<std::string, std::string> headers;  ///< names in lower case
  /// A header's value; empty when it is absent.
  std::string header(const std::string& name) const;
};

/// What a server sends. The defaults make a well-behaved one.
struct ServerReply {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  bool says_length = true;                      ///< Content-Length: the body's
  std::optional<std::uint64_t> claimed_length;  ///< another one instead
  std::optional<std::size_t> cut_after;         ///< bytes of the body, then the connection ends
  bool trickles = false;                        ///< a little body at a time, with pauses
};

/// An HTTP server on 127.0.0.1 in threads of its own, that answers as badly as a test wants. One
/// request a connection.
class HttpServer {
 public:
  using Handler = std::function<ServerReply(const ServerRequest&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  /// "http://127.0.0.1:port", or with another name of this machine.
  std::string address(const std::string& host = "127.0.0.1") const;
  /// The requests so far, in their order.
  std::vector<ServerRequest> requests() const;
  /// Bytes of bodies sent so far.
  std::uint64_t sent() const { return sent_; }

 private:
  void accept_all();
  void serve(int connection);
  void send_reply(int connection, const ServerReply& reply);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> sent_ = 0;
  mutable std::mutex mutex_;
  std::vector<ServerRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// Answers as a good server of one file: with ETag, Range and If-Range.
ServerReply serve_file(const ServerRequest& request, const std::string& content,
                       const std::string& etag = "\"v1\"");

/// Reproducible bytes that repeat nowhere soon.
std::string pseudo_file(std::size_t size, std::uint64_t seed = 1);

}  // namespace diptych::test
