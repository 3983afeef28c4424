#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "base/parallel.h"
#include "diptych/packed_model.h"
#include "engine/layer_list.h"
#include "kernels/packed_linear.h"
#include "network/model.h"
#include "network/operations/weight_findings.h"
#include "network/quantisation.h"
#include "tensor/tensor.h"

namespace diptych::engine {

/// A model with its numbers, in the form the kernels read: packed once, then immutable, so any
/// number of threads may share it.
class Weights {
 public:
  /// Packs a checkpoint in canonical names, of any floating-point dtype; `pool` shares the work.
  /// Throws Error naming a parameter: invalid_argument for one that is missing or has the wrong
  /// shape, corrupt_data for one that is not finite. Keeps the storage of `checkpoint`: embedding
  /// tables are read where they are. Tensors of a mapped file take memory only while they are
  /// packed.
  /// Throws also Error(unsupported) for a precision that the CPU does not compute. Memory is that
  /// of the precision's format; convolutions of single channels and tables stay as they are.
  /// `quantisation` counts for int8 and int8w: where it names weights, all others become bf16.
  /// Matrices that `panels` has in fp32's order are computed from where they lie, and not looked at
  /// before: whether they are finite shows in what comes out.
  Weights(network::Model model, const TensorMap& checkpoint, ThreadPool& pool,
          Precision precision = Precision::fp32, network::Quantisation quantisation = {},
          const TensorMap& panels = {});

  const network::Model& model() const { return model_; }
  /// Returns what the numbers give away, one sentence each, usually none; nothing of matrices that
  /// were not looked at.
  std::vector<std::string> notes() const { return findings_.notes(); }
  /// Returns whether some are computed from where they were stored.
  bool has_unseen() const { return has_unseen_; }

  /// Returns a packed layer; the layers must be the model's.
  const kernels::PackedLinear& linear(const network::Linear& layer) const;
  /// Returns what the layer's inputs are multiplied by before the product, [inputs]; null for
  /// nothing.
  const float* input_factors(const network::Linear& layer) const;
  /// Returns it as a linear layer over a neighbourhood (ky, kx, channel), batch normalisation
  /// folded in.
  const kernels::PackedLinear& convolution(const network::Convolution& layer) const;
  /// Returns the weights of all channels place by place: [kernel * kernel, channels].
  const float* windows(const network::DepthwiseConvolution& layer) const {
    return vector(layer.weight);
  }
  /// Returns a vector such as a norm's weight.
  const float* vector(network::ParameterId parameter) const;
  /// Reads row `index` of a matrix, or a vector as row 0, as float32. Throws
  /// Error(invalid_argument) when there is no such row.
  void read_row(network::ParameterId parameter, std::int32_t index, std::span<float> out) const;

 private:
  /// What follows a convolution as y * scale + shift.
  struct FoldedNorm {
    std::vector<float> scale;
    std::vector<float> shift;
  };
  FoldedNorm folded_norm(const network::Convolution& layer) const;

  /// Parameter, first output, outputs.
  using LinearKey = std::tuple<network::ParameterId, int, int>;
  static LinearKey key(const network::Linear& layer) {
    return {layer.weight, layer.first_output, layer.outputs};
  }

  void check(const TensorMap& checkpoint);
  kernels::Format format_of(network::ParameterId weight) const;
  /// Throws Error(corrupt_data) unless the numbers are finite, and notes what else they give away.
  void look(network::ParameterId parameter, const TensorView& dense, double largest);
  void look_at_unpacked(const LayerList& layers, ThreadPool& pool);
  const std::string& name(network::ParameterId parameter) const {
    return model_.parameters.specs()[static_cast<std::size_t>(parameter)].name;
  }
  void pack_linears(const std::vector<network::Linear>& layers, const TensorMap& panels,
                    ThreadPool& pool);
  void pack_linear(const network::Linear& layer, kernels::PackedLinear& packed, ThreadPool& pool);
  void pack_convolutions(const std::vector<network::Convolution>& layers, ThreadPool& pool);
  void arrange_windows(const std::vector<network::DepthwiseConvolution>& layers);
  void keep_tables(const std::vector<network::ParameterId>& tables);
  const TensorView& view(network::ParameterId parameter) const {
    return views_[static_cast<std::size_t>(parameter)];
  }

  network::Model model_;
  kernels::Format format_;
  network::Quantisation quantisation_;  ///< none for precisions without eight bits
  bool has_unseen_ = false;
  network::WeightFindings findings_;
  std::vector<TensorView> views_;  ///< in the order of the model's ParameterTable
  std::vector<std::shared_ptr<const void>> storage_;
  std::map<LinearKey, kernels::PackedLinear> linears_;
  std::map<network::ParameterId, kernels::PackedLinear> convolutions_;
  std::map<network::ParameterId, std::vector<float>> vectors_;
};

}  // namespace diptych::engine
