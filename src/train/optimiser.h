#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libtorch/parameters.h"
#include "network/operations/parameters.h"
#include "train/saved_state.h"
#include "train/update_rule.h"

namespace diptych::train {

/// Which parameters weight decay shrinks, by the program whose runs it repeats.
enum class DecayRule {
  /// open_clip up to version 3: matrices, but none with "bn", "ln", "bias" or "logit_scale" in its
  /// name. Positional embeddings are decayed.
  open_clip_3,
  /// open_clip 4: no positional or class embeddings, register tokens or pooling queries either.
  open_clip_4,
};

struct OptimiserOptions {
  Rule rule = Rule::adamw;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  double momentum = 0.95;  ///< Muon's
  double weight_decay = 0.2;
  DecayRule decay_rule = DecayRule::open_clip_3;
  std::vector<std::string> undecayed;      ///< globs of names without decay besides
  std::vector<std::string> kept_on_adamw;  ///< globs of names that Muon leaves to AdamW besides
  /// Largest L2 norm of all gradients together; zero: not clipped.
  double gradient_clip_norm = 0.0;
};

/// Returns whether weight decay shrinks a parameter. `dimensions` is how many its shape has.
bool is_decayed(const std::string& name, std::size_t dimensions, const OptimiserOptions& options);

/// Moves the parameters of a model that require gradients, by the rule that is chosen.
class Optimiser {
 public:
  /// `shardings`: how the parameters lie, in the table's order; empty: all of them whole.
  Optimiser(const network::ParameterTable& table, const libtorch::Parameters& parameters,
            const OptimiserOptions& options, const std::vector<libtorch::Sharding>& shardings = {});
  /// Moves those of these parameters that require gradients besides.
  void add(const network::ParameterTable& table, const libtorch::Parameters& parameters,
           const std::vector<libtorch::Sharding>& shardings = {});

  void zero_gradients();
  /// Returns the gradients' norm before clipping; of shards, all processes'.
  double clip_gradients();
  /// Moves the parameters that have a gradient; the others are not decayed either. Of shards, in
  /// all processes together.
  void step(double learning_rate);

  /// Returns the names of the parameters without a gradient.
  std::vector<std::string> untouched() const;

  /// Saves the moments and the number of steps done, under "optimizer." names.
  void save(TensorMap& map) const;
  /// Takes them all or none, as the steps count for all. Throws as SavedState::restore.
  void load(SavedState& saved);

 private:
  /// Parameters that one rule moves with one decay.
  struct Group {
    Rule kind = Rule::adamw;
    std::unique_ptr<UpdateRule> rule;
    double weight_decay = 0.0;
    std::vector<MovedParameter> parameters;
  };
  Group& group_of(Rule rule, double weight_decay);
  double gradient_norm() const;
  State state() const;

  OptimiserOptions options_;
  std::vector<Group> groups_;
  torch::Tensor steps_;  ///< done, a scalar
};

}  // namespace diptych::train
