#pragma once

#include <string_view>
#include <vector>

#include "network/operations/words.h"

// A tower is one pair of files here. Besides its struct and its forward pass (image_tower or
// text_tower, over any Operations) it has, each found by its argument:
//
//   XConfig::kName            its name in diptych.json
//   XConfig::visit(fields)    names every field to a visitor that reads or writes it:
//                               required    must be there
//                               defaulted   absent means the default
//                               exceptional the same, and written only where it is another
//                               choice      a switch that two words stand for
//                               constant    what all such towers have
//   validate_tower(config, embedding_width)   throws Error(invalid_argument) naming the field
//   declare_tower(table, config, embedding_width)   its parameters, under open_clip's names
//   describe_tower(config)    what it says of itself to people
//   widest_activation(tower)  the most numbers that are held at once for one picture, or, of a
//                             text tower, for one token

namespace diptych::network {

/// What a tower says of itself to people.
struct TowerDescription {
  std::string_view architecture;
  int width = 0;            ///< of the first stage where there are several
  std::vector<int> layers;  ///< of every stage
  int heads = 0;            ///< 0: it has none
  int mlp_width = 0;        ///< 0: it has none
  std::string_view activation;
  std::string_view pooling;
};

/// Returns what a transformer of one stage of blocks says of itself.
template <typename Config>
TowerDescription describe_transformer(std::string_view architecture, std::string_view pooling,
                                      const Config& config) {
  return {.architecture = architecture,
          .width = config.width,
          .layers = {config.layers},
          .heads = config.heads,
          .mlp_width = config.mlp_width,
          .activation = title_of(config.activation),
          .pooling = pooling};
}

/// Names the fields that all transformers have.
template <typename Fields, typename Config>
void visit_transformer(Fields& fields, Config& config) {
  fields.required("width", config.width);
  fields.required("layers", config.layers);
  fields.required("heads", config.heads);
  fields.required("mlp_width", config.mlp_width);
  fields.required("activation", config.activation);
  fields.defaulted("norm_epsilon", config.norm_epsilon);
}

}  // namespace diptych::network
