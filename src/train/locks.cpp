#include "train/locks.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace diptych::train {
namespace {

enum class Tower { image, text, neither };

Tower tower_of(std::string_view name) {
  if (name.starts_with("visual.")) return Tower::image;
  const bool shared = name.starts_with("logit_") || name.starts_with("text_decoder.");
  return shared ? Tower::neither : Tower::text;
}

/// N of "...resblocks.N...."
std::optional<int> block_of(std::string_view name) {
  constexpr std::string_view kBlocks = "resblocks.";
  const std::size_t place = name.find(kBlocks);
  if (place == std::string_view::npos) return std::nullopt;
  const std::string_view rest = name.substr(place + kBlocks.size());
  int number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

bool contains(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

/// Groups of layers as open_clip counts them, from the last: 1 is the output projection, 2 the last
/// block and the norm after it, then one a block, and last what comes before the blocks.
int group_from_end(std::string_view name, int blocks) {
  if (const auto block = block_of(name)) return 1 + blocks - *block;
  if (contains(name, "ln_post") || contains(name, "ln_final")) return 2;
  if (contains(name, "proj") || contains(name, "attn_pool")) return 1;
  return 2 + blocks;
}

int count_blocks(const network::ParameterTable& table, Tower tower) {
  int blocks = 0;
  for (const network::ParameterSpec& spec : table.specs()) {
    if (tower_of(spec.name) == tower)
      blocks = std::max(blocks, block_of(spec.name).value_or(-1) + 1);
  }
  return blocks;
}

void lock(const network::ParameterTable& table, Tower tower, int unlocked, std::string_view option,
          libtorch::Parameters& parameters) {
  const int blocks = count_blocks(table, tower);
  if (unlocked > 0 && blocks == 0) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got {}, expected 0: the tower has no blocks of one kind that could be counted",
         option, unlocked);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& name = table.specs()[i].name;
    if (tower_of(name) == tower && group_from_end(name, blocks) > unlocked)
      parameters[i].set_requires_grad(false);
  }
}

}  // namespace

void lock_towers(const TrainOptions& options, const network::Model& model,
                 libtorch::Parameters& parameters) {
  const network::ParameterTable& table = model.parameters;
  if (options.lock_image) {
    lock(table, Tower::image, options.lock_image_unlocked_groups, "lock-image-unlocked-groups",
         parameters);
  }
  if (options.lock_text) {
    lock(table, Tower::text, options.lock_text_unlocked_layers, "lock-text-unlocked-layers",
         parameters);
  }
}

}  // namespace diptych::train
