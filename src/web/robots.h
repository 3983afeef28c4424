#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::web {

/// So much of a robots.txt is read, as RFC 9309 has it at least; the rest does not count.
inline constexpr std::size_t kMaxRobotsBytes = std::size_t{500} << 10;

/// What a robots.txt says to one crawler (RFC 9309). Immutable.
class RobotsRules {
 public:
  /// Without rules: everything may be fetched.
  RobotsRules() = default;

  /// Reads a file from whoever wrote it; what is no rule is passed over. `agents` are the crawler's
  /// product tokens, the most particular first: the groups for the first one that the file names
  /// count, in whatever case, and those for "*" where it names none.
  static RobotsRules parse(std::string_view text, std::span<const std::string> agents);

  /// Returns whether a URL's path with its query may be fetched: the longest rule that fits
  /// decides, and of two equally long ones the one that allows. "/robots.txt" always may.
  bool allows(std::string_view path) const;

  /// Returns the seconds between two requests that the group asks for (Crawl-delay, which is no
  /// part of the RFC); nothing: none.
  std::optional<std::chrono::milliseconds> crawl_delay() const { return crawl_delay_; }

  /// Returns the memory that the rules take, in bytes.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Rule {
    std::string pattern;  ///< normalised: see normalised_path
    bool is_allowed = false;
  };
  void add_line(std::string_view key, std::string_view value);

  std::vector<Rule> rules_;
  std::optional<std::chrono::milliseconds> crawl_delay_;
  std::size_t bytes_ = 0;
};

/// Returns a path or pattern as RFC 9309 compares them: what is not ASCII as %XX, %XX of an
/// unreserved character as that character, other %xx in capitals.
std::string normalised_path(std::string_view path);

}  // namespace diptych::web
