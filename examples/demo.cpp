// What is in these pictures? Classifies a folder of pictures by labels given as free text, in
// English and in Chinese, finds pictures by a sentence, and writes one HTML page with the answers.
//
//   demo PICTURES PAGE.html [MODEL]
//
// PICTURES/labels.tsv, where there is one, says the right labels of each picture (its file name and
// the labels, between tabs): wrong answers are then marked, and right ones counted. A folder with
// PICTURES/questions.tsv is asked those questions instead, each about one picture: its file name,
// what is asked about, and the labels, the right one first.
//
// All of diptych that it needs: a Model, an Encoder, Classifiers and a Gallery.
#include <diptych/classifier.h>
#include <diptych/encoder.h>
#include <diptych/error.h>
#include <diptych/gallery.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "demo_page.h"

namespace {

constexpr std::size_t kAnswersShown = 4;
constexpr std::size_t kMatchesShown = 4;

const std::vector<std::string> kEnglish = {"a cat",
                                           "a dog",
                                           "a penguin",
                                           "a butterfly",
                                           "a fish",
                                           "a horse",
                                           "a banana",
                                           "a strawberry",
                                           "an apple",
                                           "a hamburger",
                                           "a slice of pizza",
                                           "a birthday cake",
                                           "a cup of coffee",
                                           "a rocket",
                                           "a sailboat",
                                           "a bicycle",
                                           "a car",
                                           "a guitar",
                                           "a piano",
                                           "an umbrella",
                                           "a house",
                                           "a tree",
                                           "a flower",
                                           "a castle",
                                           "a crab",
                                           "a doughnut",
                                           "a drum",
                                           "a motorcycle",
                                           "a robot",
                                           "a ladybug",
                                           "a Christmas tree",
                                           "an alarm clock",
                                           "a camera",
                                           "a calculator",
                                           "a key"};
const std::vector<std::string> kChinese = {
    "猫",     "狗",     "企鹅",     "蝴蝶",   "鱼",   "马",   "香蕉",   "草莓",   "苹果",
    "汉堡",   "披萨",   "生日蛋糕", "咖啡",   "火箭", "帆船", "自行车", "汽车",   "吉他",
    "钢琴",   "雨伞",   "房子",     "树",     "花",   "城堡", "螃蟹",   "甜甜圈", "鼓",
    "摩托车", "机器人", "瓢虫",     "圣诞树", "闹钟", "相机", "计算器", "钥匙"};

constexpr const char* kWhereItFails =
    "A small model of drawings, icons and emoji: what it was not made for, it gets wrong, and says "
    "so with confidence. The right answer has a \u2713. Models of a CLIP that was trained on "
    "photographs (diptych models) know photographs and words in pictures; numbers, sides and "
    "negation are hard for all of them.";

/// A sentence with its language, and a label of the picture that it is meant to find.
struct Sentence {
  std::string text;
  std::string language;
  std::string meant;
};
const std::vector<Sentence> kSentences = {
    {"a musical instrument", "en", "a guitar"},
    {"a birthday party", "en", "a birthday cake"},
    {"a flying insect", "en", "a butterfly"},
    {"宠物", "zh", "猫"},
    {"太空", "zh", "火箭"},
    {"船", "zh", "帆船"},
};

/// The right labels of every picture, by file name.
using RightLabels = std::map<std::string, std::set<std::string>>;

/// The cells of every line; none where there is no such file.
std::vector<std::vector<std::string>> read_table(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
  }
  return rows;
}

RightLabels read_right_labels(const std::filesystem::path& pictures) {
  RightLabels labels;
  for (const auto& row : read_table(pictures / "labels.tsv"))
    if (!row.empty()) labels[row.front()].insert(row.begin() + 1, row.end());
  return labels;
}

/// A question about one picture. The first label is the right one.
struct OwnQuestion {
  std::string picture;
  std::string about;
  std::vector<std::string> labels;
};

std::vector<OwnQuestion> read_own_questions(const std::filesystem::path& pictures) {
  const std::filesystem::path path = pictures / "questions.tsv";
  std::vector<OwnQuestion> questions;
  for (const auto& row : read_table(path)) {
    if (row.size() < 4) {
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           path.string() + ": got a line of " + std::to_string(row.size()) +
                               " cells, expected a picture, what is asked about and two labels");
    }
    questions.push_back({row[0], row[1], {row.begin() + 2, row.end()}});
  }
  return questions;
}

bool is_right(const RightLabels& labels, const std::filesystem::path& picture,
              const std::string& label) {
  const auto known = labels.find(picture.filename().string());
  return known != labels.end() && known->second.contains(label);
}

/// `is_known` is false where there are no right labels to compare with.
Verdict judge(bool is_known, bool right) {
  if (!is_known) return Verdict::unknown;
  return right ? Verdict::right : Verdict::wrong;
}

Question ask(const diptych::Classifier& classifier, const diptych::Matrix& embedding,
             const std::filesystem::path& picture, const RightLabels& right,
             const std::string& title, const std::string& language) {
  Question question{title, language, {}};
  const diptych::Matrix scores = classifier.scores(embedding);
  for (const auto& [index, score] : diptych::largest(scores.row(0), kAnswersShown)) {
    const std::string& label = classifier.labels()[index];
    question.answers.push_back({label, score, is_right(right, picture, label)});
  }
  question.verdict =
      judge(right.contains(picture.filename().string()), question.answers.front().is_right);
  return question;
}

diptych::Matrix embedding_of(const diptych::Gallery& gallery, std::size_t index) {
  diptych::Matrix embedding(1, gallery.embeddings().columns);
  const auto row = gallery.embeddings().row(index);
  embedding.values.assign(row.begin(), row.end());
  return embedding;
}

/// Throws where the picture is not in the gallery.
std::size_t index_of(const diptych::Gallery& gallery, const std::string& picture) {
  for (std::size_t i = 0; i < gallery.size(); ++i)
    if (gallery.paths()[i].filename() == picture) return i;
  throw diptych::Error(diptych::ErrorCode::not_found,
                       "questions.tsv asks about " + picture + ", which could not be read");
}

/// Asks the questions in their order; those that follow each other about one picture stand
/// together.
std::vector<Classified> ask_own(const diptych::Encoder& encoder, const diptych::Gallery& gallery,
                                const std::vector<OwnQuestion>& questions) {
  std::vector<Classified> pictures;
  for (const OwnQuestion& question : questions) {
    const std::size_t index = index_of(gallery, question.picture);
    const std::filesystem::path& picture = gallery.paths()[index];
    if (pictures.empty() || pictures.back().picture != picture) pictures.push_back({picture, {}});
    const diptych::Classifier classifier(encoder, question.labels);
    const RightLabels right = {{question.picture, {question.labels.front()}}};
    pictures.back().questions.push_back(
        ask(classifier, embedding_of(gallery, index), picture, right, question.about, "en"));
  }
  return pictures;
}

std::vector<Classified> classify(const diptych::Encoder& encoder, const diptych::Gallery& gallery,
                                 const RightLabels& right) {
  const diptych::Classifier english(encoder, kEnglish);
  const diptych::Classifier chinese(encoder, kChinese);
  std::vector<Classified> pictures;
  for (std::size_t i = 0; i < gallery.size(); ++i) {
    const std::filesystem::path& picture = gallery.paths()[i];
    const diptych::Matrix embedding = embedding_of(gallery, i);
    pictures.push_back({picture,
                        {ask(english, embedding, picture, right, "English labels", "en"),
                         ask(chinese, embedding, picture, right, "Chinese labels", "zh")}});
  }
  return pictures;
}

std::vector<Search> search(const diptych::Gallery& gallery, const RightLabels& right) {
  std::vector<Search> searches;
  for (const Sentence& sentence : kSentences) {
    Search& search = searches.emplace_back(
        Search{sentence.text, sentence.language, gallery.find(sentence.text, kMatchesShown)});
    if (search.matches.empty()) continue;
    search.verdict =
        judge(!right.empty(), is_right(right, search.matches.front().path, sentence.meant));
  }
  return searches;
}

/// How many first answers are right, counted over all questions of the same title.
std::string count_right(const DemoPage& page) {
  std::map<std::string, std::pair<int, int>> counts;  // right, all
  const auto count = [&](const std::string& title, Verdict verdict) {
    if (verdict == Verdict::unknown) return;
    counts[title].first += verdict == Verdict::right ? 1 : 0;
    ++counts[title].second;
  };
  for (const Classified& classified : page.pictures)
    for (const Question& question : classified.questions) count(question.title, question.verdict);
  for (const Search& search : page.searches) count("Sentences", search.verdict);
  std::string text;
  for (const auto& [title, numbers] : counts) {
    text += (text.empty() ? "Right first answers: " : ", ") + title + " " +
            std::to_string(numbers.first) + " of " + std::to_string(numbers.second);
  }
  return text.empty() ? text : text + ".";
}

void print(const DemoPage& page) {
  for (const Classified& classified : page.pictures) {
    std::printf("%s\n", classified.picture.filename().c_str());
    for (const Question& question : classified.questions) {
      std::printf("  ");
      for (const Answer& answer : question.answers) {
        std::printf("  %s %.1f %%", answer.label.c_str(), 100.0 * answer.score);
      }
      std::printf("%s\n", question.verdict == Verdict::wrong ? "  (wrong)" : "");
    }
  }
  for (const Search& search : page.searches) {
    std::printf("\"%s\"\n   ", search.sentence.c_str());
    for (const auto& match : search.matches) {
      std::printf("  %s %.3f", match.path.filename().c_str(), match.similarity);
    }
    std::printf("%s\n", search.verdict == Verdict::wrong ? "  (wrong)" : "");
  }
}

std::string describe(const diptych::ModelInfo& info) {
  char millions[16];
  std::snprintf(millions, sizeof millions, "%.1f", static_cast<double>(info.parameters) / 1e6);
  return "Model: " + info.name + ", " + info.image_tower.architecture + " and " +
         info.text_tower.architecture + ", " + millions + " million parameters.";
}

DemoPage whole_page(const diptych::Encoder& encoder, const diptych::Gallery& gallery,
                    const std::filesystem::path& pictures) {
  const RightLabels right = read_right_labels(pictures);
  return {.title = "What is in these pictures?",
          .introduction =
              "Each label's share among all labels of a list (softmax); the best are "
              "shown, the right one with \u2713.",
          .pictures = classify(encoder, gallery, right),
          .searches = search(gallery, right)};
}

void run(const std::filesystem::path& pictures, const std::filesystem::path& page_path,
         const std::string& model) {
  const auto start = std::chrono::steady_clock::now();
  const diptych::Encoder encoder(diptych::Model::load(model));
  const diptych::Gallery gallery(encoder, {&pictures, 1});
  const std::vector<OwnQuestion> own = read_own_questions(pictures);
  DemoPage page = own.empty() ? whole_page(encoder, gallery, pictures)
                              : DemoPage{.title = "Where it fails",
                                         .introduction = kWhereItFails,
                                         .pictures = ask_own(encoder, gallery, own)};
  page.model = describe(encoder.model().info());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  char summary[160];
  std::snprintf(summary, sizeof summary,
                "%zu pictures and all labels encoded and compared in %.2f seconds, on the CPU, "
                "model loaded included.",
                gallery.size(), seconds.count());
  page.summary = summary;
  page.right = count_right(page);
  print(page);
  for (const diptych::Failure& failure : gallery.failures()) {
    std::cerr << "demo: " << failure.message << "\n";
  }
  std::ofstream file(page_path);
  if (!(file << to_html(page) << std::flush)) {
    throw diptych::Error(diptych::ErrorCode::io, "cannot write " + page_path.string());
  }
  if (!page.right.empty()) std::printf("%s\n", page.right.c_str());
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
