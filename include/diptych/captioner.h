#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/export.h"

namespace diptych {

/// How captions are searched for.
enum class CaptionSearch {
  beams,  ///< the best of several that grow side by side: beam search
  top_k,  ///< every token drawn among the k most probable ones
  top_p,  ///< every token drawn among the most probable ones that together have probability p
};

/// The defaults are open_clip's, and the search does what open_clip's does; scores are sums of
/// logits, as there, not of log-probabilities.
struct CaptionOptions {
  CaptionSearch search = CaptionSearch::beams;
  /// Beams and the groups they are in; at least 1, and the groups divide the beams. Groups do not
  /// see one another, so that all find the same captions: beams / beam_groups beams are computed.
  int beams = 6;
  int beam_groups = 3;
  /// Tokens that CaptionSearch::top_k draws among; at least 1, which takes the most probable one.
  int top_k = 1;
  /// Probability of the tokens that CaptionSearch::top_p draws among, in (0, 1].
  float top_p = 0.1F;
  /// What logits are divided by before they become the probabilities of a draw; above 0. Smaller
  /// than 1 makes probable tokens more probable.
  float temperature = 1.0F;
  /// What makes a token of the caption less probable to come again; above 0. 1: nothing.
  float repetition_penalty = 1.0F;
  /// Tokens of a caption, with its start and end tokens: it does not end before it has `min_length`
  /// and stops with `max_length`. 1 <= min_length < max_length <= the model's context length.
  /// Default 0: 30, or the context length where that is less.
  int min_length = 5;
  int max_length = 0;
  /// Of the draws. A picture's caption depends on it and on the picture's place among the inputs,
  /// which are counted from `first_place`: for a call that has only a part of them. Default: 0.
  std::uint64_t seed = 0;
  std::size_t first_place = 0;
  /// Called on the calling thread after each batch, while it has no turn, with how many pictures
  /// are done and how many there are. May encode and caption; may throw, which ends the call.
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// How picture files are read. Default: as the reference systems do, so not turned upright.
  DecodeOptions decode = {};
};

struct Caption {
  std::string text;  ///< empty where the model has no tokenizer
  /// Token ids, the start token first, and the end token last where the caption came to its end.
  std::vector<std::int32_t> ids;
};

/// The captions of pictures, and those pictures that failed: a bad one never stops the others.
struct CaptionedImages {
  std::vector<Caption> captions;
  std::vector<std::size_t> inputs;  ///< for every caption the place of its picture, ascending
  std::vector<Failure> failures;    ///< by place, ascending
  PictureCounts counts;             ///< of the captioned ones
};

/// Writes captions of pictures with a model that has a decoder (CoCa). A picture's caption does not
/// depend on what shares its batch or on the number of threads. Copies are cheap and share the
/// packed model. Every member may be called from several threads, which take turns token by token.
class DIPTYCH_API Captioner {
 public:
  /// Shares the packed model, with 8 pictures at a time where its options name no batch: they take
  /// about 15 MB each in a ViT-B/32. Throws Error(unsupported) for a model that writes no captions.
  explicit Captioner(PackedModel packed);
  /// Packs the model for itself. Throws Error as PackedModel and the above.
  explicit Captioner(Model model, const ComputeOptions& options = {});

  const Model& model() const { return packed_.model(); }
  const PackedModel& packed_model() const { return packed_; }

  /// Reads, decodes, preprocesses and captions picture files; the next batch is read while one is
  /// captioned. Throws Error(invalid_argument) for options outside their ranges, as do the others.
  CaptionedImages caption_images(std::span<const std::filesystem::path> paths,
                                 const CaptionOptions& options = {}) const;
  /// Does the same of files in memory: the same pixels.
  CaptionedImages caption_images(std::span<const PictureBytes> pictures,
                                 const CaptionOptions& options = {}) const;
  /// Preprocesses and captions decoded pictures.
  CaptionedImages caption_images(std::span<const Image> images,
                                 const CaptionOptions& options = {}) const;
  /// Captions picture files and calls `take` on the calling thread after each batch, before
  /// `options.progress`, with what became of its pictures; places count among all. Ends when `take`
  /// returns false.
  void caption_images(std::span<const std::filesystem::path> paths, const CaptionOptions& options,
                      const std::function<bool(CaptionedImages batch)>& take) const;
  /// Captions preprocessed pictures: float32 [count, 3, size, size] with the model's image size.
  /// Throws Error(invalid_argument) also when the length does not fit, and, naming the row, for NaN
  /// and infinities.
  std::vector<Caption> caption_pixels(std::span<const float> pixels, std::size_t count,
                                      const CaptionOptions& options = {}) const;

 private:
  PackedModel packed_;
};

}  // namespace diptych
