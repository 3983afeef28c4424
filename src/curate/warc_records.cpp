#include "curate/warc_records.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/trimmed.h"
#include "curate/gzip_members.h"

namespace diptych::curate {

namespace {

constexpr std::string_view kRecordMagic = "WARC/";
constexpr std::size_t kMaxHeader = std::size_t{1} << 16;

/// Where headers end, and where what follows begins.
struct HeaderEnd {
  std::size_t end = std::string_view::npos;
  std::size_t next = std::string_view::npos;
};

HeaderEnd find_header_end(std::string_view text) {
  const std::string_view window = text.substr(0, kMaxHeader);
  const std::size_t crlf = window.find("\r\n\r\n");
  const std::size_t lf = window.substr(0, crlf).find("\n\n");
  if (crlf == std::string_view::npos && lf == std::string_view::npos) return {};
  if (crlf < lf) return {crlf + 2, crlf + 4};
  return {lf + 1, lf + 2};
}

bool unchunk(std::string_view chunked, UnfilledBytes& body) {
  while (true) {
    const std::size_t line = chunked.find('\n');
    std::size_t size = 0;
    const auto [end, error] =
        std::from_chars(chunked.data(), chunked.data() + chunked.size(), size, 16);
    if (line == std::string_view::npos || error != std::errc()) return false;
    if (size == 0) return true;
    chunked.remove_prefix(line + 1);
    if (size > chunked.size() || body.size() + size > kMaxPageBytes) return false;
    body.insert(body.end(), chunked.begin(), chunked.begin() + size);
    chunked.remove_prefix(size);
    chunked.remove_prefix(std::min(chunked.size(), chunked.find('\n') + 1));
  }
}

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return ascii_lower(a) == b; }) != text.end();
}

std::string_view charset_in(std::string_view content_type) {
  constexpr std::string_view kName = "charset=";
  const auto found =
      std::search(content_type.begin(), content_type.end(), kName.begin(), kName.end(),
                  [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  std::string_view rest =
      content_type.substr(static_cast<std::size_t>(found - content_type.begin()));
  if (rest.empty()) return {};
  rest = rest.substr(kName.size());
  if (rest.starts_with('"')) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_of("\"; \t"));
}

}  // namespace

std::string_view header_value(std::string_view headers, std::string_view name) {
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find('\n'), headers.size());
    const std::string_view line = headers.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      return trimmed(line.substr(name.size() + 1));
    }
    headers.remove_prefix(std::min(end + 1, headers.size()));
  }
  return {};
}

std::optional<WarcFault> WarcReader::skip_to_next_record() {
  const std::size_t next = bytes_.find("\nWARC/", at_ + 1);
  at_ = next == std::string_view::npos ? bytes_.size() : next + 1;
  return WarcFault::damaged;
}

std::optional<WarcFault> WarcReader::next(WarcRecord& record) {
  while (at_ < bytes_.size() && (bytes_[at_] == '\r' || bytes_[at_] == '\n')) ++at_;
  if (at_ >= bytes_.size()) return std::nullopt;
  const std::string_view rest = bytes_.substr(at_);
  if (!rest.starts_with(kRecordMagic)) return skip_to_next_record();
  const HeaderEnd header = find_header_end(rest);
  if (header.end == std::string_view::npos) {
    if (rest.size() > kMaxHeader) return skip_to_next_record();
    at_ = bytes_.size();
    return WarcFault::cut;
  }
  const std::string_view headers = rest.substr(0, header.end);
  const std::string_view length = header_value(headers, "Content-Length");
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), size);
  if (error != std::errc() || end != length.data() + length.size()) return skip_to_next_record();
  if (size > rest.size() - header.next) {
    at_ = bytes_.size();
    return WarcFault::cut;
  }
  record = {header_value(headers, "WARC-Type"), header_value(headers, "WARC-Target-URI"),
            header_value(headers, "Content-Type"), rest.substr(header.next, size)};
  if (record.target.starts_with('<') && record.target.ends_with('>')) {
    record.target = record.target.substr(1, record.target.size() - 2);
  }
  at_ += header.next + size;
  return WarcFault::none;
}

void read_http(std::string_view response, HttpBody& http) {
  http = {};
  const HeaderEnd header = find_header_end(response);
  if (!response.starts_with("HTTP/") || header.end == std::string_view::npos) {
    http.fault = "no HTTP response";
    return;
  }
  const std::string_view headers = response.substr(0, header.end);
  http.content_type = header_value(headers, "Content-Type");
  http.charset = charset_in(http.content_type);
  http.body = response.substr(header.next);
  if (contains(header_value(headers, "Transfer-Encoding"), "chunked")) {
    UnfilledBytes body;
    // Archives often keep the header of a body whose chunks they have joined.
    if (unchunk(http.body, body)) {
      http.storage = std::move(body);
      http.body = as_text(http.storage);
    }
  }
  if (http.body.starts_with("\x1F\x8B")) {
    UnfilledBytes unpacked;
    const MemberFault fault = inflate_whole(http.body, kMaxPageBytes, unpacked);
    if (fault != MemberFault::none) {
      http.fault = fault == MemberFault::too_large ? kPageTooLarge : "damaged compression";
      return;
    }
    http.storage = std::move(unpacked);
    http.body = as_text(http.storage);
  }
  const std::string_view encoding = header_value(headers, "Content-Encoding");
  if (contains(encoding, "br") && !contains(http.body.substr(0, 1024), "<")) {
    http.fault = "compression other than gzip";
  }
}

}  // namespace diptych::curate
