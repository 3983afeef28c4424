#pragma once

#include <torch/torch.h>

#include <exception>
#include <functional>
#include <utility>

namespace diptych::libtorch {

/// Thrown out of work that was asked to stop, wherever it was: forward or on the way back.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped as it was asked to"; }
};

/// Lets long work be left half done: whoever does it calls this wherever it can be left.
class StopCheck {
 public:
  StopCheck() = default;
  /// `asked`: returns whether to stop; may be empty. Autograd calls it on the device's own thread
  /// where there is one, while the thread that went backward waits.
  explicit StopCheck(std::function<bool()> asked) : asked_(std::move(asked)) {}

  /// Throws Stopped when the work is to stop.
  void operator()() const {
    if (asked_ && asked_()) throw Stopped();
  }
  /// Has itself called when the gradient of `rows` is there too, before the way back goes on; does
  /// nothing for rows that have none.
  void on_way_back(const torch::Tensor& rows) const {
    if (asked_ && rows.requires_grad())
      rows.register_hook([check = *this](const torch::Tensor& /*gradient*/) { check(); });
  }

 private:
  std::function<bool()> asked_;
};

}  // namespace diptych::libtorch
