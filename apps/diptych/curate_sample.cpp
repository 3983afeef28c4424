#include <diptych/sampling.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "console.h"
#include "counted.h"
#include "curate.h"
#include "curate_each.h"
#include "curate_scores.h"
#include "inputs.h"
#include "progress.h"
#include "shards.h"

namespace {

struct SampleArguments {
  diptych::DrawOptions draw;
  diptych::SoftCapOptions cap;
  std::vector<std::string> scores;
  std::vector<std::string> weights;
  std::filesystem::path mix;
  std::filesystem::path each;
  StageArguments stage;
};

struct MixArguments {
  diptych::SampleInputs inputs;
  diptych::MixOptions mix;
  std::vector<std::string> scores;
  StageArguments stage;
};

constexpr const char* kSampleExamples =
    "Draws pairs with chances in proportion to exp(score), from which --penalty is taken each time "
    "a\n"
    "pair is drawn: FLYT's soft cap sampling. A pair that is drawn three times is there three "
    "times.\n"
    "Scores are those of curate score --each DIR --scores-only; of several DIRs they are added up, "
    "by\n"
    "the weights of --weight or --mix.\n"
    "Examples:\n"
    "  diptych curate score web --clip --each clip-scores --scores-only\n"
    "  diptych curate sample web --scores-from clip-scores --weight 20 --draws 100 --each drawn";

constexpr const char* kMixExamples =
    "Learns what to multiply each scorer's scores by, from pairs that are known to be good: a "
    "logistic\n"
    "regression that tells them from the others.\n"
    "Examples:\n"
    "  diptych curate score web --clip --each clip-scores --scores-only\n"
    "  diptych curate mix web --scores-from clip-scores --good good.txt --out mix.json";

/// The files of scores of each shard, a scorer's in each folder.
std::vector<diptych::ShardScores> scores_of(const std::vector<std::string>& shards,
                                            const std::vector<std::string>& folders) {
  std::vector<diptych::ShardScores> scores;
  for (const std::string& shard : shards) {
    diptych::ShardScores& files = scores.emplace_back();
    for (const std::string& folder : folders) files.push_back(scores_file(folder, shard));
  }
  return scores;
}

double weight_of(const std::string& text) {
  double weight = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(weight))
    return weight;
  throw diptych::Error(diptych::ErrorCode::invalid_argument,
                       fmt::format("--weight: got {}, expected a number", printable(text)));
}

StageResult draw(const diptych::DrawOptions& options, bool json) {
  const diptych::DrawReport report = diptych::draw_samples(options);
  if (json) {
    Json all = samples_json(report.filter.files, report.filter.samples);
    all["draws"] = report.draws;
    all["most"] = report.most;
    print_json(all);
  } else {
    print_stage(report.filter.samples);
    print_line(fmt::format("{}, of one at most {}", counted(report.draws, "draw"), report.most));
  }
  return {finish_samples(report.filter.files, report.filter.samples),
          report.filter.samples.written};
}

int sample(SampleArguments arguments, Command command) {
  note_repeated(arguments.scores);
  const EachInput each =
      each_shard("sample", arguments.draw.inputs, arguments.each, command, arguments.stage.json);
  if (!arguments.mix.empty()) arguments.cap.mix = diptych::read_mix(arguments.mix);
  for (const std::string& weight : arguments.weights)
    arguments.cap.mix.weights.push_back(weight_of(weight));
  const std::vector<double>& weights = arguments.cap.mix.weights;
  for (std::size_t i = 0; i < std::min(weights.size(), arguments.scores.size()); ++i) {
    if (weights[i] == 0.0) print_note(arguments.scores[i] + " counts nothing: its weight is 0");
  }
  arguments.cap.scores = scores_of(each.inputs, arguments.scores);
  const diptych::SoftCap cap = diptych::find_soft_cap(arguments.cap);
  print_note(fmt::format("{} with all scores in all shards", counted(cap.pairs, "pair")));
  diptych::DrawOptions& options = arguments.draw;
  options.mix = arguments.cap.mix;
  options.penalty = arguments.cap.penalty;
  options.seed = arguments.cap.seed;
  options.cap = cap;
  options.stage = arguments.stage.stage;
  options.stage.is_part = true;
  return for_each_input(each, [&](const auto& input, std::size_t place, const auto& outputs) {
    options.inputs.sources = {input.string()};
    options.scores = arguments.cap.scores[place];
    options.out = outputs.front();
    return draw(options, arguments.stage.json);
  });
}

int mix(MixArguments arguments) {
  note_repeated(arguments.scores);
  arguments.mix.stage = arguments.stage.stage;
  arguments.mix.scores = scores_of(shard_names(arguments.inputs), arguments.scores);
  const diptych::MixReport report = diptych::learn_mix(arguments.mix);
  if (report.unknown_good > 0)
    print_note(fmt::format("good pairs without all scores: {}", report.unknown_good));
  if (arguments.stage.json) {
    print_json({{"weights", report.mix.weights},
                {"pairs", report.pairs},
                {"good", report.good},
                {"unknown_good", report.unknown_good},
                {"accuracy", report.accuracy},
                {"accuracies", report.accuracies}});
    return 0;
  }
  for (std::size_t i = 0; i < arguments.scores.size(); ++i) {
    print_line(fmt::format("{}: weight {:.4g}, alone {:.4f}", printable(arguments.scores[i]),
                           report.mix.weights[i], report.accuracies[i]));
  }
  print_line(fmt::format("mix: {:.4f} of the times a good pair scores higher than another",
                         report.accuracy));
  return 0;
}

void add_scores(Command command, std::vector<std::string>& scores) {
  command
      .list("--scores-from", scores,
            "what curate score --each wrote with one scorer; once for each scorer")
      .required();
}

}  // namespace

void add_curate_sample(Command curate) {
  auto arguments = std::make_shared<SampleArguments>();
  diptych::SoftCapOptions& cap = arguments->cap;
  const Command command = curate.command("sample", "Draw pairs by their scores, good ones often");
  command.list("SHARD", arguments->draw.inputs.sources, "shards, tables, folders").required();
  add_scores(command, arguments->scores);
  const Option weights = command.list("--weight", arguments->weights,
                                      "what a scorer's scores are multiplied by, one a scorer; "
                                      "default: 1");
  path_option(command, "--mix", arguments->mix, "the weights that curate mix learned")
      .excludes(weights);
  command.option("--draws", cap.draws, "how many, of all shards").at_least(1).required();
  command.option("--penalty", cap.penalty, "what a pair's score loses each time it is drawn")
      .at_least(0)
      .show_default();
  command.option("--seed", cap.seed, "of the draws").show_default();
  each_option(command, arguments->each).required();
  add_stage_threads(command, arguments->stage.stage);
  command.flag("--json", arguments->stage.json, "print the report as JSON");
  command.footer(kSampleExamples);
  command.runs([arguments, command] { return sample(*arguments, command); });
}

void add_curate_mix(Command curate) {
  auto arguments = std::make_shared<MixArguments>();
  const Command command = curate.command("mix", "Learn how to weigh scorers from good pairs");
  command.list("SHARD", arguments->inputs.sources, "shards, tables, folders").required();
  add_scores(command, arguments->scores);
  path_option(command, "--good", arguments->mix.good, "keys of good pairs, one a line").required();
  path_option(command, "--out", arguments->mix.out, "the weights, JSON").required();
  command.flag("--overwrite", arguments->stage.stage.overwrite, "replace FILE");
  command.flag("--json", arguments->stage.json, "print the report as JSON");
  command.footer(kMixExamples);
  command.runs([arguments] { return mix(*arguments); });
}
