#include <diptych/filters.h>
#include <diptych/stage_folder.h>
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "counted.h"
#include "curate.h"
#include "curate_each.h"
#include "model_options.h"
#include "progress.h"
#include "shards.h"

namespace {

struct CurateDedupArguments {
  diptych::DedupOptions dedup;
  bool exact = false;
  bool by_meaning = false;
  diptych::SemanticDedupOptions meaning;
  ModelOptions model;
  std::filesystem::path fingerprints;
  std::filesystem::path each;
  StageArguments stage;
};

struct FingerprintArguments {
  diptych::SampleInputs inputs;
  std::filesystem::path each;
  StageArguments stage;
};

constexpr const char* kFingerprints = ".fingerprints";

constexpr const char* kFingerprintExamples =
    "Writes NAME.fingerprints for each shard: what dedup compares, 32 bytes a picture.\n"
    "Examples:\n"
    "  diptych curate fingerprint web --each prints\n"
    "  diptych curate dedup web --fingerprints prints --each web-once";

constexpr const char* kCurateDedupExamples =
    "Keeps the first of pictures that are copies: of the same bytes, or alike to the eye in "
    "another\n"
    "size, quality or format. Pictures of --against are left out altogether. With --semantic "
    "those\n"
    "are left out that mean the same as another one by a model's embeddings, as SemDeDup does.\n"
    "Examples:\n"
    "  diptych curate dedup web --out once\n"
    "  diptych curate dedup web --against eval.tar --out not-evaluated\n"
    "  diptych curate dedup web --semantic --keep-share 0.5 --out different";

StageResult print_filter(const diptych::FilterReport& report, bool json) {
  if (json) {
    print_json(samples_json(report.files, report.samples));
  } else {
    print_stage(report.samples);
  }
  return {finish_samples(report.files, report.samples), report.samples.written};
}

/// Finds the copies among all shards, unless a process did before.
void find_copies_once(const CurateDedupArguments& options, const std::vector<std::string>& shards,
                      const std::filesystem::path& copies) {
  std::error_code error;
  if (std::filesystem::exists(copies, error)) return;
  diptych::CopyOptions all{.fingerprints = {},
                           .against = options.dedup.against,
                           .distance = options.dedup.distance,
                           .out = copies,
                           .stage = options.stage.stage};
  for (const std::string& shard : shards)
    all.fingerprints.push_back(options.fingerprints /
                               (name_without_packing(shard) + kFingerprints));
  // Processes that start together write the same bytes.
  all.stage.overwrite = true;
  Progress progress("files of fingerprints");
  all.stage.progress = progress.callback();
  const diptych::StageReport report = diptych::find_copies(all);
  print_note(fmt::format("{} in all shards, {} are no copies", counted(report.read, "picture"),
                         report.written));
}

int dedup_each(const CurateDedupArguments& options, Command command) {
  const EachInput each =
      each_shard("dedup", options.dedup.inputs, options.each, command, options.stage.json);
  diptych::claim_folder(each.folder, each.stage, each.command);
  const std::filesystem::path copies = options.each / "dedup.copies";
  find_copies_once(options, each.inputs, copies);
  return for_each_input(each, [&](const auto& input, std::size_t place, const auto& outputs) {
    Progress progress("files");
    diptych::DedupPartOptions part{.inputs = options.dedup.inputs,
                                   .copies = copies,
                                   .part = place,
                                   .out = outputs.front(),
                                   .stage = options.stage.stage};
    part.stage.is_part = true;
    part.inputs.sources = {input.string()};
    part.stage.progress = progress.callback();
    return print_filter(diptych::dedup_part(part), options.stage.json);
  });
}

int dedup_by_meaning(CurateDedupArguments options, Command command) {
  diptych::SemanticDedupOptions& meaning = options.meaning;
  meaning.inputs = options.dedup.inputs;
  meaning.embedder = diptych::picture_embedder(make_encoder(options.model));
  meaning.out = options.dedup.out;
  meaning.samples_per_shard = options.dedup.samples_per_shard;
  meaning.stage = options.stage.stage;
  meaning.stage.command = folder_command(command, meaning.inputs);
  Progress progress("files");
  meaning.stage.progress = progress.callback();
  const diptych::SemanticDedupReport report = diptych::semantic_dedup_samples(meaning);
  if (options.stage.json) {
    Json json = samples_json(report.filter.files, report.filter.samples);
    json["clusters"] = report.clusters;
    json["similarity"] = report.similarity;
    print_json(json);
  } else {
    print_stage(report.filter.samples);
    print_line(fmt::format("{}, kept up to a similarity of {:.4f}",
                           counted(report.clusters, "cluster"), report.similarity));
  }
  return finish_samples(report.filter.files, report.filter.samples);
}

int dedup(CurateDedupArguments options, Command command) {
  options.stage.stage.threads = options.model.compute.threads;
  if (!options.by_meaning) command.refuse_unused(model_option_names(), "--semantic");
  if (options.by_meaning) return dedup_by_meaning(std::move(options), command);
  if (options.exact) options.dedup.distance = -1;
  if (!options.each.empty()) return dedup_each(options, command);
  options.dedup.stage = options.stage.stage;
  options.dedup.stage.command = folder_command(command, options.dedup.inputs);
  Progress progress("files");
  options.dedup.stage.progress = progress.callback();
  return print_filter(diptych::dedup_samples(options.dedup), options.stage.json).status;
}

StageResult fingerprint(diptych::FingerprintOptions options, bool json) {
  Progress progress("files");
  options.stage.progress = progress.callback();
  return print_filter(diptych::fingerprint_pictures(options), json);
}

int fingerprint_each(const FingerprintArguments& arguments, Command command) {
  return for_each_input({.stage = "fingerprint",
                         .inputs = shard_names(arguments.inputs),
                         .folder = arguments.each,
                         .endings = {kFingerprints},
                         .command = command_without(command, "SHARD"),
                         .json = arguments.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          diptych::FingerprintOptions options{.inputs = arguments.inputs,
                                                              .out = outputs.front(),
                                                              .stage = arguments.stage.stage};
                          options.inputs.sources = {input.string()};
                          options.stage.is_part = true;
                          return fingerprint(std::move(options), arguments.stage.json);
                        });
}

/// Declares what --semantic is about. What looks at pictures in another way has none of it.
void add_meaning(Command command, CurateDedupArguments& options,
                 const std::vector<Option>& others) {
  Option semantic = command.flag("--semantic", options.by_meaning,
                                 "leave out what means the same by a model's embeddings");
  for (const Option& other : others) semantic.excludes(other);
  const auto only = [&semantic](Option option) { return option.needs(semantic); };
  const Option similarity = only(command
                                     .option("--similarity", options.meaning.similarity,
                                             "cosine above which pictures mean the same")
                                     .at_least(-1, 1)
                                     .show_default());
  only(command
           .option("--keep-share", options.meaning.keep_share,
                   "share of the pictures that is kept, those least like another")
           .above_zero()
           .at_least(0, 1)
           .excludes(similarity));
  only(command
           .option("--clusters", options.meaning.clusters,
                   "clusters within which pictures are compared; default: one for each 10,000")
           .at_least(1));
  only(command.option("--seed", options.meaning.seed, "of the draw of the first centres")
           .show_default());
  add_model_options(command, options.model);
  add_compute_options(command, options.model.compute);
}

}  // namespace

void add_curate_dedup(Command curate) {
  auto options = std::make_shared<CurateDedupArguments>();
  const Command command = curate.command("dedup", "Leave out pictures that are there before");
  command.list("SHARD", options->dedup.inputs.sources, "shards, tables, folders").required();
  const Option against = command.list("--against", options->dedup.against.sources,
                                      "sets that a model will be evaluated on");
  const Option distance =
      command
          .option("--distance", options->dedup.distance,
                  "bits of 64 in which the perceptual hash of a copy may differ")
          .at_least(0, 7)
          .show_default();
  const Option exact =
      command.flag("--exact", options->exact, "only the same bytes are copies; decodes nothing")
          .excludes(distance);
  const Command target = command.exactly_one("Output", "where pairs go");
  path_option(target, "--out", options->dedup.out, "a new folder for the shards");
  Option each = each_option(target, options->each);
  Option fingerprints =
      path_option(command, "--fingerprints", options->fingerprints,
                  "with --each: where curate fingerprint wrote those of all shards");
  fingerprints.needs(each);
  each.needs(fingerprints);
  add_per_shard(command, options->dedup.samples_per_shard).excludes(each);
  add_meaning(command, *options, {against, distance, exact, each});
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.footer(kCurateDedupExamples);
  command.runs([options, command] { return dedup(*options, command); });
}

void add_curate_fingerprint(Command curate) {
  auto arguments = std::make_shared<FingerprintArguments>();
  const Command command =
      curate.command("fingerprint", "Take what dedup compares of each shard's pictures");
  command.list("SHARD", arguments->inputs.sources, "shards, tables, folders").required();
  each_option(command, arguments->each).required();
  add_stage_threads(command, arguments->stage.stage);
  command.flag("--json", arguments->stage.json, "print the report as JSON");
  command.footer(kFingerprintExamples);
  command.runs([arguments, command] { return fingerprint_each(*arguments, command); });
}
