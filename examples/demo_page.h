#pragma once

#include <diptych/gallery.h>

#include <filesystem>
#include <string>
#include <vector>

struct Answer {
  std::string label;
  float score = 0.0F;     ///< 0 to 1
  bool is_right = false;  ///< as far as it is known
};

/// What is known of the first answer.
enum class Verdict { unknown, right, wrong };

/// The answers for one set of labels, best first.
struct Question {
  std::string title;
  std::string language;  ///< as HTML's lang: "en", "zh"
  std::vector<Answer> answers;
  Verdict verdict = Verdict::unknown;
};

struct Classified {
  std::filesystem::path picture;
  std::vector<Question> questions;
};

struct Search {
  std::string sentence;
  std::string language;
  std::vector<diptych::Gallery::Match> matches;
  Verdict verdict = Verdict::unknown;
};

struct DemoPage {
  std::string title;
  std::string introduction;  ///< what the answers are
  std::vector<Classified> pictures;
  std::vector<Search> searches;  ///< none: the page says nothing of them
  std::string model;             ///< one line about the model
  std::string summary;           ///< one line about the run
  std::string right;             ///< one line about how many answers are right; empty: unknown
};

/// One self-contained HTML document: the pictures are inside it. Throws diptych::Error(io) for a
/// picture that cannot be read.
std::string to_html(const DemoPage& page);
