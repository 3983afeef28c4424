#pragma once

#include <filesystem>
#include <span>

#include "api/picture_batch.h"
#include "diptych/encoder.h"

namespace diptych::api {

/// Each returns how the pictures of a call are read, as `how` says. What is passed must outlive it.
inline PictureReader::Read read_from(std::span<const std::filesystem::path> paths,
                                     const Preprocessing& how, const DecodeOptions& decode) {
  return [=, &how, &decode](std::size_t i) { return load_preprocessed(paths[i], how, decode); };
}

inline PictureReader::Read read_from(std::span<const PictureBytes> pictures,
                                     const Preprocessing& how, const DecodeOptions& decode) {
  return [=, &how, &decode](std::size_t i) {
    const std::string& name = pictures[i].name;
    return preprocess_image(pictures[i].bytes,
                            name.empty() ? "picture " + std::to_string(i + 1) : name, how, decode);
  };
}

inline PictureReader::Read read_from(std::span<const Image> images, const Preprocessing& how,
                                     const DecodeOptions& /*decode*/) {
  return [=, &how](std::size_t i) { return resize_and_crop(images[i], how); };
}

}  // namespace diptych::api
