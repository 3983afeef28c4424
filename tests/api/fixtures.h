#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace diptych::test {

/// The model folders under tests/data, each made by its family's reference program, with
/// io.safetensors beside the checkpoint.
inline const std::vector<std::string> kModels = {"openai_vit",
                                                 "openai_resnet",
                                                 "open_clip_vit_safetensors",
                                                 "open_clip_quickgelu_train_checkpoint",
                                                 "open_clip_head80_bin",
                                                 "hf_clip"};

/// Writes a diptych model folder with random weights, four pixels a patch and a vocabulary of a few
/// words, with reference embeddings: enough to classify and search with.
void write_tiny_model(const std::filesystem::path& folder);

/// Writes a diptych model folder with random weights that OpenAI's form can hold too: CLIP's
/// tokenizer, one block a tower, pictures of 16 pixels.
void write_tiny_clip_model(const std::filesystem::path& folder);

/// The first with a logit bias of -10, as SigLIP's models have one.
void write_tiny_biased_model(const std::filesystem::path& folder);

/// Writes a picture of one colour as an uncompressed BMP.
void write_picture(const std::filesystem::path& path, int red, int green, int blue);

}  // namespace diptych::test
