#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "checkpoint/containers/container.h"
#include "checkpoint/source/known_facts.h"
#include "checkpoint/source/model_file.h"
#include "checkpoint/source/model_files.h"

namespace diptych::checkpoint {

/// What a model is loaded with besides its files.
struct LoadRequest {
  /// Side of the pictures, in pixels, to which positions are resized. Default 0: the model's own.
  int image_size = 0;
  /// Longest text, in tokens, to which positions are resized. Default 0: the model's own.
  int context_length = 0;
  std::optional<KnownFacts> known;
  StatedFacts stated;
};

/// Loads a checkpoint of any known container and family: a file, or a folder with one checkpoint
/// and its family's config; a config beside a file is used too. Nothing in it is executed. Throws
/// Error: not_found, io; corrupt_data; unsupported, naming the field, tensor or family; and
/// invalid_argument, naming the tensors, for weights that do not fit their config, and for files
/// that contradict what is known.
ModelFile load_model_file(const std::filesystem::path& file_or_folder,
                          const LoadRequest& request = {});

/// Does the same for a folder whose files are in memory, which must outlive the result unless they
/// are kept alive by their own.
ModelFile load_model_folder(std::span<const FileBytes> files, const LoadRequest& request = {});

/// Does all of it but for reading the container, which came from `files`. Throws Error as
/// load_model_file.
ModelFile load_container(const ModelFiles& files, Container container,
                         const LoadRequest& request = {});

}  // namespace diptych::checkpoint
