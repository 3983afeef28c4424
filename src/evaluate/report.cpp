#include <fmt/core.h>

#include <string_view>

#include "diptych/evaluate.h"
#include "json/json.h"

namespace diptych {
namespace {

void add_shares(OrderedJson& json, std::string_view prefix, const std::vector<TopK>& shares) {
  for (const TopK& top : shares) json[fmt::format("{}{}", prefix, top.k)] = top.share;
}

OrderedJson as_json(const ClassificationReport& report) {
  OrderedJson json = {{"images", report.images}, {"classes", report.classes}};
  add_shares(json, "top", report.accuracy);
  json["mean_per_class_recall"] = report.mean_per_class_recall;
  OrderedJson& per_class = json["per_class"] = OrderedJson::array();
  for (const ClassRecall& row : report.per_class)
    per_class.push_back({{"name", row.name}, {"images", row.images}, {"recall", row.recall}});
  return json;
}

OrderedJson as_json(const RetrievalMetrics& metrics) {
  OrderedJson json = {{"queries", metrics.queries}, {"without_answer", metrics.without_answer}};
  add_shares(json, "r", metrics.recall);
  json["median_rank"] = metrics.median_rank;
  json["mean_rank"] = metrics.mean_rank;
  return json;
}

/// File names in messages need not be UTF-8.
std::string dump(const OrderedJson& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::string to_json(const ClassificationReport& report) {
  return dump(as_json(report));
}

std::string to_json(const RetrievalReport& report) {
  return dump({{"image_to_text", as_json(report.image_to_text)},
               {"text_to_image", as_json(report.text_to_image)},
               {"mean_recall", report.mean_recall}});
}

std::string to_json(const ZeroShotReport& report) {
  OrderedJson json = {{"templates", report.templates}};
  json.update(as_json(report.classification));
  if (!report.prompts.empty()) json["prompts"] = report.prompts;
  json["notes"] = report.notes;
  OrderedJson& failed = json["failed"] = OrderedJson::array();
  for (const Failure& failure : report.failures)
    failed.push_back({{"code", name(failure.code)}, {"error", failure.message}});
  return dump(json);
}

}  // namespace diptych
