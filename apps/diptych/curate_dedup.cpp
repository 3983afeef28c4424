#include <diptych/filters.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "curate.h"
#include "progress.h"
#include "shards.h"

namespace {

struct Options {
  diptych::DedupOptions dedup;
  bool exact = false;
  StageArguments stage;
};

constexpr const char* kExamples =
    "Keeps the first of pictures that are copies: of the same bytes, or alike to the eye in "
    "another\n"
    "size, quality or format. Pictures of --against are left out altogether.\n"
    "Examples:\n"
    "  diptych curate dedup web --out once\n"
    "  diptych curate dedup web --against eval.tar --out not-evaluated";

int dedup(Options options) {
  options.dedup.stage = options.stage.stage;
  if (options.exact) options.dedup.distance = -1;
  Progress progress("files");
  options.dedup.stage.progress = progress.callback();
  const diptych::FilterReport report = diptych::dedup_samples(options.dedup);
  if (options.stage.json) {
    print_json(samples_json(report.files, report.samples));
  } else {
    print_stage(report.samples);
  }
  return finish_samples(report.files, report.samples);
}

}  // namespace

void add_curate_dedup(Command curate) {
  auto options = std::make_shared<Options>();
  const Command command = curate.command("dedup", "Leave out pictures that are there before");
  command.list("SHARD", options->dedup.inputs.sources, "shards, tables, folders").required();
  command.list("--against", options->dedup.against.sources,
               "sets that a model will be evaluated on");
  command
      .option("--distance", options->dedup.distance,
              "bits of 64 in which the perceptual hash of a copy may differ")
      .at_least(0, 7)
      .show_default();
  command.flag("--exact", options->exact, "only the same bytes are copies; decodes nothing");
  path_option(command, "--out", options->dedup.out, "a new folder for the shards").required();
  add_per_shard(command, options->dedup.samples_per_shard);
  add_stage_threads(command, options->stage.stage);
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.footer(kExamples);
  command.runs([options] { return dedup(*options); });
}
