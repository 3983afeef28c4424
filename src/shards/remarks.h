#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::shards {

/// Counts what was read and yet is hardly what was meant, by kind, and keeps the first example of
/// each.
class Remarks {
 public:
  /// Adds `count` things of a kind, which is words before a number: "links that are passed over".
  /// An example may be empty.
  void add(std::string_view kind, std::string example, std::uint64_t count = 1);
  void add(const Remarks& others);

  /// Returns one line a kind, in the order in which they were first added: "kind: 3, the first:
  /// example".
  std::vector<std::string> sentences() const;

 private:
  struct Entry {
    std::string kind;
    std::string example;
    std::uint64_t count = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace diptych::shards
