#include <diptych/encoder.h>
#include <diptych/matrix.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "model_options.h"
#include "pictures.h"
#include "records.h"

namespace {

using Paths = std::vector<std::filesystem::path>;

/// Measured with the embedded model (bench/duplicate_threshold): above it are all copies in another
/// format, quality or size and with 3 % cut off, below it all different pictures by far.
constexpr double kDefaultThreshold = 0.97;

struct DuplicatesArguments {
  ModelOptions model;
  PictureInputs pictures;
  double threshold = kDefaultThreshold;
  bool names_threshold = false;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kDuplicatesExamples =
    "A group has every picture whose cosine similarity to another one of it reaches the "
    "threshold.\n"
    "The default, 0.97, holds for the embedded model: it finds copies in other formats, sizes and\n"
    "qualities; 0.9 also most greyed ones and those with a tenth cut off at each side. Files with\n"
    "the same bytes are named as such. Nothing is changed or removed.\n"
    "Examples:\n"
    "  diptych duplicates photos/\n"
    "  diptych duplicates photos/ backup/ --threshold 0.9 --csv";

/// Which pictures are together: a forest in which every tree is a group.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count), nearest_(count, -1.0F) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  void join(std::size_t a, std::size_t b, float similarity) {
    nearest_[a] = std::max(nearest_[a], similarity);
    nearest_[b] = std::max(nearest_[b], similarity);
    // The root is the first picture, so that groups are in the order of the pictures.
    const auto [first, last] = std::minmax({root(a), root(b)});
    parent_[last] = first;
  }
  /// The similarity of a picture to that of its group which it is most like.
  float nearest(std::size_t place) const { return nearest_[place]; }
  /// The groups of two and more.
  std::vector<std::vector<std::size_t>> all() {
    std::map<std::size_t, std::vector<std::size_t>> by_root;
    for (std::size_t i = 0; i < parent_.size(); ++i) by_root[root(i)].push_back(i);
    std::vector<std::vector<std::size_t>> groups;
    for (auto& [first, places] : by_root) {
      if (places.size() > 1) groups.push_back(std::move(places));
    }
    return groups;
  }

 private:
  std::size_t root(std::size_t place) {
    while (parent_[place] != place) place = parent_[place] = parent_[parent_[place]];
    return place;
  }

  std::vector<std::size_t> parent_;
  std::vector<float> nearest_;
};

/// Rows [first, first + count) of a matrix.
diptych::Matrix part_of(const diptych::Matrix& matrix, std::size_t first, std::size_t count) {
  diptych::Matrix part;
  part.rows = count;
  part.columns = matrix.columns;
  const auto begin = matrix.values.begin() + static_cast<std::ptrdiff_t>(first * matrix.columns);
  part.values.assign(begin, begin + static_cast<std::ptrdiff_t>(count * matrix.columns));
  return part;
}

/// Compares every pair, a block of similarities at a time.
void join_similar(const diptych::Matrix& embeddings, double threshold, Groups& groups) {
  constexpr std::size_t kBlock = 256;
  // Of a row with itself rounding makes a little less than one.
  constexpr double kRounding = 1e-6;
  const double least = threshold - kRounding;
  for (std::size_t first = 0; first < embeddings.rows; first += kBlock) {
    const std::size_t count = std::min(kBlock, embeddings.rows - first);
    const diptych::Matrix block = part_of(embeddings, first, count);
    for (std::size_t other = first; other < embeddings.rows; other += kBlock) {
      const std::size_t others = std::min(kBlock, embeddings.rows - other);
      const diptych::Matrix cosines =
          diptych::similarities(block, part_of(embeddings, other, others));
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < others; ++j) {
          const float cosine = cosines.row(i)[j];
          if (first + i < other + j && cosine >= least) groups.join(first + i, other + j, cosine);
        }
      }
    }
  }
}

void print_group(const Json& group) {
  print_line(fmt::format("group {}: {}", group["group"].get<std::size_t>(),
                         counted(group["pictures"].size(), "picture")));
  for (const Json& picture : group["pictures"]) {
    const std::string same =
        picture.contains("same_bytes_as")
            ? fmt::format("  (same bytes as {})", printable(plain_text(picture["same_bytes_as"])))
            : "";
    print_line(fmt::format("  {:.4f}  {}{}", picture["similarity"].get<double>(),
                           printable(plain_text(picture["image"])), same));
  }
}

/// What was encoded, by row.
struct Encoded {
  Paths pictures;
  diptych::Matrix embeddings;
};

PictureRun encode(const DuplicatesArguments& options, const Paths& pictures, Encoded& encoded) {
  const diptych::Encoder encoder = make_encoder(options.model);
  const auto work = [&](const diptych::EncodedImages& part) {
    for (const std::size_t input : part.inputs) encoded.pictures.push_back(pictures[input]);
    encoded.embeddings.columns = part.rows.columns;
    encoded.embeddings.rows += part.rows.rows;
    encoded.embeddings.values.insert(encoded.embeddings.values.end(), part.rows.values.begin(),
                                     part.rows.values.end());
  };
  return encode_in_batches(encoder, pictures, {.decode = options.pictures.decode}, work);
}

int duplicates(const DuplicatesArguments& options) {
  if (!options.names_threshold && !options.model.model.empty() &&
      options.model.model != "pictogram") {
    print_note(
        fmt::format("the threshold of {} was measured for the embedded model; of another one "
                    "pictures of different things may reach it (--threshold)",
                    kDefaultThreshold));
  }
  Encoded encoded;
  const PictureRun run = encode(options, list_different_pictures(options.pictures), encoded);
  Groups groups(encoded.pictures.size());
  join_similar(encoded.embeddings, options.threshold, groups);
  const std::vector<std::size_t> same = diptych::first_with_same_bytes(encoded.pictures);
  for (std::size_t i = 0; i < same.size(); ++i) {
    if (same[i] != i) groups.join(same[i], i, 1.0F);
  }

  RecordWriter writer(options.format, {"group", "image", "similarity", "same_bytes_as"},
                      print_group, "pictures");
  std::size_t number = 0;
  std::size_t members = 0;
  for (const std::vector<std::size_t>& places : groups.all()) {
    Json group = {{"group", ++number}, {"pictures", Json::array()}};
    for (const std::size_t place : places) {
      Json picture = {{"image", path_json(encoded.pictures[place])},
                      {"similarity", groups.nearest(place)}};
      if (same[place] != place) picture["same_bytes_as"] = path_json(encoded.pictures[same[place]]);
      group["pictures"].push_back(picture);
    }
    members += places.size();
    writer.write(group);
  }
  writer.finish();
  if (encoded.pictures.size() == 1) print_note("one picture alone was compared with nothing");
  print_note(fmt::format("{} of {} among {}, at a cosine of {} and more", counted(number, "group"),
                         counted(members, "picture"), encoded.pictures.size(), options.threshold));
  return report(run, options.pictures);
}

}  // namespace

void add_duplicates(Command program) {
  auto options = std::make_shared<DuplicatesArguments>();
  const Command command =
      program.command("duplicates", "Find pictures that are there several times");
  add_model_options(command, options->model);
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/true);
  const Option threshold =
      command
          .option("--threshold", options->threshold,
                  "cosine similarity from which pictures are one, -1 to 1; default: 0.97")
          .at_least(-1, 1);
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "one JSON array of groups");
  command.footer(kDuplicatesExamples);
  command.runs([options, threshold] {
    options->names_threshold = threshold.given().has_value();
    return duplicates(*options);
  });
}
