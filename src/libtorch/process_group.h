#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace diptych::libtorch {

/// Which of the processes that train together this one is, and where they meet.
struct Membership {
  int rank = 0;
  int world = 1;
  /// "tcp://HOST:PORT", where rank 0 listens, or "file:///PATH" of a new file that all of them see.
  std::string meeting_point;
};

/// Processes that train together. All of them call the same functions in the same order, each of
/// which waits for the others. What is added up has the same bits everywhere, and again with the
/// same number of processes. Computed on the host with Gloo, wherever the tensors lie. Every
/// function throws Error(cancelled) when another process has ended or has not answered for ten
/// minutes. Not thread-safe.
class ProcessGroup {
 public:
  /// Waits until all processes are there. Throws Error: invalid_argument for a rank or a meeting
  /// point that is none; io when they do not meet.
  explicit ProcessGroup(const Membership& membership);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return rank_; }
  int world() const { return world_; }
  /// Returns this process's number among those of its machine, and how many these are.
  int rank_on_machine() const { return rank_on_machine_; }
  int processes_on_machine() const { return processes_on_machine_; }

  /// Returns the rows of all processes, by rank. They differ in their number alone, which
  /// `counts` gives for each process.
  torch::Tensor gathered(const torch::Tensor& rows, std::span<const std::int64_t> counts) const;
  /// Returns the numbers of all processes, by rank; every process gives equally many.
  std::vector<std::vector<std::int64_t>> gathered_numbers(
      const std::vector<std::int64_t>& numbers) const;
  /// Returns the texts of all processes, by rank.
  std::vector<std::string> gathered_texts(const std::string& text) const;

  /// Returns the vectors of all processes, which are equally long, one after the other.
  torch::Tensor joined(const torch::Tensor& vector) const;
  /// Returns this process's part of the sum of all processes' vectors, which `world` divides.
  torch::Tensor part_of_sum(const torch::Tensor& vector) const;

  /// Replaces a contiguous tensor by the sum of all processes' tensors of this shape.
  void sum(const torch::Tensor& tensor) const;
  double sum(double number) const;
  /// Begins the same sum and returns what waits for it, which must be called before this ends.
  /// Until then the tensor is left alone; other functions may be called. Such sums are begun in the
  /// same order in all processes, and need no order with the other functions.
  std::function<void()> begin_sum(const torch::Tensor& tensor) const;

 private:
  struct Backend;

  int rank_;
  int world_;
  int rank_on_machine_ = 0;
  int processes_on_machine_ = 1;
  std::unique_ptr<Backend> backend_;
};

}  // namespace diptych::libtorch
