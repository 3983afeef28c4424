#include "checkpoint/fitting/fuse_fastvit.h"

#include <cstddef>
#include <vector>

#include "checkpoint/fitting/fused_branches.h"
#include "network/towers/fastvit.h"

// Names and branches: timm 1.0.31, fastvit.py.

namespace diptych::checkpoint {
namespace {

using network::FastVitConfig;

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

class FastVitFuser {
 public:
  FastVitFuser(const FastVitConfig& config, int embedding_width, BranchTensors tensors)
      : config_(config), embedding_width_(embedding_width), tensors_(tensors) {}

  void fuse() {
    const int first = config_.widths.front();
    mobile_one("visual.trunk.stem.0", first, 3, 3).put(tensors_, "visual.stem.0");
    mobile_one("visual.trunk.stem.1", first, 1, 3).put(tensors_, "visual.stem.1");
    mobile_one("visual.trunk.stem.2", first, first, 1).put(tensors_, "visual.stem.2");
    for (int i = 0; i < config_.stages(); ++i) fuse_stage(i);
    const int last = FastVitConfig::kFinalExpansion * config_.widths.back();
    mobile_one("visual.trunk.final_conv", last, 1, 3).put(tensors_, "visual.head.depthwise");
    move_squeeze_excite("visual.trunk.final_conv.se", "visual.head.se", last,
                        network::head_squeeze(last));
    move("visual.trunk.head.fc.weight", "visual.proj.weight", {embedding_width_, last});
    move("visual.trunk.head.fc.bias", "visual.proj.bias", {embedding_width_});
  }

 private:
  void move(const std::string& from, const std::string& to, const Shape& shape) {
    tensors_.put(to, shape, widened(tensors_.take(from, shape)));
  }

  /// A layer that its program has fused already; false where it has not.
  bool add_fused(const std::string& name, FusedConvolution& layer) {
    const bool is_fused = tensors_.contains(name + ".reparam_conv.weight");
    if (is_fused) layer.add_biased(tensors_, name + ".reparam_conv");
    return is_fused;
  }

  /// MobileOne's branches: a convolution, and where they are there one of 1 x 1 and the input.
  FusedConvolution mobile_one(const std::string& name, int outputs, int inputs, int kernel) {
    FusedConvolution fused(outputs, inputs, kernel);
    if (add_fused(name, fused)) return fused;
    fused.add_convolution(tensors_, name + ".conv_kxk.0", kernel);
    if (tensors_.contains(name + ".conv_scale.conv.weight"))
      fused.add_convolution(tensors_, name + ".conv_scale", 1);
    if (tensors_.contains(name + ".identity.weight"))
      fused.add_identity(tensors_, name + ".identity");
    return fused;
  }

  void move_squeeze_excite(const std::string& from, const std::string& to, int width,
                           int squeezed) {
    move(from + ".fc1.weight", to + ".fc1.weight", {squeezed, width, 1, 1});
    move(from + ".fc1.bias", to + ".fc1.bias", {squeezed});
    move(from + ".fc2.weight", to + ".fc2.weight", {width, squeezed, 1, 1});
    move(from + ".fc2.bias", to + ".fc2.bias", {width});
  }

  void fuse_stage(int number) {
    const std::string from = "visual.trunk.stages." + std::to_string(number);
    const std::string to = "visual.stages." + std::to_string(number);
    const int width = width_of(number);
    const bool attention = config_.has_attention(number);
    if (number > 0) fuse_downsample(from + ".downsample.proj", to + ".downsample", number);
    if (attention) fuse_position(from + ".pos_emb", to + ".position", width);
    for (int i = 0; i < config_.layers[static_cast<std::size_t>(number)]; ++i) {
      const std::string block = ".blocks." + std::to_string(i);
      if (attention) {
        fuse_attention(from + block, to + block + ".attn", width);
      } else {
        fuse_mixer(from + block + ".token_mixer", to + block + ".mixer", width);
      }
      const char* scale = attention ? ".layer_scale_2.gamma" : ".layer_scale.gamma";
      fuse_mlp(from + block, to + block, scale, width);
    }
  }

  int width_of(int stage) const { return config_.widths[static_cast<std::size_t>(stage)]; }

  /// x + position(x).
  void fuse_position(const std::string& from, const std::string& to, int width) {
    FusedConvolution position(width, 1, FastVitConfig::kWindow);
    if (!add_fused(from, position)) {
      position.add_biased(tensors_, from + ".pos_enc");
      position.add_input(1.0);
    }
    position.put(tensors_, to);
  }

  void fuse_downsample(const std::string& from, const std::string& to, int stage) {
    constexpr int kSmallWindow = 3;
    const int width = width_of(stage);
    FusedConvolution depthwise(width, 1, FastVitConfig::kWindow);
    if (!add_fused(from + ".0", depthwise)) {
      depthwise.add_convolution(tensors_, from + ".0.large_conv", FastVitConfig::kWindow);
      depthwise.add_convolution(tensors_, from + ".0.small_conv", kSmallWindow);
    }
    depthwise.put(tensors_, to + ".depthwise");
    if (config_.has_excitation(stage)) {
      move_squeeze_excite(from + ".0.se", to + ".se", width, network::downsample_squeeze(width));
    }
    mobile_one(from + ".1", width, width, 1).put(tensors_, to + ".pointwise");
  }

  std::vector<double> take_layer_scale(const std::string& name, int width) {
    return widened(tensors_.take(name, {width, 1, 1}));
  }

  /// x + scale * (mixer(x) - norm(x)).
  void fuse_mixer(const std::string& from, const std::string& to, int width) {
    constexpr int kWindow = FastVitConfig::kMixerWindow;
    FusedConvolution fused(width, 1, kWindow);
    if (!add_fused(from, fused)) {
      const auto scale = take_layer_scale(from + ".layer_scale.gamma", width);
      std::vector<double> negative = scale;
      for (double& value : negative) value = -value;
      FusedConvolution norm(width, 1, kWindow);
      norm.add_identity(tensors_, from + ".norm.identity");
      fused.add_input(1.0);
      fused.add(mobile_one(from + ".mixer", width, 1, kWindow), scale);
      fused.add(norm, negative);
    }
    fused.put(tensors_, to);
  }

  /// A linear layer's weight [outputs, inputs] and bias, each output times a factor.
  void put_scaled(const std::string& from, const std::string& to, const Shape& shape,
                  const std::vector<double>& factors) {
    auto weight = widened(tensors_.take(from + ".weight", shape));
    auto bias = widened(tensors_.take(from + ".bias", {shape.front()}));
    const std::size_t inputs = weight.size() / factors.size();
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= factors[i / inputs];
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] *= factors[i];
    tensors_.put(to + ".weight", shape, weight);
    tensors_.put(to + ".bias", {shape.front()}, bias);
  }

  void fuse_attention(const std::string& from, const std::string& to, int width) {
    if (config_.attention_norm) {
      move(from + ".norm.weight", to + ".norm.weight", {width});
      move(from + ".norm.bias", to + ".norm.bias", {width});
      move(from + ".token_mixer.qkv.weight", to + ".in_proj_weight", {3 * width, width});
    } else {
      fuse_normalised_input(from, to, width);
    }
    put_scaled(from + ".token_mixer.proj", to + ".out_proj", {width, width},
               take_layer_scale(from + ".layer_scale_1.gamma", width));
  }

  /// The batch normalisation of the input goes into the layer of queries, keys and values.
  void fuse_normalised_input(const std::string& from, const std::string& to, int width) {
    const FoldedBatchNorm norm = take_batch_norm(tensors_, from + ".norm", width);
    auto weight = widened(tensors_.take(from + ".token_mixer.qkv.weight", {3 * width, width}));
    const auto inputs = static_cast<std::size_t>(width);
    std::vector<double> bias(3 * inputs);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      bias[i / inputs] += weight[i] * norm.shift[i % inputs];
      weight[i] *= norm.scale[i % inputs];
    }
    tensors_.put(to + ".in_proj_weight", {3 * width, width}, weight);
    tensors_.put(to + ".in_proj_bias", {3 * width}, bias);
  }

  void fuse_mlp(const std::string& from, const std::string& to, const char* layer_scale,
                int width) {
    const int hidden = config_.mlp_ratio * width;
    FusedConvolution depthwise(width, 1, FastVitConfig::kWindow);
    depthwise.add_convolution(tensors_, from + ".mlp.conv", FastVitConfig::kWindow);
    depthwise.put(tensors_, to + ".mlp.depthwise");
    move(from + ".mlp.fc1.weight", to + ".mlp.fc1.weight", {hidden, width, 1, 1});
    move(from + ".mlp.fc1.bias", to + ".mlp.fc1.bias", {hidden});
    put_scaled(from + ".mlp.fc2", to + ".mlp.fc2", {width, hidden, 1, 1},
               take_layer_scale(from + layer_scale, width));
  }

  const FastVitConfig& config_;
  int embedding_width_;
  BranchTensors tensors_;
};

}  // namespace

void fuse_fastvit(const FastVitConfig& config, int embedding_width, TensorMap& tensors,
                  const std::string& file) {
  FastVitFuser(config, embedding_width, BranchTensors(tensors, file)).fuse();
}

}  // namespace diptych::checkpoint
