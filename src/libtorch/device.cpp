#include "libtorch/device.h"

#include <dlfcn.h>

#include "base/error.h"
#include "libtorch/first_sentence.h"

namespace diptych::libtorch {
namespace {

constexpr std::size_t kLongestReason = 200;

/// libtorch's CUDA half is a library of its own, which makes itself known when it is loaded. Only
/// who computes on a GPU loads it. Where there is none, is_available() goes on saying so.
void load_cuda() {
  static void* const loaded = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  static_cast<void>(loaded);
}

}  // namespace

torch::Device device_of(const std::string& name) {
  try {
    const torch::Device device(name);
    if (device.is_cuda()) load_cuda();
    if (device.is_cuda() && !torch::cuda::is_available()) {
      fail(ErrorCode::invalid_argument,
           "device: got '{}', expected cpu: this libtorch is built without CUDA, or finds no "
           "GPU (docs/training.md)",
           name);
    }
    torch::zeros({1}, device);
    return device;
  } catch (const c10::Error& error) {
    // libtorch lists all devices that it has a name for.
    const std::string why = first_sentence(error.what_without_backtrace(), kLongestReason);
    if (why.starts_with("Expected one of") || why.starts_with("Invalid device string"))
      fail(ErrorCode::invalid_argument,
           "device: got '{}', expected cpu, cuda, cuda:N or libtorch:cpu", name);
    fail(ErrorCode::invalid_argument, "device: cannot use '{}': {}", name, why);
  }
}

void take_device(const std::string& name, int process) {
  const torch::Device device = device_of(name);
  if (device.is_cpu() || device.has_index()) return;
  const c10::impl::VirtualGuardImpl devices(device.type());
  const auto index = static_cast<c10::DeviceIndex>(process % devices.deviceCount());
  devices.setDevice(torch::Device(device.type(), index));
}

}  // namespace diptych::libtorch
