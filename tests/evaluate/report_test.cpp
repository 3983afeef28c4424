#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "diptych/evaluate.h"

namespace diptych {
namespace {

using Json = nlohmann::json;

const ClassificationReport kClassification = {.images = 4,
                                              .classes = 3,
                                              .accuracy = {{1, 0.5}, {5, 0.75}},
                                              .mean_per_class_recall = 0.25,
                                              .per_class = {{"狗", 4, 0.5}}};

TEST(ReportJson, HoldsEveryFigureOfZeroShot) {
  ZeroShotReport report;
  report.classification = kClassification;
  report.templates = 80;
  report.prompts = {"一张狗的照片"};
  report.notes = {"top-5 is left out"};
  report.failures = {{7, ErrorCode::corrupt_data, "bad \xFF.jpg"}};
  EXPECT_EQ(Json::parse(to_json(report)),
            Json::parse(R"({"templates": 80, "images": 4, "classes": 3, "top1": 0.5, "top5": 0.75,
                            "mean_per_class_recall": 0.25,
                            "per_class": [{"name": "狗", "images": 4, "recall": 0.5}],
                            "prompts": ["一张狗的照片"],
                            "notes": ["top-5 is left out"],
                            "failed": [{"code": "corrupt_data", "error": "bad \ufffd.jpg"}]})"));
  EXPECT_EQ(Json::parse(to_json(kClassification))["top5"], 0.75);
}

TEST(ReportJson, HoldsEveryFigureOfRetrieval) {
  RetrievalReport report;
  report.image_to_text = {5, 1, {{1, 0.25}}, 1.5, 2.0};
  report.text_to_image = {6, 0, {{1, 0.5}}, 1.0, 3.0};
  report.mean_recall = 0.375;
  EXPECT_EQ(Json::parse(to_json(report)), Json::parse(R"({
      "image_to_text": {"queries": 5, "without_answer": 1, "r1": 0.25, "median_rank": 1.5, "mean_rank": 2.0},
      "text_to_image": {"queries": 6, "without_answer": 0, "r1": 0.5, "median_rank": 1.0, "mean_rank": 3.0},
      "mean_recall": 0.375})"));
}

}  // namespace
}  // namespace diptych
