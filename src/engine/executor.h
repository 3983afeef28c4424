#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "network/model.h"
#include "network/operations/sequences.h"

namespace diptych::engine {

/// Captions that grow by a token a step (network/captions.h), on the device where they are
/// computed. For the executor that began them, in its turns.
class CaptionSteps {
 public:
  virtual ~CaptionSteps() = default;

  /// Appends a token to every caption. Writes the logits of what may follow, [captions,
  /// vocabulary], to `logits`.
  virtual void append(std::span<const std::int32_t> tokens, std::span<float> logits) = 0;
  /// Does what network::choose_captions does: caption i becomes what caption `chosen[i]` was; of
  /// the pictures those named remain.
  virtual void choose(std::span<const std::int32_t> chosen,
                      std::span<const std::int32_t> pictures) = 0;
};

/// Computes a model's towers on one device, from weights that were packed for it. Inputs and
/// results lie on the host. An input's result does not depend on what shares its batch. For one
/// thread at a time.
class Executor {
 public:
  virtual ~Executor() = default;

  virtual const network::Model& model() const = 0;
  /// Returns the size of the widest activation, in floats, at which a batch is large enough for
  /// full speed.
  virtual std::int64_t batch_floats() const = 0;
  /// Returns an executor over the same weights that computes on the calling thread alone and may be
  /// used beside this one and others, or null where the device has no such.
  virtual std::unique_ptr<Executor> beside() const = 0;

  /// Returns whether what texts have in common at their beginning is computed once for all texts of
  /// a batch that come one after the other.
  virtual bool shares_prefixes() const { return false; }

  /// Returns what the weights give away that were looked at (network::WeightFindings).
  virtual std::vector<std::string> notes() const { return {}; }

  /// Each writes features [inputs, embedding width], not normalised. The inputs are as the model
  /// takes them (network::check_packed).
  virtual void image_features(const network::Pixels& pixels, std::span<float> features) = 0;
  virtual void text_features(const network::Tokens& tokens, std::span<float> features) = 0;
  /// Begins `each` captions of every picture, without a token yet. The model must have a decoder.
  virtual std::unique_ptr<CaptionSteps> begin_captions(const network::Pixels& pixels, int each) = 0;
};

}  // namespace diptych::engine
