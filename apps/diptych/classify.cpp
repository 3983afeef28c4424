#include <diptych/classifier.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "command.h"
#include "console.h"
#include "inputs.h"
#include "model_options.h"
#include "option_values.h"
#include "progress.h"

namespace {

using diptych::ErrorCode;

struct Options {
  ModelOptions model;
  std::string labels;
  std::string labels_file;
  std::vector<std::string> templates;
  std::string template_set;
  std::vector<std::string> pictures;
  std::size_t top = 5;
  bool json = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych classify --labels \"a cat,a rocket,a slice of pizza\" picture.png\n"
    "  diptych classify --labels-file names.txt --templates openai_80 --top 3 --json photos/";

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

/// The answer for every picture, best label first, in the order of the pictures.
class Answers {
 public:
  Answers(const std::vector<std::filesystem::path>& pictures, const diptych::Classifier& classifier,
          const diptych::EncodedImages& encoded, std::size_t top)
      : pictures_(pictures), labels_(classifier.labels()), failures_(encoded.failures) {
    const diptych::Matrix scores = classifier.scores(encoded.rows);
    ranked_.resize(pictures.size());
    for (std::size_t row = 0; row < scores.rows; ++row) {
      ranked_[encoded.inputs[row]] = diptych::largest(scores.row(row), top);
    }
  }

  void print_text() const {
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      if (ranked_[i].empty()) continue;
      print_line(pictures_[i].string());
      for (const auto& [label, score] : ranked_[i]) {
        print_line(fmt::format("  {:6.2f} %  {}", 100.0 * score, labels_[label]));
      }
    }
  }

  void print_as_json() const {
    Json answers = Json::array();
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      Json& answer = answers.emplace_back(Json{{"image", pictures_[i].string()}});
      if (ranked_[i].empty()) continue;
      for (const auto& [label, score] : ranked_[i]) {
        answer["labels"].push_back({{"label", labels_[label]}, {"score", score}});
      }
    }
    for (const diptych::Failure& failure : failures_) {
      answers[failure.index]["error"] = failure.message;
    }
    print_json(answers);
  }

 private:
  const std::vector<std::filesystem::path>& pictures_;
  const std::vector<std::string>& labels_;
  const std::vector<diptych::Failure>& failures_;
  std::vector<std::vector<diptych::Ranked>> ranked_;
};

int classify(const Options& options) {
  if (options.pictures.empty()) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         "pictures: got none, expected files or folders");
  }
  const std::vector<std::string> labels = read_labels(options);
  diptych::check_labels(labels);
  const std::vector<std::string> templates = read_templates(options);
  const std::vector<std::filesystem::path> given(options.pictures.begin(), options.pictures.end());
  const std::vector<std::filesystem::path> pictures = diptych::expand_folders(given);

  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Classifier classifier(encoder, labels, templates);
  diptych::EncodedImages encoded;
  {
    Progress progress("pictures");
    encoded = encoder.encode_images(pictures, {.progress = progress.callback()});
  }
  const Answers answers(pictures, classifier, encoded, options.top);
  options.json ? answers.print_as_json() : answers.print_text();
  return report_failures(encoded.failures, pictures.size());
}

}  // namespace

void add_classify(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("classify", "Say which label fits each picture best");
  add_model_option(*command, options->model.model);
  add_image_size_option(*command, options->model.load);
  add_load_options(*command, options->model.load);
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
  command->add_flag("--json", options->json, "print one JSON array instead of text");
  add_list(*command, "IMAGE", options->pictures, "pictures, or folders with pictures");
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return classify(*options); }; });
}
