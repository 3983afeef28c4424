#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/image.h"

namespace diptych {

/// Where the weights of a published model are. Either a file by itself, at `url`, or a repository
/// on the Hugging Face Hub.
struct ModelSource {
  std::string url;
  std::string repository;  ///< "owner/name"
  /// In the repository; empty: under the names that open_clip and Hugging Face give weights.
  std::string file;
  /// Of the weights, in lower-case hexadecimal. Some publishers give only its beginning, others
  /// nothing: then it is shorter than 64 digits, or empty.
  std::string sha256;
  std::uint64_t bytes = 0;         ///< of the weights; zero where it is not known
  bool bytes_are_rounded = false;  ///< published as "2.2 GB", say
};

/// A model that has a name. What is not known of it is empty, zero or absent, never guessed.
struct ListedModel {
  /// "openai/ViT-B-32", "open_clip/ViT-B-32/laion2b_s34b_b79k": what Model::load takes.
  std::string name;
  std::vector<std::string> aliases;  ///< which it takes too
  std::string family;        ///< "openai", "open_clip", "chinese_clip", "eva_clip"; "diptych": ours
  std::string architecture;  ///< in the words of its family
  std::string tag;           ///< which of the architecture's trainings, where there are several
  std::string description;
  std::vector<ModelSource> sources;  ///< the preferred one first; none for the embedded model

  std::optional<Preprocessing> preprocessing;
  bool quick_gelu = false;         ///< trained with x * sigmoid(1.702 x) for GELU
  bool own_tokenizer = false;      ///< its repository holds one: not CLIP's nor BERT's
  double parameters = 0.0;         ///< numbers in both towers together, rounded
  double imagenet_accuracy = 0.0;  ///< zero-shot top-1 on ImageNet-1k, 0 to 1, as published
  std::string licence;             ///< SPDX identifier, or a link where there is none

  std::uint64_t bytes = 0;       ///< of the weights on this machine; zero when they are not here
  bool available = false;        ///< built in, or pulled: Model::load will find it
  std::filesystem::path folder;  ///< where it is, or would be after a pull; empty: built in
};

/// Returns every model that has a name: the embedded one first, then the published weights of
/// OpenAI CLIP, open_clip, Chinese-CLIP and EVA-CLIP (docs/models.md), then what else of the
/// Hugging Face Hub was pulled. Connects to nothing. Throws Error(invalid_argument) when no folder
/// for models can be told, as without HOME. Thread-safe.
DIPTYCH_API std::vector<ListedModel> list_models();

/// Returns the listed model of this name or alias; "architecture/tag" will do where it is one.
/// Throws Error(not_found), with the names that come close. Thread-safe.
DIPTYCH_API ListedModel find_listed_model(const std::string& name);

}  // namespace diptych
