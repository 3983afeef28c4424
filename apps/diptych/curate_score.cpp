#include <diptych/arrays.h>
#include <diptych/filters.h>
#include <fmt/core.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "curate.h"
#include "curate_each.h"
#include "curate_scores.h"
#include "model_options.h"
#include "progress.h"
#include "shards.h"

namespace {

struct CurateScoreArguments {
  diptych::ScoreOptions score;
  ModelOptions model;
  bool clip = false;
  std::filesystem::path head;
  std::filesystem::path each;
  /// Where an earlier run by shard left its scores.
  std::filesystem::path scores_from;
  bool scores_only = false;
  StageArguments stage;
};

constexpr const char* kCurateScoreExamples =
    "Rules come first, each off unless given; what is left is scored: --clip by the cosine of "
    "picture\n"
    "and caption, --head by a linear head over picture embeddings (safetensors with weight and "
    "bias).\n"
    "Presets: datacomp is DataComp's basic filter (3 words, 6 characters, 200 pixels a side, "
    "aspect up\n"
    "to 3, English), laion LAION-400M's (5 characters, 5,000 bytes).\n"
    "By shard a top share is of all shards: --each SCORES --scores-only first, then --each DIR\n"
    "--scores-from SCORES --top-share S.\n"
    "Examples:\n"
    "  diptych curate score web --min-words 2 --out worded\n"
    "  diptych curate score web --clip --top-share 0.5 --out fitting";

void take_preset(const std::string& name, diptych::PairRules& rules) {
  if (name == "datacomp") {
    rules = {.least_words = 3,
             .least_characters = 6,
             .least_side = 200,
             .most_aspect = 3.0,
             .language = "en"};
  } else {
    rules = {.least_characters = 5, .least_bytes = 5000};
  }
}

diptych::PairScorer scorer_of(const CurateScoreArguments& options) {
  if (options.clip) return diptych::clip_scorer(make_encoder(options.model));
  if (options.head.empty()) return {};
  const diptych::Arrays arrays = diptych::read_arrays(options.head);
  const auto values = [&](const char* name) -> const std::vector<float>* {
    const auto array = arrays.find(name);
    return array == arrays.end() ? nullptr : std::get_if<std::vector<float>>(&array->second.values);
  };
  const auto* weight = values("weight");
  const auto* bias = values("bias");
  if (weight == nullptr || bias == nullptr || bias->size() != 1) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         fmt::format("head: got other arrays, expected weight and a bias of one "
                                     "number ({})",
                                     options.head.string()));
  }
  return diptych::head_scorer(make_encoder(options.model), *weight, bias->front());
}

StageResult score(CurateScoreArguments options) {
  Progress progress("files");
  options.score.stage.progress = progress.callback();
  const diptych::ScoreReport report = diptych::score_samples(options.score);
  if (options.stage.json) {
    Json json = samples_json(report.filter.files, report.filter.samples);
    json["scored"] = report.scored;
    json["mean"] = report.mean;
    json["least_kept"] = report.least_kept;
    print_json(json);
  } else {
    print_stage(report.filter.samples);
    if (report.scored > 0) {
      print_line(fmt::format("{} scored, {:.4f} on average, kept from {:.4f} on", report.scored,
                             report.mean, report.least_kept));
    }
  }
  return {finish_samples(report.filter.files, report.filter.samples),
          report.filter.samples.written};
}

/// Keeps what scored well in an earlier run by shard, of which all scores are there.
int score_each_again(CurateScoreArguments options, Command command) {
  const EachInput each =
      each_shard("score", options.score.inputs, options.each, command, options.stage.json);
  std::vector<std::filesystem::path> scores;
  for (const std::string& input : each.inputs)
    scores.push_back(scores_file(options.scores_from, input));
  if (options.score.top_share > 0.0) {
    const diptych::TopShare best = diptych::top_share_of(scores, options.score.top_share);
    if (!best.note.empty()) print_note(best.note);
    options.score.least_score = best.least;
    options.score.top_share = 0.0;
  }
  return for_each_input(each, [&](const auto& input, std::size_t place, const auto& outputs) {
    options.score.inputs.sources = {input.string()};
    options.score.scored = scores[place];
    options.score.out = outputs.front();
    return score(options);
  });
}

int score_each(CurateScoreArguments options, Command command) {
  options.score.stage.is_part = true;
  options.score.format = diptych::SampleFormat::tar;
  if (!options.scores_from.empty()) return score_each_again(std::move(options), command);
  options.score.scorer = scorer_of(options);
  // The scores may be of a run that ended between the two.
  options.score.stage.overwrite = true;
  std::vector<std::string> endings;
  if (options.score.scorer) endings.emplace_back(kScoresEnding);
  if (!options.scores_only) endings.emplace_back(".tar");
  return for_each_input({.stage = "score",
                         .inputs = shard_names(options.score.inputs),
                         .folder = options.each,
                         .endings = std::move(endings),
                         .command = command_without(command, "SHARD"),
                         .json = options.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          options.score.inputs.sources = {input.string()};
                          options.score.scores = options.score.scorer ? outputs.front() : "";
                          options.score.out = options.scores_only ? "" : outputs.back();
                          return score(options);
                        });
}

bool has_rules(const diptych::PairRules& rules) {
  return rules.least_words > 0 || rules.least_characters > 0 || rules.least_bytes > 0 ||
         rules.least_side > 0 || rules.most_aspect > 0.0 || !rules.language.empty();
}

/// Refuses what would keep all pairs without a word.
void check_used(const CurateScoreArguments& options, Command command) {
  const bool is_computed = options.clip || !options.head.empty();
  const bool is_scored = is_computed || !options.scores_from.empty();
  if (!is_scored) {
    command.refuse_unused({"--min-score", "--top-share", "--scores"},
                          "--clip, --head or --scores-from");
  }
  if (!is_computed) command.refuse_unused(model_option_names(), "--clip or --head");
  if (options.score.rules.language.empty())
    command.refuse_unused({"--language-model"}, "--language");
  if (is_scored || has_rules(options.score.rules)) return;
  throw diptych::Error(
      diptych::ErrorCode::invalid_argument,
      "score: got neither a rule nor scores, expected one of them to keep pairs by");
}

/// Throws Error(invalid_argument) for options that do not go together.
void check(const CurateScoreArguments& options) {
  const auto fail = [](const char* message) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument, message);
  };
  const bool is_scored = options.clip || !options.head.empty();
  if (options.scores_only && !is_scored)
    fail("--scores-only: got no scores, expected --clip or --head too");
  if (!options.each.empty() && options.score.top_share > 0.0 && options.scores_from.empty()) {
    fail(
        "--top-share: got --each, of which it is the share of all shards, expected --scores-from "
        "too (diptych curate score --help)");
  }
}

int score_all(CurateScoreArguments options, Command command) {
  check(options);
  check_used(options, command);
  options.score.stage = options.stage.stage;
  options.score.stage.threads = options.model.compute.threads;
  if (options.scores_only) options.score.least_score = -std::numeric_limits<double>::infinity();
  if (!options.each.empty()) return score_each(std::move(options), command);
  options.score.scorer = scorer_of(options);
  options.score.stage.command = folder_command(command, options.score.inputs);
  return score(std::move(options)).status;
}

void add_rules(Command command, diptych::PairRules& rules) {
  const Option preset =
      command
          .option(
              "--rules", [&rules](const std::string& name) { take_preset(name, rules); },
              "rules of a published filter, instead of those below")
          .one_of({"datacomp", "laion"});
  const std::vector<Option> own = {
      command.option("--min-words", rules.least_words, "least words of the caption"),
      command.option("--min-characters", rules.least_characters, "least characters of the caption"),
      command.option("--min-bytes", rules.least_bytes, "least bytes of the picture's file"),
      command.option("--min-side", rules.least_side, "least width and height in pixels")
          .at_least(0),
      command.option("--max-aspect", rules.most_aspect, "most of the longer side over the shorter")
          .at_least(1),
      command.option("--language", rules.language, "language of the caption, as en")};
  for (Option rule : own) rule.excludes(preset);
}

}  // namespace

void add_curate_score(Command curate) {
  auto options = std::make_shared<CurateScoreArguments>();
  diptych::ScoreOptions& score_options = options->score;
  const Command command = curate.command("score", "Leave out pairs that are too bad");
  command.list("SHARD", score_options.inputs.sources, "shards, tables, folders").required();
  add_rules(command, score_options.rules);
  command.option("--json-text-key", score_options.json_text_key,
                 "where captions are in the json part; default: in the txt part");
  path_option(command, "--language-model", score_options.language_model,
              "a fastText model for --language; default: CLD2");
  const Option clip =
      command.flag("--clip", options->clip, "score by the cosine of picture and caption");
  Option head =
      path_option(command, "--head", options->head, "score by this linear head over embeddings")
          .excludes(clip);
  Option least = command.option("--min-score", score_options.least_score,
                                "least score that is kept; default: 0");
  const Command target = command.exactly_one("Output", "where pairs go");
  path_option(target, "--out", score_options.out, "a new folder for the shards");
  const Option each = each_option(target, options->each);
  Option share = command.option("--top-share", score_options.top_share,
                                "share of the scored pairs that is kept, the best");
  share.above_zero().at_least(0, 1).excludes(least);
  command
      .flag("--scores-only", options->scores_only,
            "with --each: write the scores of each shard, and no shard")
      .needs(each)
      .excludes(least)
      .excludes(share);
  path_option(command, "--scores-from", options->scores_from,
              "with --each: keep by the scores that --each wrote to this folder, without a model")
      .needs(each)
      .excludes(clip)
      .excludes(head);
  path_option(command, "--scores", score_options.scores,
              "key and score of each pair, JSON Lines; with --each they are NAME.scores.jsonl")
      .excludes(each);
  add_per_shard(command, score_options.samples_per_shard).excludes(each);
  add_model_options(command, options->model);
  add_compute_options(command, options->model.compute);
  command.flag("--overwrite", options->stage.stage.overwrite, "replace the file of scores");
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.footer(kCurateScoreExamples);
  command.runs([options, command] { return score_all(*options, command); });
}
