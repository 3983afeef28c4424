#include <diptych/classifier.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "command.h"
#include "console.h"
#include "labels.h"
#include "model_options.h"
#include "option_values.h"
#include "picture_options.h"
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
  diptych::DecodeOptions decode;
  std::size_t top = 5;
  bool independent = false;
  bool cosine = false;
  bool json = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych classify --labels \"a cat,a rocket,a slice of pizza\" picture.png\n"
    "  diptych classify --labels-file names.txt --templates openai_80 --top 3 --json photos/";

std::vector<std::string> read_labels(const Options& options) {
  return options.labels_file.empty() ? listed_labels(options.labels)
                                     : labels_in_file(options.labels_file);
}

std::vector<std::string> read_templates(const Options& options) {
  if (!options.template_set.empty()) return diptych::prompt_templates(options.template_set);
  diptych::check_templates(options.templates);
  return options.templates;
}

/// The answer for every picture, best label first, in the order of the pictures.
class Answers {
 public:
  Answers(const std::vector<std::filesystem::path>& pictures, const diptych::Classifier& classifier,
          const diptych::EncodedImages& encoded, const Options& options)
      : pictures_(pictures),
        classifier_(classifier),
        failures_(encoded.failures),
        with_cosine_(options.cosine),
        cosines_(classifier.cosines(encoded.rows)),
        rows_(pictures.size()),
        ranked_(pictures.size()) {
    const diptych::Matrix scores = classifier.scores(encoded.rows);
    for (std::size_t row = 0; row < scores.rows; ++row) {
      rows_[encoded.inputs[row]] = row;
      ranked_[encoded.inputs[row]] = diptych::largest(scores.row(row), options.top);
    }
  }

  void print_text() const {
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      if (ranked_[i].empty()) continue;
      print_line(pictures_[i].string());
      for (const diptych::Ranked& answer : ranked_[i]) {
        print_line(fmt::format("  {}  {}", numbers(i, answer), classifier_.labels()[answer.index]));
      }
    }
  }

  void print_as_json() const {
    Json answers = Json::array();
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      Json& answer = answers.emplace_back(Json{{"image", pictures_[i].string()}});
      if (ranked_[i].empty()) continue;
      answer["scores"] = name(classifier_.score_kind());
      for (const diptych::Ranked& label : ranked_[i]) answer["labels"].push_back(json_of(i, label));
    }
    for (const diptych::Failure& failure : failures_) {
      answers[failure.index]["error"] = failure.message;
    }
    print_json(answers);
  }

 private:
  float cosine(std::size_t picture, const diptych::Ranked& answer) const {
    return cosines_.row(rows_[picture])[answer.index];
  }

  std::string numbers(std::size_t picture, const diptych::Ranked& answer) const {
    const std::string cosine_text = fmt::format("{:7.4f}", cosine(picture, answer));
    if (classifier_.score_kind() == diptych::ScoreKind::cosine) return cosine_text;
    const std::string percent = fmt::format("{:6.2f} %", 100.0 * answer.score);
    return with_cosine_ ? percent + "  " + cosine_text : percent;
  }

  Json json_of(std::size_t picture, const diptych::Ranked& answer) const {
    Json json = {{"label", classifier_.labels()[answer.index]}, {"score", answer.score}};
    if (with_cosine_) json["cosine"] = cosine(picture, answer);
    const std::vector<std::string> prompts = classifier_.prompts(answer.index);
    if (prompts.size() == 1) json["prompt"] = prompts.front();
    return json;
  }

  const std::vector<std::filesystem::path>& pictures_;
  const diptych::Classifier& classifier_;
  const std::vector<diptych::Failure>& failures_;
  bool with_cosine_;
  diptych::Matrix cosines_;
  std::vector<std::size_t> rows_;  // by picture, of those with an answer
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
  diptych::SkippedFiles skipped;
  const std::vector<std::filesystem::path> pictures = diptych::expand_folders(given, &skipped);

  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Classifier classifier(
      encoder, labels, {.templates = templates, .independent = options.independent});
  for (const std::string& note : classifier.notes()) print_note(note);
  diptych::EncodedImages encoded;
  {
    Progress progress("pictures");
    encoded = encoder.encode_images(pictures,
                                    {.progress = progress.callback(), .decode = options.decode});
  }
  const Answers answers(pictures, classifier, encoded, options);
  options.json ? answers.print_as_json() : answers.print_text();
  print_skipped(skipped);
  print_picture_notes(encoded.counts, options.decode);
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
  source->add_option("--labels", options->labels, "labels, separated by commas (also ， and 、)");
  source->add_option("--labels-file", options->labels_file,
                     "file with a label a line, - for stdin, or a JSON array (.json)");
  source->require_option(1);
  add_template_options(*command, options->templates, options->template_set);
  command->add_option("--top", options->top, "labels shown a picture; default: 5")
      ->check(above_zero());
  add_picture_options(*command, options->decode, /*upright=*/true);
  command->add_flag("--independent", options->independent,
                    "scores that do not depend on the other labels: the sigmoid of a model with a "
                    "logit bias (SigLIP; its scores are so always), the cosine of any other");
  command->add_flag("--cosine", options->cosine, "show the cosine similarity beside the score");
  add_encoder_options(*command, options->model.encoder);
  command->add_flag("--json", options->json, "print one JSON array instead of text");
  add_list(*command, "IMAGE", options->pictures, "pictures, or folders with pictures");
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return classify(*options); }; });
}
