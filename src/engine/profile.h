#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "diptych/profile.h"

namespace diptych::engine {

/// What one call of an operation has to do.
struct OperationWork {
  double flops = 0.0;  ///< zero where memory alone counts
  double bytes = 0.0;  ///< that are read and written at least
  /// Of a layer, which has a row of its own in the profile.
  int inputs = 0;
  int outputs = 0;
};

/// The times of operations by name, added up. For one thread.
class Profile {
 public:
  void add(std::string_view operation, const OperationWork& work, double seconds);

  const std::map<std::string, OperationTime, std::less<>>& operations() const {
    return operations_;
  }

 private:
  std::map<std::string, OperationTime, std::less<>> operations_;
};

/// Adds the time of its scope to a profile; without one it does nothing.
class OperationTimer {
 public:
  OperationTimer(Profile* profile, std::string_view operation, const OperationWork& work)
      : profile_(profile), operation_(operation), work_(work) {
    if (profile_ != nullptr) start_ = Clock::now();
  }
  ~OperationTimer() {
    if (profile_ != nullptr)
      profile_->add(operation_, work_,
                    std::chrono::duration<double>(Clock::now() - start_).count());
  }
  OperationTimer(const OperationTimer&) = delete;
  OperationTimer& operator=(const OperationTimer&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  Profile* profile_;
  std::string_view operation_;
  OperationWork work_;
  Clock::time_point start_;
};

}  // namespace diptych::engine
