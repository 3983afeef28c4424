// What is in these pictures? Classifies a folder of pictures by labels given as free text, in
// English and in Chinese, finds pictures by a sentence, and writes one HTML page with the answers.
//
//   demo PICTURES PAGE.html [MODEL]
//
// All of diptych that it needs: a Model, an Encoder, Classifiers and a Gallery.
#include <diptych/classifier.h>
#include <diptych/encoder.h>
#include <diptych/error.h>
#include <diptych/gallery.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>

#include "demo_page.h"

namespace {

constexpr std::size_t kAnswersShown = 4;
constexpr std::size_t kMatchesShown = 4;

const std::vector<std::string> kEnglish = {
    "a cat",           "a dog",       "a penguin",        "a butterfly",
    "a fish",          "a horse",     "a banana",         "a strawberry",
    "an apple",        "a hamburger", "a slice of pizza", "a birthday cake",
    "a cup of coffee", "a rocket",    "a sailboat",       "a bicycle",
    "a car",           "a guitar",    "a piano",          "an umbrella",
    "a house",         "a tree",      "a flower"};
const std::vector<std::string> kChinese = {"猫",   "狗",   "企鹅", "蝴蝶",   "鱼",   "马",
                                           "香蕉", "草莓", "苹果", "汉堡",   "披萨", "生日蛋糕",
                                           "咖啡", "火箭", "帆船", "自行车", "汽车", "吉他",
                                           "钢琴", "雨伞", "房子", "树",     "花"};

/// Sentences with their language.
const std::vector<std::pair<std::string, std::string>> kSentences = {
    {"a musical instrument", "en"},
    {"a birthday party", "en"},
    {"a flying insect", "en"},
    {"宠物", "zh"},
    {"太空", "zh"},
    {"船", "zh"},
};

Question ask(const diptych::Classifier& classifier, const diptych::Matrix& embedding,
             const std::string& title, const std::string& language) {
  Question question{title, language, {}};
  const diptych::Matrix scores = classifier.scores(embedding);
  for (const auto& [label, score] : diptych::largest(scores.row(0), kAnswersShown)) {
    question.answers.push_back({classifier.labels()[label], score});
  }
  return question;
}

std::vector<Classified> classify(const diptych::Encoder& encoder, const diptych::Gallery& gallery) {
  const diptych::Classifier english(encoder, kEnglish);
  const diptych::Classifier chinese(encoder, kChinese);
  std::vector<Classified> pictures;
  for (std::size_t i = 0; i < gallery.size(); ++i) {
    diptych::Matrix embedding(1, gallery.embeddings().columns);
    const auto row = gallery.embeddings().row(i);
    embedding.values.assign(row.begin(), row.end());
    pictures.push_back({gallery.paths()[i],
                        {ask(english, embedding, "English labels", "en"),
                         ask(chinese, embedding, "Chinese labels", "zh")}});
  }
  return pictures;
}

std::vector<Search> search(const diptych::Gallery& gallery) {
  std::vector<Search> searches;
  for (const auto& [sentence, language] : kSentences) {
    searches.push_back({sentence, language, gallery.find(sentence, kMatchesShown)});
  }
  return searches;
}

void print(const DemoPage& page) {
  for (const Classified& classified : page.pictures) {
    std::printf("%s\n", classified.picture.filename().c_str());
    for (const Question& question : classified.questions) {
      std::printf("  ");
      for (const Answer& answer : question.answers) {
        std::printf("  %s %.1f %%", answer.label.c_str(), 100.0 * answer.score);
      }
      std::printf("\n");
    }
  }
  for (const Search& search : page.searches) {
    std::printf("\"%s\"\n   ", search.sentence.c_str());
    for (const auto& match : search.matches) {
      std::printf("  %s %.3f", match.path.filename().c_str(), match.similarity);
    }
    std::printf("\n");
  }
}

std::string describe(const diptych::ModelInfo& info) {
  char millions[16];
  std::snprintf(millions, sizeof millions, "%.1f", static_cast<double>(info.parameters) / 1e6);
  return "Model: " + info.name + ", " + info.image_tower.architecture + " and " +
         info.text_tower.architecture + ", " + millions + " million parameters.";
}

void run(const std::filesystem::path& pictures, const std::filesystem::path& page_path,
         const std::string& model) {
  const auto start = std::chrono::steady_clock::now();
  const diptych::Encoder encoder(diptych::Model::load(model));
  const diptych::Gallery gallery(encoder, {&pictures, 1});
  DemoPage page{.model = describe(encoder.model().info()),
                .summary = {},
                .searches = search(gallery),
                .pictures = classify(encoder, gallery)};
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  char summary[160];
  std::snprintf(
      summary, sizeof summary,
      "%zu pictures and %zu labels encoded, compared and searched in %.2f seconds, on the "
      "CPU, model loaded included.",
      gallery.size(), kEnglish.size() + kChinese.size(), seconds.count());
  page.summary = summary;
  print(page);
  for (const diptych::Failure& failure : gallery.failures()) {
    std::cerr << "demo: " << failure.message << "\n";
  }
  std::ofstream file(page_path);
  if (!(file << to_html(page) << std::flush)) {
    throw diptych::Error(diptych::ErrorCode::io, "cannot write " + page_path.string());
  }
  std::printf("%s\nThe page is %s\n", summary, page_path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: demo PICTURES PAGE.html [MODEL]\n";
    return 2;
  }
  try {
    run(argv[1], argv[2], argc > 3 ? argv[3] : "");
  } catch (const diptych::Error& error) {
    std::cerr << "demo: " << error.what() << "\n";
    return diptych::exit_status(error.code());
  } catch (const std::exception& error) {
    std::cerr << "demo: " << error.what() << "\n";
    return 70;
  }
  return 0;
}
