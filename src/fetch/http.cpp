#include "fetch/http.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "diptych/version.h"

namespace diptych::fetch {
namespace {

constexpr int kMostRedirects = 10;
constexpr long kConnectSeconds = 30;
/// Of a body that nobody reads: an error page.
constexpr std::size_t kMostIgnoredBytes = std::size_t{1} << 20;

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// Scheme, host and port: what RFC 6454 calls the origin.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

Origin origin_of(const std::string& address) {
  const CurlUrl url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK) {
    fail(ErrorCode::invalid_argument, "URL: got '{}', expected http://... or https://...", address);
  }
  Origin origin = {part_of(url.get(), CURLUPART_SCHEME), part_of(url.get(), CURLUPART_HOST),
                   part_of(url.get(), CURLUPART_PORT)};
  if (origin.scheme != "http" && origin.scheme != "https") {
    fail(ErrorCode::invalid_argument, "URL: got '{}', expected http://... or https://...", address);
  }
  return origin;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

/// "bytes 100-199/200", "bytes */200"; what is unknown is "*".
void parse_content_range(std::string_view value, HttpResponse& response) {
  constexpr std::string_view kUnit = "bytes ";
  const std::size_t slash = value.find('/');
  if (!value.starts_with(kUnit) || slash == std::string_view::npos) return;
  const std::string_view range = value.substr(kUnit.size(), slash - kUnit.size());
  response.range_first = parse_number(range.substr(0, range.find('-')));
  response.complete_size = parse_number(value.substr(slash + 1));
}

std::string_view without_quotes(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

/// One request and its response, without redirects.
class Exchange {
 public:
  Exchange(const HttpRequest& request, const std::string& url, bool with_token,
           HttpResponse& response, const HttpReceiver& receiver)
      : response_(response), receiver_(receiver) {
    set_address(url, request.stall_seconds);
    set_headers(request, with_token);
    set_callbacks();
  }

  CURLcode run() {
    const CURLcode code = curl_easy_perform(curl_.get());
    if (thrown_) std::rethrow_exception(thrown_);
    return code;
  }

  /// Where a redirect leads to; empty: nowhere.
  std::string redirect() const {
    char* url = nullptr;
    curl_easy_getinfo(curl_.get(), CURLINFO_REDIRECT_URL, &url);
    return url == nullptr ? std::string() : std::string(url);
  }

  std::string message(CURLcode code) const {
    return error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  }

 private:
  void set_address(const std::string& url, int stall_seconds) {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall_seconds));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  }

  void add_header(const std::string& header) {
    headers_.reset(curl_slist_append(headers_.release(), header.c_str()));
  }

  void set_headers(const HttpRequest& request, bool with_token) {
    const std::string agent = fmt::format("diptych/{}", version());
    curl_easy_setopt(curl_.get(), CURLOPT_USERAGENT, agent.c_str());
    if (with_token) add_header("Authorization: Bearer " + request.token);
    if (request.first_byte > 0) {
      add_header(fmt::format("Range: bytes={}-", request.first_byte));
      add_header("If-Range: " + request.validator);
    }
    curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, headers_.get());
  }

  void set_callbacks() {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  }

  // libcurl is C: nothing may be thrown through it. Another number than was given ends the
  // transfer.
  static std::size_t on_header(char* text, std::size_t, std::size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->guarded(size, [&](Exchange& self) {
      self.take_header({text, size});
    });
  }
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->guarded(
        size, [&](Exchange& self) { self.take_body(std::as_bytes(std::span(bytes, size))); });
  }
  template <typename Action>
  std::size_t guarded(std::size_t size, Action&& action) {
    try {
      action(*this);
      return too_much_ignored() ? 0 : size;
    } catch (...) {
      thrown_ = std::current_exception();
      return 0;
    }
  }

  bool wanted() const { return response_.status == 200 || response_.status == 206; }
  bool too_much_ignored() const { return ignored_ > kMostIgnoredBytes; }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) return begin_response();
    if (trimmed(line).empty()) return end_headers();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    take_field(name, trimmed(line.substr(colon + 1)));
  }

  /// What the Hub said stays: it says so only in the first response of a chain.
  void begin_response() {
    response_ = HttpResponse{
        .url = response_.url, .hub_hash = response_.hub_hash, .hub_size = response_.hub_size};
    etag_.clear();
    modified_.clear();
  }

  void take_field(const std::string& name, std::string_view value) {
    if (name == "content-length") response_.length = parse_number(value);
    if (name == "content-range") parse_content_range(value, response_);
    if (name == "etag") etag_ = value;
    if (name == "last-modified") modified_ = value;
    if (name == "x-linked-etag") response_.hub_hash = without_quotes(value);
    if (name == "x-linked-size") response_.hub_size = parse_number(value);
  }

  void end_headers() {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    curl_off_t wait = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &wait);
    response_.retry_after = std::chrono::seconds(wait);
    // Only a strong ETag promises the same bytes.
    response_.validator = etag_.starts_with('"') ? etag_ : modified_;
    if (response_.status == 200) response_.complete_size = response_.length;
    if (wanted()) receiver_.begin(response_);
  }

  void take_body(std::span<const std::byte> bytes) {
    if (wanted()) return receiver_.body(bytes);
    ignored_ += bytes.size();
  }

  HttpResponse& response_;
  const HttpReceiver& receiver_;
  Curl curl_{curl_easy_init(), curl_easy_cleanup};
  CurlList headers_{nullptr, curl_slist_free_all};
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::exception_ptr thrown_;
  std::size_t ignored_ = 0;
  std::string etag_;
  std::string modified_;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Everything but what another try cannot change.
bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return false;
    default:
      return true;
  }
}

void initialise_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (done != CURLE_OK) fail(ErrorCode::internal, "libcurl: cannot be initialised");
}

}  // namespace

void check_redirect(const std::string& from, const std::string& to) {
  if (to.empty()) fail(ErrorCode::io, "{}: redirects, but does not say where to", from);
  if (!to.starts_with("http:") && !to.starts_with("https:")) {
    fail(ErrorCode::io, "{}: redirects to {}, expected http or https", from, to);
  }
  if (origin_of(from).scheme == "https" && origin_of(to).scheme == "http") {
    fail(ErrorCode::io, "{}: redirects from https to http ({})", from, to);
  }
}

HttpResult http_get(const HttpRequest& request, const HttpReceiver& receiver) {
  initialise_curl();
  const Origin trusted = origin_of(request.url);
  HttpResult result;
  std::string url = request.url;
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const bool with_token = !request.token.empty() && origin_of(url) == trusted;
    result.response.url = url;
    result.response.status = 0;
    Exchange exchange(request, url, with_token, result.response, receiver);
    const CURLcode code = exchange.run();
    if (code != CURLE_OK && (result.response.status == 0 || result.response.status < 300)) {
      result.failure = exchange.message(code);
      result.may_pass = may_pass(code);
      return result;
    }
    if (!is_redirect(result.response.status)) return result;
    check_redirect(url, exchange.redirect());
    url = exchange.redirect();
  }
  fail(ErrorCode::io, "{}: more than {} redirects", request.url, kMostRedirects);
}

}  // namespace diptych::fetch
