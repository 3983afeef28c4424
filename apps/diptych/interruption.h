#pragma once

/// Lets long work end early with what it has: while one lives, the first SIGINT (Ctrl-C) or SIGTERM
/// only makes `requested` true, and a second one ends the program at once. One at a time.
class Interruption {
 public:
  Interruption();
  /// Gives the signals back.
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool requested() const;
};
