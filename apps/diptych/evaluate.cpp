#include <diptych/evaluate.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "model_options.h"
#include "picture_options.h"
#include "progress.h"
#include "records.h"

namespace {

struct EvaluateArguments {
  ModelOptions model;
  std::string folder;
  std::string class_names;
  std::vector<std::string> templates;
  std::string template_set;
  diptych::DecodeOptions decode;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kEvaluateExamples =
    "FOLDER holds one folder of pictures a class, named as the class is.\n"
    "Examples:\n"
    "  diptych evaluate zeroshot val/\n"
    "  diptych evaluate zeroshot val/ --classnames names.txt --templates openai_80 --json";

diptych::ZeroShotOptions zeroshot_options(const EvaluateArguments& options) {
  diptych::ZeroShotOptions chosen;
  chosen.class_names = options.class_names;
  chosen.decode = options.decode;
  if (!options.template_set.empty()) {
    chosen.templates = diptych::prompt_templates(options.template_set);
  } else {
    diptych::check_templates(options.templates);
    chosen.templates = options.templates;
  }
  return chosen;
}

diptych::ZeroShotReport evaluate(const EvaluateArguments& options) {
  diptych::ZeroShotOptions chosen = zeroshot_options(options);
  const diptych::Encoder encoder = make_encoder(options.model);
  Progress texts("texts");
  Progress images("pictures");
  chosen.progress = [&](std::string_view what, std::size_t done, std::size_t total) {
    (what == "texts" ? texts : images).show(done, total);
  };
  return diptych::evaluate_zeroshot(encoder, options.folder, chosen);
}

void print_summary(const diptych::ZeroShotReport& report) {
  const diptych::ClassificationReport& figures = report.classification;
  print_line(fmt::format("{}, {}, {}", counted(figures.images, "picture"),
                         counted(figures.classes, "class"), counted(report.templates, "template")));
  for (const diptych::TopK& accuracy : figures.accuracy) {
    print_line(fmt::format("top-{:<18} {:6.2f} %", accuracy.k, 100.0 * accuracy.share));
  }
  print_line(fmt::format("{:<22} {:6.2f} %", "mean per-class recall",
                         100.0 * figures.mean_per_class_recall));
}

/// A figure a record: accuracies of all pictures, then the recall of every class.
void print_records(const diptych::ZeroShotReport& report, OutputFormat format) {
  const diptych::ClassificationReport& figures = report.classification;
  RecordWriter writer(format, {"figure", "class", "pictures", "value"}, {});
  const auto write = [&](const std::string& figure, const Json& name, std::size_t pictures,
                         double value) {
    writer.write({{"figure", figure}, {"class", name}, {"pictures", pictures}, {"value", value}});
  };
  for (const diptych::TopK& accuracy : figures.accuracy) {
    write(fmt::format("top{}", accuracy.k), {}, figures.images, accuracy.share);
  }
  write("mean_per_class_recall", {}, figures.images, figures.mean_per_class_recall);
  for (const diptych::ClassRecall& recall : figures.per_class) {
    write("recall", recall.name, recall.images, recall.recall);
  }
  writer.finish();
}

int zeroshot(const EvaluateArguments& options) {
  const diptych::ZeroShotReport report = evaluate(options);
  for (const std::string& note : report.notes) print_note(note);
  if (options.format == OutputFormat::text) {
    print_summary(report);
  } else if (options.format == OutputFormat::json) {
    print_line(diptych::to_json(report));
  } else {
    print_records(report, options.format);
  }
  print_skipped(report.skipped);
  print_picture_notes(report.counts, options.decode);
  return report_failures(report.failures, report.classification.images + report.failures.size());
}

}  // namespace

void add_evaluate(Command program) {
  const Command evaluate = program.command("evaluate", "Measure how good a model is");
  evaluate.footer("Example:\n  diptych evaluate zeroshot val/");

  auto options = std::make_shared<EvaluateArguments>();
  const Command command =
      evaluate.command("zeroshot", "Classify a folder of class folders by the classes' names");
  add_model_options(command, options->model);
  command.option("FOLDER", options->folder, "folder with one folder of pictures a class")
      .required();
  command.option("--classnames", options->class_names,
                 "file with the classes' names: JSON, or lines \"name\" in the order of the "
                 "folders, or lines \"folder<TAB>name\"; default: the folders' names");
  add_picture_options(command, options->decode, /*upright=*/false);
  add_template_options(command, options->templates, options->template_set);
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "JSON instead of text");
  command.footer(kEvaluateExamples);
  command.runs([options] { return zeroshot(*options); });
}
