#include "curate/url_filter.h"

#include <cmath>

#include "base/ascii.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "curate/line_blocks.h"
#include "curate/stable_hash.h"

namespace diptych::curate {

BlockedDomains::BlockedDomains(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  Lines lines({text, 0});
  std::string_view line;
  while (lines.next(line)) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('.') || line.find_first_of("/:*@ \t") != std::string_view::npos) {
      fail(ErrorCode::invalid_argument,
           "blocked domains: got '{}', expected a domain such as example.org ({})", line,
           file.string());
    }
    domains_.insert(ascii_lower(line));
  }
  if (domains_.empty()) {
    fail(ErrorCode::invalid_argument, "blocked domains: got none, expected one a line ({})",
         file.string());
  }
}

bool BlockedDomains::contains(std::string_view host) const {
  if (domains_.empty()) return false;
  while (true) {
    if (domains_.contains(std::string(host))) return true;
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
}

bool SeenFilter::insert(std::string_view key) {
  const std::uint64_t bits = words_.size() * 64;
  const std::uint64_t first = stable_hash(key, 1);
  const std::uint64_t step = stable_hash(key, 2) | 1U;
  bool was_there = true;
  for (std::uint64_t i = 0; i < kHashes; ++i) {
    const std::uint64_t bit = (first + i * step) % bits;
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    std::uint64_t& word = words_[bit / 64];
    if ((word & mask) != 0) continue;
    word |= mask;
    ++set_bits_;
    was_there = false;
  }
  return was_there;
}

double SeenFilter::false_positives() const {
  const double filled =
      static_cast<double>(set_bits_) / (64.0 * static_cast<double>(words_.size()));
  return std::pow(filled, kHashes);
}

}  // namespace diptych::curate
