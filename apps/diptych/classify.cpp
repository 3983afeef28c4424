#include <diptych/classifier.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "command.h"
#include "console.h"
#include "inputs.h"
#include "model_options.h"
#include "option_values.h"
#include "pictures.h"
#include "records.h"
#include "sort_into.h"

namespace {

using diptych::ErrorCode;

struct Options {
  ModelOptions model;
  std::string labels;
  std::string labels_file;
  std::vector<std::string> templates;
  std::string template_set;
  PictureInputs pictures;
  SortOptions sort;
  std::size_t top = 5;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych classify --labels \"a cat,a rocket,a slice of pizza\" picture.png\n"
    "  diptych classify --labels-file names.txt --templates openai_80 --top 3 --json photos/\n"
    "  diptych classify --labels \"a cat,a rocket\" --sort-into sorted --copy photos/";

std::vector<std::string> read_labels(const Options& options) {
  if (options.labels_file.empty()) return split_list(options.labels);
  std::vector<std::string> labels = read_lines(options.labels_file);
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         fmt::format("labels: got an empty file, expected a label a line ({})",
                                     options.labels_file));
  }
  return labels;
}

std::vector<std::string> read_templates(const Options& options) {
  if (!options.template_set.empty()) return diptych::prompt_templates(options.template_set);
  if (!options.templates.empty()) return options.templates;
  return {std::string(diptych::kDefaultTemplate)};
}

Json labels_json(const diptych::Classifier& classifier, std::span<const float> scores,
                 std::size_t top) {
  Json labels = Json::array();
  for (const auto& [label, score] : diptych::largest(scores, top)) {
    labels.push_back({{"label", classifier.labels()[label]}, {"score", score}});
  }
  return labels;
}

void print_answer(const Json& answer) {
  if (!answer.contains("labels")) return;
  print_line(printable(plain_text(answer["image"])));
  for (const Json& label : answer["labels"]) {
    print_line(fmt::format("  {:6.2f} %  {}", 100.0 * label["score"].get<double>(),
                           label["label"].get<std::string>()));
  }
  if (answer.contains("sorted")) {
    print_line(fmt::format("  -> {}", printable(plain_text(answer["sorted"]))));
  }
}

std::vector<std::string> columns(const Options& options) {
  std::vector<std::string> columns = {"image", "rank", "label", "score", "error"};
  if (!options.sort.folder.empty()) columns.emplace_back("sorted");
  return columns;
}

int classify(const Options& options) {
  const std::vector<std::string> labels = read_labels(options);
  diptych::check_labels(labels);
  const std::vector<std::string> templates = read_templates(options);
  const std::vector<std::filesystem::path> pictures = list_pictures(options.pictures);

  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Classifier classifier(encoder, labels, templates);
  std::optional<Sorter> sorter;
  if (!options.sort.folder.empty()) sorter.emplace(options.sort, labels, options.pictures.given);
  RecordWriter writer(options.format, columns(options), print_answer);
  const auto work = [&](std::size_t, std::span<const std::filesystem::path> batch) {
    const diptych::EncodedImages encoded =
        encoder.encode_images(batch, {.decode = options.pictures.decode});
    const diptych::Matrix scores = classifier.scores(encoded.rows);
    const auto answer = [&](std::size_t row, Json& record) {
      record["labels"] = labels_json(classifier, scores.row(row), options.top);
      if (!sorter) return;
      const std::string best = record["labels"][0]["label"];
      record["sorted"] = path_json(sorter->put(batch[encoded.inputs[row]], best));
    };
    for (const Json& record : picture_records(batch, encoded.inputs, encoded.failures, answer)) {
      writer.write(record);
    }
    return BatchOutcome{encoded.failures, encoded.counts};
  };
  const PictureRun run = run_in_batches(pictures, options.model.encoder.batch, work);
  writer.finish();
  if (sorter) print_note(sorter->summary());
  return report(run, options.pictures);
}

}  // namespace

void add_classify(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("classify", "Say which label fits each picture best");
  add_model_option(*command, options->model.model);
  add_image_size_option(*command, options->model.load);
  auto* source = command->add_option_group("labels", "one of the two is required");
  source->add_option("--labels", options->labels, "labels, separated by commas");
  source->add_option("--labels-file", options->labels_file,
                     "file with a label a line, - for stdin");
  source->require_option(1);
  auto* prompts = command->add_option_group("prompts", "at most one of the two");
  add_list(*prompts, "--template", options->templates,
           "texts with {label} where the label goes; several are averaged; default: "
           "\"A photo of a {label}\"");
  prompts->add_option("--templates", options->template_set,
                      "a published set of templates: openai_80 or simple_7");
  prompts->require_option(0, 1);
  command->add_option("--top", options->top, "labels shown a picture; default: 5")
      ->check(above_zero());
  add_encoder_options(*command, options->model.encoder);
  add_format_options(*command, options->format, "one JSON array: image, labels, scores");
  add_sort_options(*command, options->sort);
  add_picture_inputs(*command, "IMAGE", options->pictures, /*upright=*/true);
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return classify(*options); }; });
}
