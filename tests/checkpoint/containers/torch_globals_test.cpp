#include "checkpoint/containers/torch_globals.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace diptych::checkpoint {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;

TEST(TorchGlobals, TakesWhatOnlyDescribesData) {
  for (const auto& [module, name] : Names{{"torch._utils", "_rebuild_tensor_v2"},
                                          {"torch", "FloatStorage"},
                                          {"torch.cuda", "HalfStorage"},
                                          {"torch", "float16"},
                                          {"collections", "OrderedDict"},
                                          {"collections", "defaultdict"},
                                          {"argparse", "Namespace"},
                                          {"pathlib", "PosixPath"},
                                          {"datetime", "datetime"},
                                          {"builtins", "set"},
                                          {"__builtin__", "set"},
                                          {"__builtin__", "frozenset"},
                                          {"copy_reg", "_reconstructor"},
                                          {"torch", "float8_e4m3fn"},
                                          {"numpy._core.multiarray", "_reconstruct"},
                                          {"numpy", "ndarray"},
                                          {"numpy.random._pickle", "__randomstate_ctor"},
                                          {"__main__", "Mode"},
                                          {"training.config", "Settings.Inner"},
                                          {"__torch__.open_clip", "anything"}}) {
    EXPECT_TRUE(is_torch_global(module, name)) << module << "." << name;
  }
}

TEST(TorchGlobals, RefusesWhatWouldRunCode) {
  for (const auto& [module, name] : Names{{"os", "system"},
                                          {"posix", "system"},
                                          {"builtins", "eval"},
                                          {"builtins", "getattr"},
                                          {"__builtin__", "exec"},
                                          {"subprocess", "Popen"},
                                          {"types", "FunctionType"},
                                          {"types", "CodeType"},
                                          {"ctypes", "CDLL"},
                                          {"functools", "partial"},
                                          {"importlib.machinery", "SourceFileLoader"},
                                          {"multiprocessing.context", "Process"},
                                          {"torch", "load"},
                                          {"torch.hub", "load"},
                                          {"numpy", "load"},
                                          {"__main__", "run"}}) {
    EXPECT_FALSE(is_torch_global(module, name)) << module << "." << name;
  }
}

}  // namespace
}  // namespace diptych::checkpoint
