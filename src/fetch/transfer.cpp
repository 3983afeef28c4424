#include "fetch/transfer.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "web/public_address.h"
#include "web/robots_tag.h"

namespace diptych::fetch {

namespace {

constexpr long kNameSeconds = 600;
constexpr long kMostRedirectsFollowed = 5;  // as RFC 9309 asks for

struct KnownFault {
  CURLcode code;
  const char* reason;
  bool may_pass;
};

constexpr std::array<KnownFault, 10> kKnownFaults = {
    {{CURLE_COULDNT_RESOLVE_HOST, "host not found", true},
     {CURLE_COULDNT_CONNECT, "cannot connect", true},
     {CURLE_OPERATION_TIMEDOUT, "timed out", true},
     {CURLE_PARTIAL_FILE, "connection cut", true},
     {CURLE_RECV_ERROR, "connection cut", true},
     {CURLE_SEND_ERROR, "connection cut", true},
     {CURLE_GOT_NOTHING, "connection cut", true},
     {CURLE_SSL_CONNECT_ERROR, "no secure connection", false},
     {CURLE_PEER_FAILED_VERIFICATION, "no secure connection", false},
     {CURLE_TOO_MANY_REDIRECTS, "too many redirects", false}}};

std::string_view without_space(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

}  // namespace

Transfer::Transfer(const CrawlRules& rules) : rules_(rules) {
  if (!curl_) fail(ErrorCode::internal, "libcurl: cannot make a transfer");
  set_rules();
}

void Transfer::set_rules() {
  CURL* curl = curl_.get();
  const auto on_header = +[](char* text, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_header({text, size});
  };
  const auto on_body = +[](char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size});
  };
  const auto on_open = +[](void* self, curlsocktype, curl_sockaddr* address) {
    return static_cast<Transfer*>(self)->open(*address);
  };
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, rules_.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirectsFollowed);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_DNS_CACHE_TIMEOUT, kNameSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(rules_.timeout_seconds));
}

void Transfer::prepare(TransferTarget target) {
  target_ = std::move(target);
  outcome_ = {};
  is_refused_ = false;
  is_too_large_ = false;
  error_[0] = '\0';
  curl_easy_setopt(curl_.get(), CURLOPT_URL, target_.url.c_str());
  curl_easy_setopt(curl_.get(), CURLOPT_FOLLOWLOCATION, target_.follow ? 1L : 0L);
  curl_easy_setopt(curl_.get(), CURLOPT_FRESH_CONNECT, target_.alone ? 1L : 0L);
}

// libcurl is C: these throw nothing but bad_alloc, after which no crawl goes on anyway.

std::size_t Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {  // of each response in a chain
    outcome_.opt_out.reset();
    outcome_.body.clear();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  if (ascii_lower(line.substr(0, colon)) == "x-robots-tag" && !outcome_.opt_out) {
    outcome_.opt_out = web::refusing_directive(without_space(line.substr(colon + 1)), rules_.agents,
                                               rules_.disallowed_directives);
  }
  return line.size();
}

std::size_t Transfer::take_body(std::string_view bytes) {
  // Of what is not wanted no more is read: any other number than was given ends the transfer.
  if (outcome_.opt_out && !target_.follow) return 0;
  const std::size_t room = target_.max_bytes - outcome_.body.size();
  is_too_large_ = bytes.size() > room;
  outcome_.body += bytes.substr(0, room);
  return is_too_large_ ? 0 : bytes.size();
}

curl_socket_t Transfer::open(const curl_sockaddr& address) {
  if (!rules_.private_addresses && !web::is_public_address(address.addr)) {
    is_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

std::string Transfer::failure_of(CURLcode code, bool& may_pass) const {
  if (is_too_large_) return "too large";
  if (is_refused_ && code == CURLE_COULDNT_CONNECT) return "private address";
  for (const KnownFault& fault : kKnownFaults) {
    if (fault.code != code) continue;
    may_pass = fault.may_pass;
    return fault.reason;
  }
  return "no HTTP";
}

TransferOutcome Transfer::finish(CURLcode code) {
  CURL* curl = curl_.get();
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  outcome_.status = static_cast<int>(status);
  curl_off_t wait = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
  outcome_.retry_after = std::chrono::seconds(wait);
  char* url = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
  if (url != nullptr) outcome_.redirect = url;
  // An answer other than 200 counts for what it is, however its body ended.
  const bool is_answer =
      status >= 300 || (outcome_.opt_out && status == 200) || (is_too_large_ && target_.cut);
  if (code != CURLE_OK && !is_answer) {
    outcome_.failure = failure_of(code, outcome_.may_pass);
    long connections = 0;
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
    const bool is_no_http = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY;
    outcome_.is_spoilt = is_no_http && connections == 0;
    outcome_.detail = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  }
  return std::move(outcome_);
}

}  // namespace diptych::fetch
