#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// The tensors under one name of a checkpoint that is being rebuilt. Each is read once.
class BranchTensors {
 public:
  /// `file` is for messages.
  BranchTensors(TensorMap& tensors, const std::string& file) : tensors_(tensors), file_(file) {}

  bool contains(const std::string& name) const { return tensors_.tensors.contains(name); }
  /// Takes a tensor out. Throws Error(invalid_argument), naming it, when it is missing, has another
  /// shape, or is not of floating-point type.
  std::vector<float> take(const std::string& name, const Shape& shape);
  void put(const std::string& name, const Shape& shape, const std::vector<double>& values);

 private:
  TensorMap& tensors_;
  const std::string& file_;
};

/// Batch normalisation as y * scale + shift.
struct FoldedBatchNorm {
  std::vector<double> scale;
  std::vector<double> shift;
};

/// Takes `name`.weight, .bias, .running_mean and .running_var.
FoldedBatchNorm take_batch_norm(BranchTensors& tensors, const std::string& name, int channels);

/// A convolution with a bias that stands for branches side by side, each with batch normalisation
/// (RepVGG, arXiv 2101.03697; MobileOne, arXiv 2206.04040).
class FusedConvolution {
 public:
  /// Of zeros; `inputs` are those of one group. Memory is taken with the first tensor that fits, or
  /// by add_input.
  FusedConvolution(int outputs, int inputs, int kernel);

  /// Adds a convolution with a window of `kernel`, in the middle of this one's, `name`.conv.weight
  /// and then `name`.bn.
  void add_convolution(BranchTensors& tensors, const std::string& name, int kernel);
  /// Adds the batch normalisation `name` of the input itself.
  void add_identity(BranchTensors& tensors, const std::string& name);
  /// Adds `factor` of the input of the output's own channel.
  void add_input(double factor);
  /// Adds a convolution of the same sizes with a bias, `name`.weight and `name`.bias.
  void add_biased(BranchTensors& tensors, const std::string& name);
  /// Adds another one of the same sizes, times a factor for each output.
  void add(const FusedConvolution& other, const std::vector<double>& factors);

  /// Puts it as `name`.weight and `name`.bias.
  void put(BranchTensors& tensors, const std::string& name) const;

 private:
  void make_room();
  std::size_t middle(int output) const;

  int outputs_;
  int inputs_;
  int kernel_;
  std::vector<double> weight_;
  std::vector<double> bias_;
};

}  // namespace diptych::checkpoint
