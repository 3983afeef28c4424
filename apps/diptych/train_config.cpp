#include "train_config.h"

#include <diptych/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>

#include "inputs.h"

namespace {

using diptych::TrainOptions;

/// The tables of a file that are stages.
constexpr std::string_view kStage = "stage";

[[noreturn]] void refuse_config(const std::string& message) {
  throw diptych::Error(diptych::ErrorCode::invalid_argument, "config: " + message);
}

/// One entry of a TOML config as the text that the command line would have had.
std::string option_text(const toml::node& node, std::string_view name) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  refuse_config(fmt::format("{}: expected text, a number or a list of them", name));
}

/// Several sources of data, or the channels of a colour.
std::string list_text(const toml::array& list, std::string_view name) {
  const std::string_view separator = name == "train-data" ? "::" : ",";
  std::string text;
  for (const toml::node& entry : list) {
    if (!text.empty()) text += separator;
    text += option_text(entry, name);
  }
  return text;
}

toml::table read_table(const std::string& path) {
  const std::string text = fmt::format("{}", fmt::join(read_lines(path), "\n"));
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    refuse_config(
        fmt::format("{} (line {} of {})", error.description(), error.source().begin.line, path));
  }
}

OptionTexts options_of(const toml::table& table, const std::string& path) {
  OptionTexts options;
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (name == kStage) continue;
    const auto& infos = diptych::train_option_infos();
    const bool known = std::ranges::any_of(infos, [&](const auto& i) { return i.name == name; });
    if (!known) refuse_config(fmt::format("there is no option '{}' ({})", name, path));
    const toml::array* list = value.as_array();
    options.emplace_back(name, list != nullptr ? list_text(*list, name) : option_text(value, name));
  }
  return options;
}

/// What the whole training has one of.
bool is_of_the_whole(std::string_view name) {
  constexpr auto kWhole = std::to_array<std::string_view>(
      {"logs", "resume", "overwrite", "allow-change", "nproc", "dist-url"});
  return std::ranges::find(kWhole, name) != kWhole.end();
}

TrainConfig::Stage stage_of(const toml::table& table, std::size_t number, const std::string& path) {
  TrainConfig::Stage stage{.name = std::to_string(number), .options = options_of(table, path)};
  for (const auto& [name, text] : stage.options) {
    if (is_of_the_whole(name))
      refuse_config(
          fmt::format("stage {}: got {}, expected it before the stages ({})", number, name, path));
    if (name == "name") stage.name = text;
  }
  std::erase_if(stage.options, [](const auto& option) { return option.first == "name"; });
  return stage;
}

std::vector<TrainConfig::Stage> stages_in(const toml::table& table, const std::string& path) {
  const toml::node* node = table.get(kStage);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table))
    refuse_config(fmt::format("stage: expected tables, [[stage]] ({})", path));
  std::vector<TrainConfig::Stage> stages;
  std::set<std::string> names;
  for (const toml::node& entry : *list) {
    stages.push_back(stage_of(*entry.as_table(), stages.size() + 1, path));
    if (!names.insert(stages.back().name).second)
      refuse_config(fmt::format("stage {}: got the name '{}' again, expected another ({})",
                                stages.size(), stages.back().name, path));
  }
  return stages;
}

bool names(const OptionTexts& texts, std::string_view name) {
  return std::ranges::any_of(texts, [&](const auto& option) { return option.first == name; });
}

/// Stages have checkpoints of their own, of which one says nothing of the others.
void check_resume(const std::string& resume) {
  if (resume.empty() || resume == "latest" || resume == "auto") return;
  throw diptych::Error(
      diptych::ErrorCode::invalid_argument,
      fmt::format("resume: got {}, expected latest or auto where a config has stages", resume));
}

}  // namespace

TrainConfig read_train_config(const std::string& path) {
  const toml::table table = read_table(path);
  return {.options = options_of(table, path), .stages = stages_in(table, path)};
}

void apply(const OptionTexts& texts, TrainOptions& options) {
  for (const auto& [name, text] : texts) diptych::set_train_option(options, name, text);
}

std::vector<TrainOptions> stages_of(const TrainConfig& config, const OptionTexts& command_line,
                                    const TrainOptions& whole) {
  check_resume(whole.resume);
  std::vector<TrainOptions> all;
  for (const TrainConfig::Stage& stage : config.stages) {
    TrainOptions options;
    apply(config.options, options);
    apply(stage.options, options);
    apply(command_line, options);
    options.name = fmt::format("{}-{}", whole.name, stage.name);
    if (!all.empty() && !names(stage.options, "model"))
      options.model = (whole.logs / all.back().name / "model").string();
    if (!whole.resume.empty()) options.resume = "auto";
    all.push_back(std::move(options));
  }
  return all;
}
