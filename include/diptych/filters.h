#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "diptych/curation.h"
#include "diptych/encoder.h"
#include "diptych/export.h"
#include "diptych/matrix.h"
#include "diptych/shard_tools.h"

// Filters over shards: copies are left out once, what means the same as another picture, and pairs
// that are too bad. All write new shards and say how many each rule left out.

namespace diptych {

struct DedupOptions {
  SampleInputs inputs;
  /// Sets that a model will be evaluated on: pictures in them are left out. Default: none.
  SampleInputs against;
  /// In how many of its 64 bits the perceptual hash of a copy may differ, 0 to 7; below 0: only
  /// pictures of the same bytes are copies. Default: 3.
  int distance = 3;
  /// A new or empty folder for the shards that are left, or one that the same command left
  /// unfinished (StageOptions::command).
  std::filesystem::path out;
  std::size_t samples_per_shard = 10'000;
  StageOptions stage;
};

/// What a filter did.
struct FilterReport {
  StageReport files;
  /// Samples; those that a rule left out are in `left_out`, those that cannot be read in `dropped`.
  StageReport samples;
};

/// Keeps the first of pictures that are copies of each other: the same bytes, or the same to the
/// eye, in another size, quality or format. The hash is of brightness differences in 8 x 9 fields;
/// pictures that are nearly flat have too few and are compared by their bytes alone. Takes some 150
/// bytes of memory a picture that is kept. Throws Error as repack_samples.
DIPTYCH_API FilterReport dedup_samples(const DedupOptions& options);

// The same shard by shard, by any number of processes: fingerprints of each shard, once they are
// all there which pictures are copies, and then each shard without them.

struct FingerprintOptions {
  SampleInputs inputs;
  /// The digest and the perceptual hash of each sample's picture, 32 bytes each.
  std::filesystem::path out;
  StageOptions stage;
};

/// Takes the fingerprints of pictures. Those that cannot be read are counted, and have none. Throws
/// Error as list_shards, and io.
DIPTYCH_API FilterReport fingerprint_pictures(const FingerprintOptions& options);

struct CopyOptions {
  /// Of all shards, in their order.
  std::vector<std::filesystem::path> fingerprints;
  /// As DedupOptions has them.
  SampleInputs against;
  int distance = 3;
  /// A byte a sample: whether it is a copy.
  std::filesystem::path out;
  StageOptions stage;
};

/// Finds the copies among pictures, as dedup_samples does. Takes some 150 bytes of memory a picture
/// that is kept. Throws Error: io, not_found, corrupt_data, invalid_argument when none is left.
DIPTYCH_API StageReport find_copies(const CopyOptions& options);

struct DedupPartOptions {
  /// One shard, as it was when its fingerprints were taken.
  SampleInputs inputs;
  /// What find_copies wrote, and the shard's place among the fingerprints it read, from 0.
  std::filesystem::path copies;
  std::size_t part = 0;
  /// The tar.
  std::filesystem::path out;
  StageOptions stage;
};

/// Writes a shard without copies, which may leave nothing. Throws Error as repack_samples, and
/// invalid_argument for a shard with another number of samples.
DIPTYCH_API FilterReport dedup_part(const DedupPartOptions& options);

/// Gives each picture an embedding of unit length, a row each.
using PictureEmbedder = std::function<Matrix(std::span<const PictureBytes> pictures)>;

/// Embeds pictures by a model. `encoder` is shared.
DIPTYCH_API PictureEmbedder picture_embedder(const Encoder& encoder);

struct SemanticDedupOptions {
  SampleInputs inputs;
  PictureEmbedder embedder;
  /// The cosine of two embeddings above which one of the pictures is left out, -1 to 1: SemDeDup's
  /// 1 - epsilon. Default: 0.95.
  double similarity = 0.95;
  /// Instead of `similarity` the share of the pictures that is kept, 0 to 1: those that are least
  /// like another. Default and zero: not used.
  double keep_share = 0.0;
  /// Pictures are compared within clusters. Default and zero: one for each 10,000 pictures.
  std::size_t clusters = 0;
  /// Of the draw of the first centres. Default: 0.
  std::uint64_t seed = 0;
  /// A new or empty folder for the shards that are left, or one that the same command left
  /// unfinished (StageOptions::command).
  std::filesystem::path out;
  std::size_t samples_per_shard = 10'000;
  StageOptions stage;
};

struct SemanticDedupReport {
  FilterReport filter;
  std::size_t clusters = 0;
  double similarity = 0.0;  ///< what was kept is at most as like
};

/// Leaves out pictures that mean the same as another one, as SemDeDup does (Abbas et al., 2023):
/// embeddings are clustered by k-means, and within a cluster a picture is left out that is too like
/// one which lies farther from the cluster's centre. Takes 4 bytes of memory a picture and number
/// of its embedding. Throws Error as repack_samples, and invalid_argument for bad options.
DIPTYCH_API SemanticDedupReport semantic_dedup_samples(const SemanticDedupOptions& options);

/// What a pair must be, each rule off by default.
struct PairRules {
  std::size_t least_words = 0;       ///< of the caption, between white space
  std::size_t least_characters = 0;  ///< of the caption
  std::size_t least_bytes = 0;       ///< of the picture's file
  int least_side = 0;                ///< of the picture, in pixels
  double most_aspect = 0.0;          ///< longer side over shorter; zero: any
  std::string language;              ///< of the caption, "en"; empty: any
};

/// Gives each pair a score, the higher the better.
using PairScorer = std::function<std::vector<double>(std::span<const PictureBytes> pictures,
                                                     std::span<const std::string> captions)>;

/// Scores pairs by the cosine similarity of picture and caption. `encoder` is shared.
DIPTYCH_API PairScorer clip_scorer(const Encoder& encoder);

/// Scores pictures by a linear head over their embeddings, as those for aesthetics, safety and
/// watermarks: `weights` are as many as the embedding is wide.
DIPTYCH_API PairScorer head_scorer(const Encoder& encoder, std::vector<float> weights, float bias);

struct ScoreOptions {
  SampleInputs inputs;
  PairRules rules;
  /// The member of the `json` part with the caption. Empty, the default: the `txt` part.
  std::string json_text_key;
  /// A fastText model for `rules.language`. Empty, the default: CLD2.
  std::filesystem::path language_model;
  /// Default: none; pairs are left out by rules alone.
  PairScorer scorer;
  /// What an earlier run over the same samples wrote as `scores`, instead of rules and a scorer:
  /// pairs without a score are left out, and pictures are not looked at. Empty, the default: none.
  std::filesystem::path scored;
  /// The least score of a pair that is kept, unless `top_share` is above zero: the share of the
  /// scored pairs that is kept, the best of them, 0 to 1. Those whose score is that of the last one
  /// are all kept, which is noted.
  double least_score = 0.0;
  double top_share = 0.0;
  /// JSON Lines, `key` and `score` of every pair that was scored. Empty, the default: none.
  std::filesystem::path scores;
  /// `shards`, the default, or `tar`: one.
  SampleFormat format = SampleFormat::shards;
  /// The tar, or a new or empty folder for the shards that are left, or one that the same command
  /// left unfinished (StageOptions::command). Empty: nothing but `scores` is written.
  std::filesystem::path out;
  std::size_t samples_per_shard = 10'000;
  StageOptions stage;
};

struct ScoreReport {
  FilterReport filter;
  std::uint64_t scored = 0;
  /// The least score that was kept, and the mean of all.
  double least_kept = 0.0;
  double mean = 0.0;
};

/// Keeps the pairs that fit all rules and score well. Equal pairs score equally, whatever the
/// threads; of pairs with the score at which the share ends all are kept. Throws Error as
/// repack_samples.
DIPTYCH_API ScoreReport score_samples(const ScoreOptions& options);

/// Where the best share of scored pairs ends.
struct TopShare {
  double least = 0.0;
  /// A sentence where more pairs than the share have this score or a better one, as several have
  /// it; else nothing.
  std::string note;
};

/// Finds the best `share`, above 0 to 1, of all pairs whose scores score_samples wrote: its least
/// score is what `ScoreOptions::least_score` is for each of many shards where the share is of all.
/// Takes 8 bytes of memory a pair. Throws Error: not_found, io, corrupt_data, invalid_argument (a
/// bad share, no score).
DIPTYCH_API TopShare top_share_of(const std::vector<std::filesystem::path>& scores, double share);

}  // namespace diptych
