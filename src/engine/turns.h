#pragma once

#include <deque>
#include <mutex>
#include <vector>

namespace diptych::engine {

/// Gives out turns at something that many threads share, in the order in which they ask. A turn has
/// the whole of it, or, when several small ones want it at once, one of its lanes, which are used
/// side by side. Thread-safe.
class Turns {
 public:
  enum class Size {
    small,  ///< takes a lane when another small turn is under way or waits; otherwise the whole
    large,  ///< takes the whole
  };

  /// One turn; it ends with this object.
  class Turn {
   public:
    ~Turn() { turns_.give_back(*this); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    bool has_whole() const { return lane_ == kWhole; }
    /// Returns the number of its lane; only where it has not the whole.
    std::size_t lane() const { return lane_; }

   private:
    friend class Turns;
    static constexpr std::size_t kWhole = static_cast<std::size_t>(-1);
    Turn(Turns& turns, Size size, std::size_t lane) : turns_(turns), size_(size), lane_(lane) {}

    Turns& turns_;
    Size size_;
    std::size_t lane_;
  };

  /// `lanes`: how many there are; zero for what cannot be shared.
  explicit Turns(std::size_t lanes) : lane_is_taken_(lanes) {}

  /// Waits for a turn. A thread must not ask for one while it has another.
  Turn take(Size size);
  /// Returns how many wait.
  std::size_t waiting() const;

 private:
  struct Waiter;
  void give_back(const Turn& turn);
  void serve_waiting();
  bool serve(Waiter& waiter);

  mutable std::mutex mutex_;
  std::deque<Waiter*> queue_;
  std::vector<bool> lane_is_taken_;
  std::size_t lanes_taken_ = 0;
  std::size_t small_turns_ = 0;  ///< that wait or are under way
  bool whole_is_taken_ = false;
};

}  // namespace diptych::engine
