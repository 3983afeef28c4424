#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "checkpoint/containers/pickle_writer.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// The nested modules of a TorchScript archive: what its code says of their classes, and the pickle
/// of the outermost one. The format: PyTorch's torch/csrc/jit/serialization, and any archive.
class ScriptModules {
 public:
  struct Tensor {
    DType dtype;
    Shape shape;
    std::string key;  ///< of its storage
  };

  /// Throws Error(invalid_argument) as write_torch_script does.
  void add(const std::string& name, Tensor tensor);

  std::string code() const;
  std::string pickle() const;

 private:
  struct Module {
    int number = 0;  ///< of its class
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::unique_ptr<Module>> modules;
  };

  Module& inner(Module& module, const std::string& name);
  static void write_class(std::string& code, const Module& module);
  static void write_object(PickleWriter& pickle, const Module& module);

  Module root_;
  int classes_ = 1;
};

}  // namespace diptych::checkpoint
