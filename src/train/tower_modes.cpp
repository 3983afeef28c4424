#include "train/tower_modes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "options/tower_mode.h"

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

/// The projection, and what comes before the blocks.
constexpr int kGroupsBesideBlocks = 2;

/// Groups of layers as open_clip counts them, from the last: 1 is the output projection, 2 the last
/// block and the norm after it, then one a block, and last what comes before the blocks.
int group_from_end(std::string_view name, int blocks) {
  if (const auto block = block_of(name)) return 1 + blocks - *block;
  if (contains(name, "ln_post") || contains(name, "ln_final")) return 2;
  if (contains(name, "proj") || contains(name, "attn_pool")) return 1;
  return kGroupsBesideBlocks + blocks;
}

int count_blocks(const network::ParameterTable& table, Tower tower) {
  int blocks = 0;
  for (const network::ParameterSpec& spec : table.specs()) {
    if (tower_of(spec.name) == tower)
      blocks = std::max(blocks, block_of(spec.name).value_or(-1) + 1);
  }
  return blocks;
}

/// Takes what is frozen of a tower out of training.
void freeze(const network::ParameterTable& table, Tower tower, int unlocked,
            std::string_view option, TrainedPart& part) {
  const int blocks = count_blocks(table, tower);
  if (unlocked > 0 && blocks == 0) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got {}, expected 0: the tower has no blocks of one kind that could be counted",
         option, unlocked);
  }
  const int groups = blocks + kGroupsBesideBlocks;
  if (unlocked > groups) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got {}, expected at most {}: the tower has no more groups", option, unlocked,
         groups);
  }
  for (std::size_t i = 0; i < part.parameters.size(); ++i) {
    const std::string& name = table.specs()[i].name;
    if (tower_of(name) == tower && group_from_end(name, blocks) > unlocked)
      part.parameters[i] = false;
  }
}

/// A rank that no matrix has is an odd way to train all of them.
void check_rank(const network::ParameterTable& table, std::span<const AdapterSpec> adapters,
                int rank, std::string_view option) {
  int highest = 0;
  for (const AdapterSpec& adapter : adapters)
    highest = std::max(highest, full_rank(table, adapter));
  if (highest == 0 || rank <= highest) return;
  fail(ErrorCode::invalid_argument,
       "train: {}: got lora:{}, expected at most lora:{}, the rank that the tower's matrices have",
       option, rank, highest);
}

/// Takes a tower out of training but for adapters of its blocks' matrices.
void adapt(const network::ParameterTable& table, Tower tower, int rank, std::string_view option,
           TrainedPart& part) {
  const std::size_t before = part.adapters.size();
  for (std::size_t i = 0; i < part.parameters.size(); ++i) {
    const network::ParameterSpec& spec = table.specs()[i];
    if (tower_of(spec.name) != tower) continue;
    part.parameters[i] = false;
    if (const int parts = adapted_parts(spec); parts > 0)
      part.adapters.push_back(
          {.parameter = static_cast<network::ParameterId>(i), .parts = parts, .rank = rank});
  }
  check_rank(table, std::span(part.adapters).subspan(before), rank, option);
  if (part.adapters.size() == before) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got lora:{}, expected full or frozen: the tower has no blocks of matrices",
         option, rank);
  }
}

void apply(const network::ParameterTable& table, Tower tower, const options::TowerMode& mode,
           TrainedPart& part) {
  const bool image = tower == Tower::image;
  if (mode.kind == options::TowerMode::Kind::frozen) {
    freeze(table, tower, mode.unlocked,
           image ? "lock-image-unlocked-groups" : "lock-text-unlocked-layers", part);
  } else if (mode.kind == options::TowerMode::Kind::lora) {
    adapt(table, tower, mode.rank, image ? "image-mode" : "text-mode", part);
  }
}

}  // namespace

TrainedPart trained_part(const TrainOptions& options, const network::Model& model) {
  TrainedPart part;
  for (const network::ParameterSpec& spec : model.parameters.specs())
    part.parameters.push_back(spec.trained);
  apply(model.parameters, Tower::image, options::image_mode(options), part);
  apply(model.parameters, Tower::text, options::text_mode(options), part);
  return part;
}

std::uint64_t count_parameters(const network::ParameterTable& table) {
  std::uint64_t count = 0;
  for (const network::ParameterSpec& spec : table.specs()) {
    if (spec.trained) count += static_cast<std::uint64_t>(element_count(spec.shape));
  }
  return count;
}

std::uint64_t count_trained(const network::ParameterTable& table, const TrainedPart& part) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < part.parameters.size(); ++i) {
    if (part.parameters[i]) count += element_count(table.specs()[i].shape);
  }
  for (const AdapterSpec& adapter : part.adapters) count += numbers_of(table, adapter);
  return static_cast<std::uint64_t>(count);
}

void lock_others(const TrainedPart& part, libtorch::Parameters& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].set_requires_grad(part.parameters[i]);
}

}  // namespace diptych::train
