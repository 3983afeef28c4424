#pragma once

#include <diptych/train_options.h>

#include <string>
#include <utility>
#include <vector>

/// Options by name, as the command line would have their values, in the order of a file.
using OptionTexts = std::vector<std::pair<std::string, std::string>>;

/// A TOML file of `diptych train`.
struct TrainConfig {
  /// A part of a training, which goes on from the model of the one before.
  struct Stage {
    std::string name;     ///< "1", "2", ... unless the file names it
    OptionTexts options;  ///< what it has besides, or otherwise than the file's other options
  };

  OptionTexts options;
  std::vector<Stage> stages;  ///< of [[stage]]; empty: the whole is one run
};

/// Reads a file's options, each known, and its stages. Throws Error(invalid_argument), naming the
/// file, for what is none, and for options of a stage that are the whole training's.
TrainConfig read_train_config(const std::string& path);

/// Sets options by their texts. Throws Error as set_train_option.
void apply(const OptionTexts& texts, diptych::TrainOptions& options);

/// Returns the options of every stage: the file's, the stage's own, then those of the command line;
/// `whole` has the first and the last of these. A stage's run is called after the whole one and
/// itself, "NAME-STAGE"; all but the first begin with the model of the one before, unless they name
/// one. A stage that is there already is gone on with where the whole is. Throws
/// Error(invalid_argument) for a `resume` of one checkpoint.
std::vector<diptych::TrainOptions> stages_of(const TrainConfig& config,
                                             const OptionTexts& command_line,
                                             const diptych::TrainOptions& whole);
