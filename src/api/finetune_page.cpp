#include "api/finetune_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/html_text.h"

namespace diptych::api {
namespace {

constexpr std::string_view kHead =
    "<!doctype html>\n<meta charset=\"utf-8\">\n<title>diptych finetune</title>\n<style>\n"
    "body { font: 16px sans-serif; max-width: 44em; margin: 2em auto; }\n"
    "td, th { padding: .3em 1em; text-align: right; }\n"
    "polyline { fill: none; stroke: #1667b7; stroke-width: 2; }\n</style>\n";

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100.0 * *share) : "";
}

std::string row(std::string_view name, const std::optional<double>& before,
                const std::optional<double>& probe, const std::optional<double>& after) {
  return fmt::format("<tr><th>{}<td>{}<td>{}<td>{}\n", name, percent(before), percent(probe),
                     percent(after));
}

/// The held-out figure from before the first epoch on, over the whole width.
std::string curve(const FinetuneReport& report) {
  constexpr double kWidth = 600.0;
  constexpr double kHeight = 200.0;
  const double step = kWidth / static_cast<double>(std::max<std::size_t>(1, report.epochs.size()));
  std::string points = fmt::format("0,{:.1f}", kHeight * (1.0 - report.start.before));
  for (const FinetuneEpoch& epoch : report.epochs)
    points += fmt::format(" {:.1f},{:.1f}", step * epoch.epoch, kHeight * (1.0 - epoch.held_out));
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\"><rect width=\"{0}\" "
      "height=\"{1}\" "
      "fill=\"#f4f4f4\"/><polyline points=\"{2}\"/></svg>\n",
      kWidth, kHeight, points);
}

}  // namespace

std::string finetune_page(const FinetuneReport& report) {
  const FinetuneStart& start = report.start;
  std::string page(kHead);
  page +=
      fmt::format("<h1>{}</h1>\n<p>{} pictures to train on, {} to measure with{}.\n",
                  html_text(report.folder.filename().string()), start.trained_on, start.held_out,
                  start.classes == 0 ? "" : fmt::format(", {} classes", start.classes));
  page += fmt::format("<p>Image tower {}, text tower {}, learning rate {}, {} pairs a step.\n",
                      start.image_mode, start.text_mode, start.learning_rate, start.batch_size);
  page += "<table><tr><th><th>before<th>linear probe<th>after\n";
  page += row("held-out " + report.figure, start.before, start.linear_probe, report.after);
  if (report.retained_before)
    page += row("retained accuracy", report.retained_before, {}, report.retained_after);
  page += "</table>\n";
  if (report.best_epoch == 0) page += "<p>No epoch was better than the model as it was.\n";
  page += fmt::format("<h2>Held-out {} by epoch, 0 to 100 %</h2>\n", report.figure) + curve(report);
  for (const std::string& note : start.notes) page += "<p>" + html_text(note) + "\n";
  return page;
}

}  // namespace diptych::api

namespace diptych {

std::string to_json(const FinetuneReport& report) {
  using Json = nlohmann::ordered_json;
  const auto optional = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  Json epochs = Json::array();
  for (const FinetuneEpoch& epoch : report.epochs)
    epochs.push_back({{"epoch", epoch.epoch}, {"loss", epoch.loss}, {"held_out", epoch.held_out}});
  const FinetuneStart& start = report.start;
  const Json json = {{"figure", report.figure},
                     {"before", start.before},
                     {"linear_probe", optional(start.linear_probe)},
                     {"after", report.after},
                     {"best_epoch", report.best_epoch},
                     {"retained_before", optional(report.retained_before)},
                     {"retained_after", optional(report.retained_after)},
                     {"trained_on", start.trained_on},
                     {"held_out", start.held_out},
                     {"classes", start.classes},
                     {"image_mode", start.image_mode},
                     {"text_mode", start.text_mode},
                     {"lr", start.learning_rate},
                     {"batch_size", start.batch_size},
                     {"epochs", epochs},
                     {"stopped", report.stopped},
                     {"model", report.model.string()},
                     {"notes", start.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace diptych
