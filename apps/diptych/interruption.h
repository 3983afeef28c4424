#pragma once

#include <string_view>

/// Lets long work end early with what it has: while one lives, the first SIGINT (Ctrl-C) or SIGTERM
/// only makes `requested` true, which is said at once on standard error, and a second one ends the
/// program at once. One at a time.
class Interruption {
 public:
  /// `unit`: what the work is done in, and ends after; empty: nothing is said, as another process
  /// does.
  explicit Interruption(std::string_view unit = "batch");
  /// Gives the signals back.
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool requested() const;
};
