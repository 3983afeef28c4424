#include "checkpoint/fit_positions.h"

#include <fmt/core.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "checkpoint/containers/convert_floating.h"
#include "checkpoint/fitting/position_table.h"

namespace diptych::checkpoint {
namespace {

/// How many times the places a table may have more than before, so that no config makes a small
/// file ask for any memory.
constexpr std::int64_t kMaxGrowth = 256;

/// A position table as a matrix, whatever dimensions of size 1 its family puts first.
struct Table {
  std::string name;  ///< the family's
  Shape leading;
  TensorView matrix;
};

std::optional<Table> find_table(const ParsedModel& parsed, std::string_view canonical) {
  const TensorMap& tensors = parsed.container.tensors;
  const auto name = source_name(tensors, parsed.family->rules, canonical);
  if (!name) return std::nullopt;
  Table table{.name = *name, .matrix = tensors.at(*name)};
  while (table.matrix.shape.size() > 2 && table.matrix.shape.front() == 1) {
    table.leading.push_back(1);
    table.matrix.shape.erase(table.matrix.shape.begin());
  }
  return table;
}

void put(ParsedModel& parsed, const Table& table, TensorBuffer resized) {
  Shape shape = table.leading;
  shape.insert(shape.end(), resized.shape().begin(), resized.shape().end());
  parsed.container.tensors.add(table.name, std::move(resized));
  parsed.container.tensors.tensors.at(table.name).shape = std::move(shape);
}

struct Grid {
  std::string_view table;  ///< canonical name
  int side;
  int first;  ///< rows without a place in the grid
};

Grid grid_of(const network::ImageTowerConfig& tower) {
  constexpr std::string_view kPositions = "visual.positional_embedding";
  if (const auto* vit = std::get_if<network::VisionTransformerConfig>(&tower))
    return {kPositions, vit->grid(), vit->class_token && vit->class_position ? 1 : 0};
  if (const auto* eva = std::get_if<network::EvaTransformerConfig>(&tower))
    return {kPositions, eva->grid(), eva->class_token ? 1 : 0};
  return {"visual.attnpool.positional_embedding", network::image_size(tower) / 32, 1};
}

const char* describe(GridResize how) {
  switch (how) {
    case GridResize::antialiased:
      return "bicubically with antialiasing, as open_clip does";
    case GridResize::aligned:
      return "bicubically with aligned corners, as Chinese-CLIP does";
    case GridResize::plain:
      return "bicubically, as EVA-CLIP and transformers do";
  }
  return "";
}

void fit_image_tower(ParsedModel& parsed) {
  const Grid grid = grid_of(parsed.model.config.image);
  const auto table = find_table(parsed, grid.table);
  if (!table || !is_position_table(table->matrix, grid.first)) return;
  const std::int64_t places = std::int64_t{grid.side} * grid.side;
  const std::int64_t old_places = table->matrix.shape[0] - grid.first;
  if (old_places == places || places > kMaxGrowth * old_places) return;
  const GridResize how = parsed.family->positions;
  put(parsed, *table, resize_grid(table->matrix, grid.side, how, grid.first));
  parsed.model.resized_positions.push_back(fmt::format(
      "The image tower's {} positions were resized to {} for pictures of {} pixels, {}.",
      old_places, places, network::image_size(parsed.model.config.image), describe(how)));
}

/// BERT's positions are more than its context; they are never resized.
void fit_text_tower(ParsedModel& parsed) {
  const auto* tower = std::get_if<network::TextTransformerConfig>(&parsed.model.config.text);
  if (tower == nullptr) return;
  const auto table = find_table(parsed, "positional_embedding");
  if (!table || table->matrix.shape.size() != 2 || table->matrix.shape[0] < 1 ||
      !is_floating(table->matrix.dtype))
    return;
  const std::int64_t old_places = table->matrix.shape[0];
  const bool has_class_token = tower->pooling == network::TextPooling::class_token;
  const int places = tower->context_length + (has_class_token ? 1 : 0);
  if (old_places == places || places > kMaxGrowth * old_places) return;
  put(parsed, *table, resize_row(table->matrix, places));
  parsed.model.resized_positions.push_back(
      fmt::format("The text tower's {} positions were resized to {} linearly, as open_clip does.",
                  old_places, places));
}

}  // namespace

void fit_positions(ParsedModel& parsed) {
  fit_image_tower(parsed);
  fit_text_tower(parsed);
}

}  // namespace diptych::checkpoint
