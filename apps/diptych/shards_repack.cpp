#include <diptych/error.h>
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "console.h"
#include "counted.h"
#include "curate_each.h"
#include "progress.h"
#include "shards.h"

namespace {

struct ShardsRepackArguments {
  diptych::RepackOptions repack;
  bool check_pictures = false;
  std::filesystem::path each;
  StageArguments stage;
};

constexpr const char* kPackExamples =
    "A folder stands for the pictures in and below it, each with the .txt and .json beside it;\n"
    "NAME_imgs.tsv for Chinese-CLIP's pictures, with the texts of NAME_texts.jsonl beside it;\n"
    "a folder with imgs/data.mdb and pairs/data.mdb for its databases.\n"
    "Samples without a picture or a caption are left out and counted.\n"
    "Examples:\n"
    "  diptych shards pack pairs --out packed\n"
    "  diptych shards pack train.csv --out packed-table --per-shard 1000\n"
    "  diptych shards pack web --each usable";

constexpr const char* kSplitExamples =
    "Keeps every sample that can be read, in order.\n"
    "Example:\n"
    "  diptych shards split large.tar --out small --per-shard 100";

constexpr const char* kMergeExamples =
    "Keeps every sample that can be read, in order.\n"
    "Example:\n"
    "  diptych shards merge 'web/{000000..000001}.tar' --out whole.tar";

constexpr const char* kShardsConvertExamples =
    "files: KEY.jpg, KEY.txt ... in a folder; csv, tsv: pictures and a table of them;\n"
    "chinese-clip: train_imgs.tsv and train_texts.jsonl; lmdb: Chinese-CLIP's databases of them;\n"
    "shards: webdataset tars.\n"
    "Examples:\n"
    "  diptych shards convert web --to files --out unpacked\n"
    "  diptych shards convert web --to chinese-clip --out chinese";

StageResult repack(ShardsRepackArguments options) {
  options.repack.stage = options.stage.stage;
  options.repack.rules.decode = options.check_pictures;
  Progress progress("files");
  options.repack.stage.progress = progress.callback();
  const diptych::RepackReport report = diptych::repack_samples(options.repack);
  if (options.stage.json) {
    print_json(samples_json(report.files, report.samples));
  } else {
    print_line(fmt::format("{} in {}, {} written", counted(report.samples.read, "sample"),
                           counted(report.files.read, "file"), report.samples.written));
    for (const auto& [reason, dropped] : report.samples.dropped)
      print_line(fmt::format("  {} dropped: {}", dropped.count, reason));
  }
  return {finish_samples(report.files, report.samples), report.samples.written};
}

/// Writes one tar for each source, with the source's own keys.
int repack_each(ShardsRepackArguments options, Command command) {
  options.repack.format = diptych::SampleFormat::tar;
  options.stage.stage.is_part = true;
  return for_each_input({.stage = "pack",
                         .inputs = shard_names(options.repack.inputs),
                         .folder = options.each,
                         .endings = {".tar"},
                         .command = command_without(command, "SOURCE"),
                         .json = options.stage.json},
                        [&](const auto& input, std::size_t, const auto& outputs) {
                          options.repack.inputs.sources = {input.string()};
                          options.repack.out = outputs.front();
                          return repack(options);
                        });
}

/// A file's name says to whoever reads it what it is.
void check_form(const diptych::RepackOptions& options, Command command) {
  using diptych::SampleFormat;
  const bool is_tar = options.format == SampleFormat::tar;
  if (is_tar && options.out.extension() != ".tar") {
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("--out: got {}, expected a name that ends in .tar", options.out.string()));
  }
  if (!is_tar && options.format != SampleFormat::shards)
    command.refuse_unused({"--per-shard"}, "--to shards");
}

/// What all four have but for where the output goes.
std::shared_ptr<ShardsRepackArguments> add_inputs(Command command, const char* inputs) {
  auto options = std::make_shared<ShardsRepackArguments>();
  command.list("SOURCE", options->repack.inputs.sources, inputs).required();
  add_table_options(command, options->repack.inputs);
  command.flag("--check-pictures", options->check_pictures,
               "leave out pictures that cannot be decoded or are under 16 pixels a side");
  add_stage_threads(command, options->stage.stage);
  command.flag("--json", options->stage.json, "print the report as JSON");
  command.runs([options, command] {
    if (!options->each.empty()) return repack_each(*options, command);
    check_form(options->repack, command);
    options->stage.stage.command = folder_command(command, options->repack.inputs);
    return repack(*options).status;
  });
  return options;
}

std::shared_ptr<ShardsRepackArguments> add_common(Command command, const char* inputs,
                                                  const char* out) {
  auto options = add_inputs(command, inputs);
  path_option(command, "--out", options->repack.out, out).required();
  return options;
}

void add_captions(Command command, ShardsRepackArguments& options) {
  command.option("--json-text-key", options.repack.rules.json_text_key,
                 "where captions are in the json part; default: in the txt part");
}

void add_packing(Command shards) {
  const Command command = shards.command("pack", "Make shards of files, tables or other shards");
  const auto options = add_inputs(command, "folders of pictures, tables, shards");
  const Command target = command.exactly_one("Output", "where samples go");
  path_option(target, "--out", options->repack.out, "a new folder for the shards");
  const Option each = each_option(target, options->each);
  options->repack.rules.need_picture = true;
  options->repack.rules.need_caption = true;
  add_captions(command, *options);
  add_per_shard(command, options->repack.samples_per_shard).excludes(each);
  command.footer(kPackExamples);
}

void add_splitting(Command shards) {
  const Command command = shards.command("split", "Cut shards into smaller ones");
  const auto options = add_common(command, "shards", "a new folder for the shards");
  add_per_shard(command, options->repack.samples_per_shard);
  command.footer(kSplitExamples);
}

void add_merging(Command shards) {
  const Command command = shards.command("merge", "Join shards to one");
  const auto options = add_common(command, "shards", "the tar");
  options->repack.format = diptych::SampleFormat::tar;
  command.flag("--overwrite", options->stage.stage.overwrite,
               "replace a tar that is there already");
  command.footer(kMergeExamples);
}

void add_converting(Command shards) {
  const Command command = shards.command("convert", "Write samples in another form");
  const auto options = add_common(command, "shards, tables, folders of pictures", "a new folder");
  using diptych::SampleFormat;
  command
      .choice("--to", options->repack.format,
              std::map<std::string, SampleFormat>{{"shards", SampleFormat::shards},
                                                  {"files", SampleFormat::files},
                                                  {"csv", SampleFormat::csv},
                                                  {"tsv", SampleFormat::tsv},
                                                  {"chinese-clip", SampleFormat::chinese_clip},
                                                  {"lmdb", SampleFormat::chinese_clip_lmdb}},
              "the form")
      .required();
  add_per_shard(command, options->repack.samples_per_shard);
  command.footer(kShardsConvertExamples);
}

}  // namespace

void add_shards_repack(Command shards) {
  add_packing(shards);
  add_splitting(shards);
  add_merging(shards);
  add_converting(shards);
}
