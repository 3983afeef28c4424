#include <diptych/blank_text.h>
#include <diptych/encoder.h>
#include <diptych/error.h>
#include <diptych/picture_files.h>
#include <diptych/prompts.h>
#include <diptych/special_tokens.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "console.h"
#include "model_options.h"
#include "pictures.h"
#include "records.h"
#include "text_lines.h"

namespace {

using diptych::ErrorCode;

struct SearchArguments {
  ModelOptions model;
  std::string query;
  PictureInputs pictures;
  std::size_t top = 10;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kSearchExamples =
    "The number before a picture is its cosine similarity to the query, -1 to 1. Every picture is\n"
    "compared; nothing is kept from one search to the next. Similarities of words to pictures are\n"
    "lower than those of pictures to pictures, and compare only within one query.\n"
    "Examples:\n"
    "  diptych search \"a cat\" photos/\n"
    "  diptych search photos/cat.jpg photos/ --top 3 --json";

struct Match {
  std::filesystem::path picture;
  float similarity = 0.0F;
};

/// The best of what was seen so far, best first.
class BestMatches {
 public:
  explicit BestMatches(std::size_t count) : count_(count) {}

  void add(Match match) {
    const auto is_worse = [&](const Match& other) { return other.similarity < match.similarity; };
    const auto place = std::find_if(matches_.begin(), matches_.end(), is_worse);
    matches_.insert(place, std::move(match));
    if (matches_.size() <= count_) return;
    best_left_out_ = std::max(best_left_out_, matches_.back().similarity);
    matches_.pop_back();
  }
  const std::vector<Match>& matches() const { return matches_; }
  /// Whether one that was left out is as similar as the last one that was not.
  bool ends_among_equals() const {
    return !matches_.empty() && best_left_out_ == matches_.back().similarity;
  }

 private:
  std::size_t count_;
  float best_left_out_ = -2.0F;  // below every cosine
  std::vector<Match> matches_;
};

diptych::Matrix encode_picture(const diptych::Encoder& encoder, const SearchArguments& options) {
  const std::filesystem::path path = options.query;
  const diptych::EncodedImages encoded =
      encoder.encode_images({&path, 1}, {.decode = options.pictures.decode});
  return encoded.all();
}

/// What a query of words may hide.
void note_words(const std::string& query, const diptych::Model& model) {
  std::error_code unknown;
  if (std::filesystem::is_directory(query, unknown))
    print_note(fmt::format("{} is taken for words, though it is a folder's name too", query));
  if (query.starts_with('@') && std::filesystem::is_regular_file(query.substr(1), unknown))
    print_note(fmt::format("the query is the text '{}': no file is read for it", query));
  if (query.find('_') != std::string::npos) print_note("'_' in the query is no blank to the model");
  for (const std::string& note : diptych::query_notes(query)) print_note(note);
  if (model.info().tokenizer == "none") return;
  const int length = model.info().context_length;
  if (is_cut(model.tokenizer(), query, length))
    print_note(fmt::format("the query is longer than the model's {} tokens, and cut", length));
  if (diptych::has_unknown_words(model.tokenizer(), query))
    print_note("the query has words that the model does not know");
  if (diptych::has_special_tokens(model.tokenizer(), query))
    print_note("the query has what the tokenizer takes for a text's start or end");
  if (diptych::has_html_entities(model.tokenizer(), query))
    print_note("the query has HTML's spelling of characters, which the model takes for words");
}

/// A query is the picture of that name, or words.
diptych::Matrix encode_query(const diptych::Encoder& encoder, const SearchArguments& options) {
  const std::string& query = options.query;
  std::error_code unknown;
  if (std::filesystem::is_regular_file(query, unknown)) return encode_picture(encoder, options);
  if (diptych::has_picture_name(query)) {
    throw diptych::Error(
        ErrorCode::not_found,
        fmt::format("query: got {}, which is no file, expected words or a picture", query));
  }
  if (diptych::is_blank(query)) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         "query: got an empty one, expected words or a picture");
  }
  note_words(query, encoder.model());
  return encoder.encode_texts({&query, 1}).all();
}

void print_match(const Json& match) {
  print_line(fmt::format("{:7.4f}  {}", match["similarity"].get<double>(),
                         printable(plain_text(match["image"]))));
}

int search(const SearchArguments& options) {
  const std::vector<std::filesystem::path> pictures = list_different_pictures(options.pictures);
  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Matrix query = encode_query(encoder, options);
  BestMatches best(options.top);
  const auto work = [&](const diptych::EncodedImages& encoded) {
    const diptych::Matrix cosines = diptych::similarities(query, encoded.rows);
    for (std::size_t row = 0; row < encoded.inputs.size(); ++row) {
      best.add({pictures[encoded.inputs[row]], cosines.row(0)[row]});
    }
  };
  const PictureRun run =
      encode_in_batches(encoder, pictures, {.decode = options.pictures.decode}, work);
  RecordWriter writer(options.format, {"rank", "image", "similarity"}, print_match);
  std::size_t rank = 0;
  for (const Match& match : best.matches()) {
    writer.write(
        {{"rank", ++rank}, {"image", path_json(match.picture)}, {"similarity", match.similarity}});
  }
  writer.finish();
  if (best.ends_among_equals())
    print_note("further pictures are as similar as the last one shown; --top shows more");
  return report(run, options.pictures);
}

}  // namespace

void add_search(Command program) {
  auto options = std::make_shared<SearchArguments>();
  const Command command =
      program.command("search", "Find the pictures that fit words or a picture best");
  add_model_options(command, options->model);
  command.option("QUERY", options->query, "words, or a picture").required();
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/true);
  command.option("--top", options->top, "pictures shown; default: 10").above_zero();
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "one JSON array: rank, image, similarity");
  command.footer(kSearchExamples);
  command.runs([options] { return search(*options); });
}
