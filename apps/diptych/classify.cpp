#include <diptych/classifier.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "commands.h"
#include "console.h"
#include "labels.h"
#include "model_options.h"
#include "pictures.h"
#include "records.h"
#include "sort_into.h"

namespace {

struct ClassifyArguments {
  ModelOptions model;
  std::string labels;
  std::string labels_file;
  std::vector<std::string> templates;
  std::string template_set;
  PictureInputs pictures;
  SortOptions sort;
  std::size_t top = 5;
  bool independent = false;
  bool cosine = false;
  bool nearest = false;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kClassifyExamples =
    "Examples:\n"
    "  diptych classify --labels \"a cat,a rocket,a guitar\" picture.png\n"
    "  diptych classify --labels-file labels.txt --templates openai_80 --top 3 --json photos/\n"
    "  diptych classify --labels \"a cat,a rocket\" --sort-into sorted --copy photos/";

std::vector<std::string> read_labels(const ClassifyArguments& options) {
  return options.labels_file.empty() ? listed_labels(options.labels)
                                     : labels_in_file(options.labels_file);
}

std::vector<std::string> read_templates(const ClassifyArguments& options) {
  if (!options.template_set.empty()) return diptych::prompt_templates(options.template_set);
  diptych::check_templates(options.templates);
  return options.templates;
}

/// The answer, and the folder, of a picture that no label fits.
constexpr const char* kNoneOfThese = "none of these";

/// The cosine from which on a label fits; nothing where the model does not know, or nobody asks.
std::optional<float> fits_from(const diptych::Classifier& classifier,
                               const ClassifyArguments& options) {
  return options.nearest ? std::nullopt : classifier.fits_from();
}

/// What is computed for the pictures of a batch.
struct Scored {
  diptych::Matrix scores;
  diptych::Matrix cosines;
};

Json labels_json(const diptych::Classifier& classifier, const Scored& scored, std::size_t row,
                 const ClassifyArguments& options) {
  Json labels = Json::array();
  for (const auto& [label, score] : diptych::largest(scored.scores.row(row), options.top)) {
    Json& entry =
        labels.emplace_back(Json{{"label", classifier.labels()[label]}, {"score", score}});
    const float cosine = scored.cosines.row(row)[label];
    if (options.cosine) entry["cosine"] = cosine;
    if (const auto least = fits_from(classifier, options)) entry["fits"] = cosine >= *least;
    const std::vector<std::string> prompts = classifier.prompts(label);
    if (prompts.size() == 1) entry["prompt"] = prompts.front();
  }
  return labels;
}

/// The score, and the cosine where it is wanted beside it.
std::string numbers(const Json& label, bool are_cosines) {
  const auto score = label["score"].get<double>();
  if (are_cosines) return fmt::format("{:7.4f}", score);
  const std::string percent = fmt::format("{:6.2f} %", 100.0 * score);
  return label.contains("cosine")
             ? fmt::format("{}  {:7.4f}", percent, label["cosine"].get<double>())
             : percent;
}

void print_answer(const Json& answer) {
  if (!answer.contains("labels")) return;
  print_line(printable(plain_text(answer["image"])));
  if (answer.value("none_of_these", false)) print_line(fmt::format("  {}; nearest:", kNoneOfThese));
  const bool are_cosines = answer["scores"] == name(diptych::ScoreKind::cosine);
  for (const Json& label : answer["labels"]) {
    print_line(fmt::format("  {}  {}", numbers(label, are_cosines),
                           printable(label["label"].get<std::string>())));
  }
  if (answer.contains("sorted")) {
    print_line(fmt::format("  -> {}", printable(plain_text(answer["sorted"]))));
  }
}

std::vector<std::string> columns(const ClassifyArguments& options, bool has_limit) {
  std::vector<std::string> columns = {"image", "rank", "label", "score", "error"};
  if (options.cosine) columns.emplace_back("cosine");
  if (has_limit) columns.emplace_back("fits");
  if (!options.sort.folder.empty()) columns.emplace_back("sorted");
  return columns;
}

/// What has a folder of its own: the labels, and what fits none of them.
std::vector<std::string> folders(std::vector<std::string> labels, bool has_limit) {
  const bool is_label = std::find(labels.begin(), labels.end(), kNoneOfThese) != labels.end();
  if (has_limit && !is_label) labels.emplace_back(kNoneOfThese);
  if (has_limit && is_label)
    print_note(fmt::format("the label '{0}' and pictures that fit no label share a folder, '{0}'",
                           kNoneOfThese));
  return labels;
}

int classify(const ClassifyArguments& options) {
  const std::vector<std::string> labels = read_labels(options);
  diptych::check_labels(labels);
  const std::vector<std::string> templates = read_templates(options);
  const std::vector<std::filesystem::path> pictures = list_pictures(options.pictures);

  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Classifier classifier(
      encoder, labels, {.templates = templates, .independent = options.independent});
  for (const std::string& note : classifier.notes()) print_note(note);
  const bool has_limit = fits_from(classifier, options).has_value();
  std::optional<Sorter> sorter;
  if (!options.sort.folder.empty()) {
    sorter.emplace(options.sort, folders(labels, has_limit), options.pictures.given);
  }
  RecordWriter writer(options.format, columns(options, has_limit), print_answer, "labels");
  const auto work = [&](const diptych::EncodedImages& encoded) {
    const Scored scored = {classifier.scores(encoded.rows), classifier.cosines(encoded.rows)};
    const auto answer = [&](std::size_t row, Json& record) {
      record["scores"] = name(classifier.score_kind());
      record["labels"] = labels_json(classifier, scored, row, options);
      const Json& best = record["labels"][0];
      const bool none_fits = has_limit && !best["fits"].get<bool>();
      const std::string folder = none_fits ? kNoneOfThese : best["label"].get<std::string>();
      if (has_limit) record["none_of_these"] = none_fits;
      if (sorter) record["sorted"] = path_json(sorter->put(pictures[encoded.inputs[row]], folder));
    };
    for (const Json& record : picture_records(pictures, encoded.inputs, encoded.failures, answer)) {
      writer.write(record);
    }
  };
  const PictureRun run =
      encode_in_batches(encoder, pictures, {.decode = options.pictures.decode}, work);
  writer.finish();
  if (sorter) print_note(sorter->summary());
  return report(run, options.pictures);
}

}  // namespace

void add_classify(Command program) {
  auto options = std::make_shared<ClassifyArguments>();
  const Command command = program.command("classify", "Say which label fits each picture best");
  add_model_options(command, options->model);
  const Command source = command.exactly_one("labels", "one of the two is required");
  source.option("--labels", options->labels, "labels, separated by commas (also ， and 、)");
  source.option("--labels-file", options->labels_file,
                "file with a label a line, - for stdin, or a JSON array (.json)");
  add_template_options(command, options->templates, options->template_set);
  command.option("--top", options->top, "labels shown a picture; default: 5").above_zero();
  command.flag("--independent", options->independent,
               "scores that do not depend on the other labels: the sigmoid of a model with a "
               "logit bias (SigLIP; its scores are so always), the cosine of any other");
  command.flag("--cosine", options->cosine, "show the cosine similarity beside the score");
  command.flag("--nearest", options->nearest,
               "take the best label also where none fits: without it, a model that knows from "
               "which cosine on a label fits says 'none of these'");
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "one JSON array: image, labels, scores");
  add_sort_options(command, options->sort);
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/true);
  command.footer(kClassifyExamples);
  command.runs([options] { return classify(*options); });
}
