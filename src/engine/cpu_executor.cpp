#include "engine/cpu_executor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "network/captions.h"

namespace diptych::engine {
namespace {

void copy_rows(const Tensor& from, std::span<float> to) {
  const auto width = static_cast<std::size_t>(from.width());
  for (int i = 0; i < from.rows(); ++i)
    std::copy_n(from.row(i), width, to.data() + static_cast<std::size_t>(i) * width);
}

/// Of weights that nobody has looked at before the first that come out.
void check_finite(const Weights& weights, std::span<const float> numbers) {
  if (!weights.has_unseen()) return;
  if (std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); })) return;
  fail(ErrorCode::corrupt_data,
       "features: got NaN or infinity, expected finite numbers: a weight, or an input, is damaged");
}

/// Has memory of its own: other batches may be computed between its steps.
class CpuCaptionSteps : public CaptionSteps {
 public:
  CpuCaptionSteps(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool,
                  const network::Pixels& pixels, int each)
      : weights_(std::move(weights)),
        pool_(std::move(pool)),
        operations_(*weights_, *pool_),
        captions_(network::begin_captions(operations_, weights_->model(), pixels, each)) {}

  void append(std::span<const std::int32_t> tokens, std::span<float> logits) override {
    copy_rows(network::append_tokens(operations_, weights_->model(), captions_, tokens), logits);
    check_finite(*weights_, logits);
  }
  void choose(std::span<const std::int32_t> chosen,
              std::span<const std::int32_t> pictures) override {
    network::choose_captions(captions_, chosen, pictures);
  }

 private:
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<ThreadPool> pool_;
  Operations operations_;
  network::Captions<Tensor> captions_;
};

}  // namespace

/// Large enough for full speed, small enough to stay near the caches.
std::int64_t CpuExecutor::batch_floats() const {
  return std::int64_t{1} << 22;
}

std::unique_ptr<Executor> CpuExecutor::beside() const {
  if (observers_.any()) return nullptr;
  return std::make_unique<CpuExecutor>(weights_, std::make_shared<ThreadPool>(1), Observers{},
                                       merged_rows_);
}

void CpuExecutor::image_features(const network::Pixels& pixels, std::span<float> features) {
  copy_rows(network::image_features(operations_, model(), pixels, merged_rows_), features);
  check_finite(*weights_, features);
}

void CpuExecutor::text_features(const network::Tokens& tokens, std::span<float> features) {
  copy_rows(shares_prefixes()
                ? network::text_features(operations_, model(), network::token_tree(tokens))
                : network::text_features(operations_, model(), tokens),
            features);
  check_finite(*weights_, features);
}

std::unique_ptr<CaptionSteps> CpuExecutor::begin_captions(const network::Pixels& pixels, int each) {
  return std::make_unique<CpuCaptionSteps>(weights_, pool_, pixels, each);
}

std::shared_ptr<PackedModel> on_cpu(std::shared_ptr<const Weights> weights,
                                    std::shared_ptr<ThreadPool> pool, Observers observers,
                                    int merged_rows) {
  auto executor = std::make_unique<CpuExecutor>(std::move(weights), pool, observers, merged_rows);
  return std::make_shared<PackedModel>(std::move(executor), std::move(pool));
}

}  // namespace diptych::engine
