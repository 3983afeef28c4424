#pragma once

#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace diptych::checkpoint {

/// Returns whether a checkpoint's pickle may name it: what rebuilds tensors, plain data, the module
/// classes of TorchScript and the classes of whoever wrote the file. All of it is only ever data to
/// us, as nothing is called; functions that Python would call, and classes whose purpose is to run
/// something, are refused all the same, so that nobody passes such a file on as harmless.
bool is_torch_global(std::string_view module, std::string_view name);

/// Returns the dtype of "torch FloatStorage", "torch.cuda HalfStorage", ...; none for others.
std::optional<DType> storage_dtype(std::string_view global);

/// Returns the dtype that "torch float32", ... names; none for others.
std::optional<DType> torch_dtype(std::string_view global);

/// Where the names of TorchScript's module classes begin.
inline constexpr std::string_view kScriptModule = "__torch__.";

}  // namespace diptych::checkpoint
