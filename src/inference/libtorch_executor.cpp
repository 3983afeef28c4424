#include "inference/libtorch_executor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "libtorch/device.h"
#include "libtorch/towers.h"
#include "network/captions.h"

namespace diptych::inference {
namespace {

/// Computes without gradients, and throws what libtorch throws as an Error.
template <typename Compute>
auto guarded(const Compute& compute) {
  const c10::InferenceMode without_gradients;
  try {
    return compute();
  } catch (const c10::OutOfMemoryError&) {
    fail(ErrorCode::out_of_memory,
         "device: its memory is too small for a batch, expected a smaller one");
  } catch (const c10::Error& error) {
    const std::string why = error.what_without_backtrace();
    fail(ErrorCode::internal, "libtorch: {}", why.substr(0, why.find('\n')));
  }
}

void copy_to_host(const torch::Tensor& tensor, std::span<float> values) {
  const torch::Tensor host = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
  std::copy_n(host.const_data_ptr<float>(), values.size(), values.data());
}

/// Shared kernels would round float32 to TF32's ten bits.
void compute_in_full_precision() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
}

class LibtorchCaptionSteps : public engine::CaptionSteps {
 public:
  LibtorchCaptionSteps(libtorch::Operations& operations, const network::Model& model,
                       const network::Pixels& pixels, int each)
      : operations_(operations),
        model_(model),
        captions_(network::begin_captions(operations, model, pixels, each)) {}

  void append(std::span<const std::int32_t> tokens, std::span<float> logits) override {
    guarded([&] {
      copy_to_host(network::append_tokens(operations_, model_, captions_, tokens), logits);
    });
  }
  void choose(std::span<const std::int32_t> chosen,
              std::span<const std::int32_t> pictures) override {
    network::choose_captions(captions_, chosen, pictures);
  }

 private:
  libtorch::Operations& operations_;
  const network::Model& model_;
  network::Captions<torch::Tensor> captions_;
};

}  // namespace

LibtorchExecutor::LibtorchExecutor(network::Model model, const TensorMap& checkpoint,
                                   const std::string& device, Precision precision, int merged_rows)
    : model_(std::move(model)),
      merged_rows_(merged_rows),
      device_(libtorch::device_of(device)),
      parameters_(guarded([&] { return device_weights(model_, checkpoint, device_, precision); })),
      operations_(model_.parameters, parameters_, {}) {
  compute_in_full_precision();
}

/// A GPU is busy from about ten thousand rows on.
std::int64_t LibtorchExecutor::batch_floats() const {
  return std::int64_t{1} << (device_.is_cpu() ? 24 : 26);
}

void LibtorchExecutor::image_features(const network::Pixels& pixels, std::span<float> features) {
  guarded([&] {
    copy_to_host(network::image_features(operations_, model_, pixels, merged_rows_), features);
  });
}

void LibtorchExecutor::text_features(const network::Tokens& tokens, std::span<float> features) {
  guarded([&] { copy_to_host(network::text_features(operations_, model_, tokens), features); });
}

std::unique_ptr<engine::CaptionSteps> LibtorchExecutor::begin_captions(
    const network::Pixels& pixels, int each) {
  return guarded([&]() -> std::unique_ptr<engine::CaptionSteps> {
    return std::make_unique<LibtorchCaptionSteps>(operations_, model_, pixels, each);
  });
}

}  // namespace diptych::inference
