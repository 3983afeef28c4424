#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "libtorch/parameters.h"
#include "libtorch/process_group.h"

namespace diptych::train {

/// Makes the gradients of every process's own pairs those of all of them, in every process. On the
/// CPU beside the last way back of a step: whatever of it is final is summed while it goes on. The
/// sums are the same bits as after it, and a parameter without a gradient in any process stays
/// without one.
class GradientSum {
 public:
  /// `parameters`: those that gradients are taken of, whole in every process, of which there is at
  /// most one such object. Both must outlive this.
  GradientSum(const libtorch::ProcessGroup& group, libtorch::Parameters parameters);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  /// Says that the next way back is the last one before `finish`, which begins beside it. A process
  /// that does not go back does not call it. What the last way back does not reach waits for its
  /// end.
  void begin();
  /// Sums what is left, and waits until all gradients are summed. Throws as ProcessGroup.
  void finish();

  /// Returns how many sums were begun since the last `finish`.
  std::size_t begun() const { return next_; }

 private:
  /// Gradients that are summed at once.
  struct Message {
    std::vector<std::size_t> parameters;
    std::size_t pending = 0;     ///< so many of them the last way back has not come to
    torch::Tensor sum = {};      ///< of a copy of them; undefined where they are summed in place
    std::function<void()> wait;  ///< for its sum; empty: not begun
  };

  void divide();
  void watch(std::size_t parameter);
  void set_final(std::size_t parameter);
  void begin_sum(Message& message);
  void end_sum(Message& message);
  void agree();

  const libtorch::ProcessGroup& group_;
  libtorch::Parameters parameters_;
  std::vector<Message> messages_;
  std::vector<std::size_t> message_of_;     ///< of each parameter
  std::vector<std::size_t> order_;          ///< in which all processes begin the messages
  std::size_t next_ = 0;                    ///< in it: what is begun next
  std::vector<std::size_t> final_;          ///< messages, in the order in which they became so here
  std::vector<std::int64_t> has_gradient_;  ///< of each parameter, whether there is one here
  bool goes_back_ = false;
};

}  // namespace diptych::train
