#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "libtorch/batch_norm.h"
#include "libtorch/recomputed_block.h"
#include "libtorch/sharding.h"
#include "libtorch/stop_check.h"
#include "network/model.h"

namespace diptych::libtorch {

/// How a pass through the towers computes.
struct PassOptions {
  /// Batch normalisation uses the batch's statistics and updates the running ones.
  bool training = false;
  StatisticsShare statistics = {};  ///< of whose rows the batch's statistics are
  /// A block holds its inputs alone and is computed again for its gradients.
  bool recomputes_blocks = false;
  /// Called before every block, forward and back.
  StopCheck stop = {};
  /// How the parameters lie, in the table's order; null: whole. Those in shards are whole only
  /// while a block computes, where blocks are recomputed. Must outlive the operations as they do.
  const std::vector<Sharding>* shardings = nullptr;
};

/// The towers' operations (network/operations/operations.h) with libtorch: autograd, any device,
/// and whatever precision autocast is set to. Refers to the parameters, which must outlive it and,
/// where blocks are recomputed, the way back through them. Not thread-safe.
class Operations : public network::ComposedOperations<Operations> {
 public:
  using Tensor = torch::Tensor;
  using FeatureMap = network::FeatureMap<Tensor>;
  using Indices = Tensor;  ///< int64, on the device
  struct AttentionRuns;
  using Pattern = std::shared_ptr<const AttentionRuns>;
  /// The angles of every row, [rows, 1, pairs]: the same for all heads.
  struct Rotation {
    Tensor cosine;
    Tensor sine;
  };

  /// `parameters` in the table's order.
  Operations(const network::ParameterTable& table, const std::vector<torch::Tensor>& parameters,
             const PassOptions& options)
      : table_(table), parameters_(parameters), options_(options) {}

  Indices indices(std::span<const std::int32_t> numbers) const;
  Pattern pattern(const network::AttentionPattern& pattern) const;
  Rotation rotation(const network::RotaryTable& table,
                    std::span<const std::int32_t> positions) const;

  template <typename Body, typename... Inputs>
  auto block(std::string_view name, const Body& body, const Inputs&... inputs) {
    options_.stop();
    const bool recomputes = options_.recomputes_blocks && torch::GradMode::is_enabled();
    auto result = recomputes ? recomputed_block(body, inputs...)
                             : ComposedOperations::block(name, body, inputs...);
    options_.stop.on_way_back(rows_of(result));
    return result;
  }
  Tensor patches(const network::Pixels& pixels, int size);
  Tensor linear(const Tensor& x, const network::Linear& layer, network::Activation activation,
                const Tensor* residual);
  Tensor norm(const Tensor& x, const network::Norm& norm);
  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const Pattern& pattern);
  Tensor rotate(const Tensor& x, const Rotation& rotation);
  Tensor columns(const Tensor& x, int first, int count) { return x.narrow(1, first, count); }
  Tensor rows(const Tensor& x, const Indices& indices) { return x.index_select(0, indices); }
  Tensor embed(network::ParameterId parameter, const Indices& indices);
  Tensor concatenate(const Tensor& a, const Tensor& b) { return torch::cat({a.to(b.dtype()), b}); }
  /// Writes into memory that `cache` keeps free after its rows, as long as there is.
  Tensor append_rows(const Tensor& cache, const Tensor& x);
  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences);
  Tensor mix_rows(const Tensor& x, const network::RowMixture& mixture);
  std::vector<network::NearestRow> nearest_rows(const Tensor& x, int heads,
                                                const network::Sequences& sequences);
  Tensor add(const Tensor& a, const Tensor& b) { return a + b; }
  Tensor add_constants(const Tensor& x, float factor, std::span<const float> constants);
  Tensor multiply(const Tensor& a, const Tensor& b) { return a * b; }
  Tensor scale(const Tensor& x, network::ParameterId id) { return x * parameter(id); }
  Tensor activate(const Tensor& x, network::Activation activation);

  FeatureMap feature_map(const network::Pixels& pixels);
  FeatureMap convolution(const FeatureMap& x, const network::Convolution& layer,
                         network::Activation activation, const FeatureMap* residual);
  FeatureMap average_pool(const FeatureMap& x, int size, int stride);
  FeatureMap depthwise_convolution(const FeatureMap& x, const network::DepthwiseConvolution& layer);
  FeatureMap merge_places(const FeatureMap& x, int size);
  Tensor repeat_columns(const Tensor& x, int times) { return x.repeat_interleave(times, 1); }

 private:
  static Tensor& rows_of(Tensor& rows) { return rows; }
  static const Tensor& rows_of(const Tensor& rows) { return rows; }
  static Tensor& rows_of(FeatureMap& map) { return map.rows; }
  static const Tensor& rows_of(const FeatureMap& map) { return map.rows; }
  static Tensor with_rows(const Tensor& /*rows*/, const Tensor& others) { return others; }
  static FeatureMap with_rows(FeatureMap map, const Tensor& rows) {
    map.rows = rows;
    return map;
  }

  Tensor normalised(const Tensor& rows, const network::BatchNorm& norm);

  template <typename Body, typename... Inputs>
  auto recomputed_block(const Body& body, const Inputs&... inputs) const {
    std::set<network::ParameterId> used;
    auto result = without_graph(used, body, inputs...);
    rows_of(result) = recomputed(rows_of(result), again(body, inputs...), {rows_of(inputs)...},
                                 parameters_of(used));
    return result;
  }

  /// Runs a block, and notes the parameters that it uses.
  template <typename Body, typename... Inputs>
  auto without_graph(std::set<network::ParameterId>& used, const Body& body,
                     const Inputs&... inputs) const {
    const torch::NoGradGuard no_gradients;
    Operations operations = *this;
    std::map<network::ParameterId, Tensor> wholes;
    operations.used_ = &used;
    operations.wholes_ = &wholes;
    return body(operations, inputs...);
  }

  /// Returns the block for its second run, which leaves running statistics alone.
  template <typename Body, typename... Inputs>
  BlockBody again(const Body& body, const Inputs&... inputs) const {
    Operations operations = *this;
    operations.options_.recomputes_blocks = false;
    operations.updates_statistics_ = false;
    return [operations, body, ... kept = inputs](const std::vector<Tensor>& rows) mutable {
      std::map<network::ParameterId, Tensor> wholes;
      operations.wholes_ = &wholes;
      auto next = rows.begin();
      const auto with_next = [&next](const auto& input) { return with_rows(input, *next++); };
      const std::tuple arguments{with_next(kept)...};
      auto result =
          std::apply([&](const auto&... inputs) { return body(operations, inputs...); }, arguments);
      return rows_of(result);
    };
  }

  Tensor parameter(network::ParameterId id) const {
    if (used_ != nullptr) used_->insert(id);
    const Tensor& parameter = parameters_[static_cast<std::size_t>(id)];
    return options_.shardings == nullptr ? parameter : whole_of(id, parameter);
  }
  Tensor whole_of(network::ParameterId id, const Tensor& parameter) const;
  std::vector<Tensor> parameters_of(const std::set<network::ParameterId>& ids) const;
  torch::Device device() const { return parameters_.front().device(); }
  Tensor on_device(const network::Pixels& pixels) const;

  const network::ParameterTable& table_;
  const std::vector<torch::Tensor>& parameters_;
  PassOptions options_;
  bool updates_statistics_ = true;
  std::set<network::ParameterId>* used_ = nullptr;
  /// What a block has made whole of shards, so that each is once; null outside of blocks.
  std::map<network::ParameterId, Tensor>* wholes_ = nullptr;
};

}  // namespace diptych::libtorch
