#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/operations/parameters.h"
#include "tensor/tensor.h"

namespace diptych::network {

/// What the numbers of a model's weights give away: matrices that are zero, and numbers far beyond
/// all others of their tensor, as a flipped bit leaves them where no checksum finds it. No training
/// ends so, but nothing proves that one has not.
class WeightFindings {
 public:
  /// Looks at a parameter, whose largest magnitude is `largest` (tensor/finite.h). The numbers are
  /// gone over once more only where that is large. Looking again changes nothing. Throws
  /// Error(out_of_memory).
  void look(const ParameterSpec& spec, const TensorView& stored, double largest);

  /// Returns what was found, one sentence each; usually none.
  std::vector<std::string> notes() const;

 private:
  std::vector<std::string> zero_;           ///< names of matrices
  std::map<std::string, std::string> far_;  ///< name, and a sentence on it
};

}  // namespace diptych::network
