#include "shards.h"

#include <diptych/error.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "console.h"
#include "counted.h"
#include "inputs.h"
#include "json_text.h"
#include "progress.h"

namespace {

struct ListOptions {
  diptych::SampleInputs inputs;
  int threads = 0;
  bool json = false;
};

struct DoctorArguments {
  diptych::DoctorOptions doctor;
  bool no_captions = false;
  bool no_pictures = false;
  bool json = false;
};

constexpr const char* kListExamples =
    "Examples:\n"
    "  diptych shards list 'web/{000000..000001}.tar'\n"
    "  diptych shards list web --json";

constexpr const char* kDoctorExamples =
    "Reads every sample and decodes every picture. What is wrong is counted, the first of each "
    "kind\n"
    "named; the exit status is 1 when there was any. --repair copies the good samples into a new\n"
    "folder, shard by shard; the shards themselves are never touched.\n"
    "Examples:\n"
    "  diptych shards doctor web\n"
    "  diptych shards doctor 'web/{000000..000001}.tar' --repair clean";

std::string parts_text(const diptych::ShardSummary& shard) {
  std::string text;
  for (const auto& [extension, count] : shard.parts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, extension);
  return text;
}

Json shards_json(const std::vector<diptych::ShardSummary>& shards) {
  Json list = Json::array();
  for (const diptych::ShardSummary& shard : shards) {
    list.push_back({{"file", path_json(shard.file)},
                    {"samples", shard.samples},
                    {"bad", shard.bad},
                    {"bytes", shard.bytes},
                    {"parts", shard.parts}});
  }
  return list;
}

bool is_table(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  for (const char* ending : {".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst"})
    if (name.ends_with(ending)) return true;
  return false;
}

/// The exit status, once it is said that there was nothing to look at.
int refuse_none(std::uint64_t samples, const diptych::SampleInputs& inputs, int status) {
  if (samples > 0) return status;
  return report_nothing_found(
      fmt::format("samples: got none, expected some ({})", inputs.sources.front()), status);
}

/// The files of the inputs. Says which are named twice, and refuses columns where there is no
/// table.
std::vector<std::filesystem::path> checked_files(const diptych::SampleInputs& inputs) {
  const std::vector<std::filesystem::path> files = diptych::sample_files(inputs);
  note_repeated({files.begin(), files.end()});
  const diptych::SampleInputs usual;
  const bool has_columns = inputs.image_column != usual.image_column ||
                           inputs.caption_column != usual.caption_column ||
                           inputs.separator != usual.separator || !inputs.image_root.empty();
  if (has_columns && std::none_of(files.begin(), files.end(), is_table)) {
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("--csv-img-key, --csv-caption-key, --csv-separator, --image-root: got one for "
                    "inputs without a table, expected a .csv or .tsv file ({})",
                    inputs.sources.front()));
  }
  return files;
}

int list(const ListOptions& options) {
  checked_files(options.inputs);
  const diptych::ShardList list = diptych::list_shards(options.inputs, options.threads);
  std::uint64_t samples = 0;
  for (const diptych::ShardSummary& shard : list.shards) samples += shard.samples;
  if (options.json) {
    print_json({{"files", stage_json(list.files)}, {"shards", shards_json(list.shards)}});
  } else {
    for (const diptych::ShardSummary& shard : list.shards) {
      print_line(fmt::format("{}: {}, {} ({})", printable(shard.file),
                             counted(shard.samples, "sample"), counted(shard.bytes, "byte"),
                             printable(parts_text(shard))));
    }
    print_line(
        fmt::format("{}, {}", counted(list.shards.size(), "file"), counted(samples, "sample")));
  }
  return refuse_none(samples, options.inputs, finish_stage(list.files));
}

int doctor(DoctorArguments arguments) {
  arguments.doctor.rules.need_caption = !arguments.no_captions;
  arguments.doctor.rules.decode = !arguments.no_pictures;
  Progress progress("files");
  arguments.doctor.stage.progress = progress.callback();
  const diptych::DoctorReport report = diptych::check_shards(arguments.doctor);
  const bool is_repair = !arguments.doctor.repair.empty();
  if (arguments.json) {
    Json json = samples_json(report.shards.files, report.samples);
    json["shards"] = shards_json(report.shards.shards);
    if (is_repair) {
      json["repair"] = {{"files", report.repaired_files},
                        {"samples", report.repaired_samples},
                        {"joined", report.joined_samples}};
    }
    print_json(json);
  } else {
    print_line(fmt::format("{} in {}, {} good", counted(report.samples.read, "sample"),
                           counted(report.shards.files.read, "file"), report.samples.written));
    for (const auto& [reason, dropped] : report.samples.dropped)
      print_line(fmt::format("  {} {}", dropped.count, reason));
    for (const auto& [reason, dropped] : report.shards.files.dropped) {
      for (const std::string& example : dropped.examples)
        print_line(fmt::format("  file not used: {}", printable(example)));
    }
    for (const diptych::ShardSummary& shard : report.shards.shards) {
      if (shard.bad > 0) {
        print_line(fmt::format("{}: {} of {} bad", printable(shard.file), shard.bad,
                               counted(shard.samples, "sample")));
      }
    }
    if (is_repair) {
      print_line(fmt::format("{} in {}, {} of them put together",
                             counted(report.repaired_samples, "sample"),
                             counted(report.repaired_files, "clean shard"), report.joined_samples));
    }
  }
  return refuse_none(report.samples.read, arguments.doctor.inputs,
                     finish_samples(report.shards.files, report.samples));
}

void add_list(Command shards) {
  auto options = std::make_shared<ListOptions>();
  const Command command = shards.command("list", "Say how many samples and parts each shard has");
  command.list("SHARD", options->inputs.sources, "shards, tables, folders of shards, globs")
      .required();
  add_table_options(command, options->inputs);
  command.option("--threads", options->threads, "threads that read; default: one for each CPU")
      .at_least(1, 1024);
  command.flag("--json", options->json, "print JSON instead of text");
  command.footer(kListExamples);
  command.runs([options] { return list(*options); });
}

void add_doctor(Command shards) {
  auto arguments = std::make_shared<DoctorArguments>();
  diptych::DoctorOptions& doctor_options = arguments->doctor;
  const Command command = shards.command("doctor", "Find what is wrong with shards and tables");
  command.list("SHARD", doctor_options.inputs.sources, "shards, tables, folders of shards, globs")
      .required();
  command
      .option("--min-side", doctor_options.rules.min_side,
              "least width and height of a picture in pixels; 0: any")
      .at_least(0, 16384)
      .show_default();
  command.option("--json-text-key", doctor_options.rules.json_text_key,
                 "where captions are in the json part; default: in the txt part");
  command.flag("--no-captions", arguments->no_captions, "samples need no caption");
  command.flag("--no-pictures", arguments->no_pictures, "do not decode pictures: much faster");
  path_option(command, "--repair", doctor_options.repair,
              "a new folder for clean copies of tar shards");
  add_table_options(command, doctor_options.inputs);
  add_stage_threads(command, doctor_options.stage);
  command.flag("--json", arguments->json, "print the report as JSON");
  command.footer(kDoctorExamples);
  command.runs([arguments, command] {
    arguments->doctor.stage.command = folder_command(command, arguments->doctor.inputs);
    return doctor(*arguments);
  });
}

std::uintmax_t files_below(const std::filesystem::path& folder) {
  std::uintmax_t count = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator file(folder, error);
  for (; !error && file != std::filesystem::recursive_directory_iterator(); file.increment(error))
    ++count;
  return count;
}

}  // namespace

void add_table_options(Command command, diptych::SampleInputs& inputs) {
  command.option("--csv-img-key", inputs.image_column, "tables: the column of the picture's path")
      .show_default();
  command.option("--csv-caption-key", inputs.caption_column, "tables: the column of the caption")
      .show_default();
  command
      .option(
          "--csv-separator",
          [&inputs](const std::string& text) {
            inputs.separator = text == "\\t" ? '\t' : text.front();
          },
          "tables: what separates fields; default: what fits the header")
      .check([](const std::string& text) { return text.size() == 1 || text == "\\t"; },
             "one character, or \\t");
  path_option(command, "--image-root", inputs.image_root,
              "tables: what relative paths of pictures start from");
}

std::string folder_command(Command command, const diptych::SampleInputs& inputs) {
  std::string text = command_without(command);
  for (const std::filesystem::path& file : checked_files(inputs)) {
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(file, error);
    const auto size = is_folder ? files_below(file) : std::filesystem::file_size(file, error);
    text +=
        fmt::format("{} ({} {})\n", file.string(), error ? 0 : size, is_folder ? "files" : "bytes");
  }
  return text;
}

EachInput each_shard(std::string stage, const diptych::SampleInputs& inputs,
                     std::filesystem::path folder, Command command, bool json) {
  return {.stage = std::move(stage),
          .inputs = shard_names(inputs),
          .folder = std::move(folder),
          .endings = {".tar"},
          .command = folder_command(command, inputs),
          .json = json};
}

std::vector<std::string> shard_names(const diptych::SampleInputs& inputs) {
  std::vector<std::string> names;
  for (const std::filesystem::path& file : checked_files(inputs)) names.push_back(file.string());
  return names;
}

Option add_per_shard(Command command, std::size_t& samples) {
  return command.option("--per-shard", samples, "samples in each shard but the last")
      .at_least(1)
      .show_default();
}

Json samples_json(const diptych::StageReport& files, const diptych::StageReport& samples) {
  return {{"files", stage_json(files)}, {"samples", stage_json(samples)}};
}

int finish_samples(const diptych::StageReport& files, const diptych::StageReport& samples) {
  const int status = finish_stage(files);
  return std::max(status, finish_stage(samples));
}

void add_shards(Command program) {
  const Command shards =
      program.command("shards", "Look after files of samples: check, list, pack, split, convert");
  shards.footer("Example:\n  diptych shards doctor web");
  add_doctor(shards);
  add_list(shards);
  add_shards_repack(shards);
}
