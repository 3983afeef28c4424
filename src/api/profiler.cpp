#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "api/picture_batch.h"
#include "base/error.h"
#include "diptych/profile.h"
#include "engine/encoder.h"
#include "engine/machine_peaks.h"
#include "engine/precision.h"
#include "network/model.h"

namespace diptych {

class [[gnu::visibility("hidden")]] Profiler::Implementation {
 public:
  Implementation(const Model& model, const ComputeOptions& options)
      : model_(model),
        options_(api::checked(model, options)),
        encoder_(api::pack_on_cpu(model_, options_, {.profile = &profile_}), options_.batch) {}

  MachinePeaks measure_peaks() const {
    ThreadPool pool(options_.threads);
    return engine::measure_peaks(engine::format_of(options_.precision), pool);
  }

  TowerProfile profile_pixels(std::span<const float> pixels, std::size_t count, int rounds) {
    const int size = model_.info().image_size;
    api::check_pixels(pixels, count, size);
    return measure(rounds, [&] {
      encoder_.encode_images({pixels.data(), static_cast<int>(count), size, size});
    });
  }

  TowerProfile profile_texts(std::span<const std::string> texts, int rounds) {
    const Tokenizer& tokenizer = model_.tokenizer();
    network::Tokens tokens;
    for (const std::string& text : texts) {
      network::append_text(encoder_.model(), tokenizer.encode(text, model_.info().context_length),
                           tokenizer.pad_id(), tokens);
    }
    return measure(rounds, [&] { encoder_.encode_texts(tokens); });
  }

 private:
  TowerProfile measure(int rounds, const std::function<void()>& encode) {
    if (rounds < 1)
      fail(ErrorCode::invalid_argument, "rounds: got {}, expected at least 1", rounds);
    encode();
    profile_ = {};
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    for (int round = 0; round < rounds; ++round) encode();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return {.seconds = seconds / rounds, .operations = operations_of_a_round(rounds)};
  }

  std::vector<OperationTime> operations_of_a_round(int rounds) const {
    std::vector<OperationTime> operations;
    for (auto [name, operation] : profile_.operations()) {
      operation.calls /= rounds;
      operation.seconds /= rounds;
      operation.flops /= rounds;
      operation.bytes /= rounds;
      operations.push_back(std::move(operation));
    }
    std::ranges::sort(operations, std::ranges::greater(), &OperationTime::seconds);
    return operations;
  }

  Model model_;
  ComputeOptions options_;
  engine::Profile profile_;
  engine::Encoder encoder_;
};

double MachinePeaks::share_of(const OperationTime& operation) const {
  const double least =
      std::max(operation.flops / flops_per_second, operation.bytes / bytes_per_second);
  return operation.seconds > 0.0 ? least / operation.seconds : 0.0;
}

Profiler::Profiler(const Model& model, const ComputeOptions& options) {
  if (options.device != "cpu") {
    fail(ErrorCode::unsupported,
         "device: got '{}', expected cpu: operations are timed by our own kernels only",
         options.device);
  }
  implementation_ = std::make_unique<Implementation>(model, options);
}

Profiler::~Profiler() = default;

MachinePeaks Profiler::measure_peaks() const {
  return implementation_->measure_peaks();
}

TowerProfile Profiler::profile_pixels(std::span<const float> pixels, std::size_t count,
                                      int rounds) {
  return implementation_->profile_pixels(pixels, count, rounds);
}

TowerProfile Profiler::profile_texts(std::span<const std::string> texts, int rounds) {
  return implementation_->profile_texts(texts, rounds);
}

}  // namespace diptych
