#include <diptych/arrays.h>
#include <diptych/image.h>
#include <diptych/model.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "command.h"
#include "console.h"
#include "inputs.h"
#include "model_options.h"
#include "option_values.h"
#include "picture_options.h"
#include "progress.h"

namespace {

using diptych::Error;
using diptych::ErrorCode;
using diptych::Preprocessing;

struct Options {
  std::string model;
  std::optional<int> size;
  std::optional<diptych::ResizeMode> mode;
  std::optional<diptych::Interpolation> interpolation;
  std::string mean;
  std::string std;
  bool bytes = false;
  std::vector<std::string> pictures;
  diptych::DecodeOptions decode;
  std::string out;
  bool json = false;

  /// Whether it is said how, so that no model need be asked.
  bool says_how() const { return size || mode || interpolation || !mean.empty() || !std.empty(); }
};

constexpr float kLeastMean = -1e6F;
constexpr float kLeastStd = 1e-6F;

constexpr const char* kExamples =
    "Writes one array [3, size, size] a picture under the file's name.\n"
    "Examples:\n"
    "  diptych preprocess --model openai/ViT-B-32 photo.jpg --out pixels.safetensors\n"
    "  diptych preprocess --size 224 --resize shortest --interpolation bicubic --u8 photos/ --out "
    "bytes.safetensors";

/// "R,G,B" as numbers, all of them at least `least`.
std::array<float, 3> parse_triple(const char* option, const std::string& text, float least) {
  const std::vector<std::string> parts = split_list(text);
  std::array<float, 3> triple{};
  bool good = parts.size() == triple.size();
  for (std::size_t i = 0; good && i < triple.size(); ++i) {
    const char* end = parts[i].data() + parts[i].size();
    const auto [stop, error] = std::from_chars(parts[i].data(), end, triple[i]);
    good = error == std::errc() && stop == end && std::isfinite(triple[i]) && triple[i] >= least;
  }
  if (!good) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{}: got '{}', expected three numbers with commas between them, each "
                            "at least {}",
                            option, text, least));
  }
  return triple;
}

Preprocessing choose(const Options& options) {
  Preprocessing chosen;
  if (!options.model.empty() || !options.says_how()) {
    chosen = load_model(options.model).info().preprocessing;
  }
  chosen.size = options.size.value_or(chosen.size);
  chosen.mode = options.mode.value_or(chosen.mode);
  chosen.interpolation = options.interpolation.value_or(chosen.interpolation);
  if (!options.mean.empty()) chosen.mean = parse_triple("--mean", options.mean, kLeastMean);
  if (!options.std.empty()) chosen.std = parse_triple("--std", options.std, kLeastStd);
  return chosen;
}

/// [height, width, 3] -> [3, height, width].
std::vector<std::uint8_t> planes(const diptych::Image& image) {
  const std::size_t places = image.rgb.size() / 3;
  std::vector<std::uint8_t> bytes(image.rgb.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[(i % 3) * places + i / 3] = image.rgb[i];
  return bytes;
}

diptych::Array preprocess_one(const std::filesystem::path& picture, const Preprocessing& how,
                              const Options& options, diptych::PictureCounts& counts) {
  const diptych::Image image = diptych::load_preprocessed(picture, how, options.decode);
  counts.add(image.facts);
  diptych::Array array{{3, how.size, how.size}, {}};
  if (options.bytes) {
    array.values = planes(image);
  } else {
    std::vector<float> values(image.rgb.size());
    diptych::normalise(image, how, values);
    array.values = std::move(values);
  }
  return array;
}

void check_names(const std::vector<std::filesystem::path>& pictures) {
  std::map<std::string, std::filesystem::path> paths;
  for (const std::filesystem::path& picture : pictures) {
    const auto [first, is_new] = paths.emplace(picture.filename().string(), picture);
    if (!is_new) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("pictures: got two files called {}, expected different names ({}, {})",
                      first->first, first->second.string(), picture.string()));
    }
  }
}

void print_report(const std::vector<std::filesystem::path>& pictures,
                  const std::vector<diptych::Failure>& failures) {
  Json report = Json::array();
  for (const std::filesystem::path& picture : pictures) {
    report.push_back({{"image", picture.string()}, {"key", picture.filename().string()}});
  }
  for (const diptych::Failure& failure : failures) {
    report[failure.index].erase("key");
    report[failure.index]["error"] = failure.message;
  }
  print_json(report);
}

int preprocess(const Options& options) {
  diptych::check_writable(options.out);
  const std::vector<std::filesystem::path> given(options.pictures.begin(), options.pictures.end());
  diptych::SkippedFiles skipped;
  const std::vector<std::filesystem::path> pictures = diptych::expand_folders(given, &skipped);
  check_names(pictures);
  const Preprocessing how = choose(options);

  diptych::Arrays arrays;
  std::vector<diptych::Failure> failures;
  diptych::PictureCounts counts;
  {
    Progress progress("pictures");
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      try {
        arrays[pictures[i].filename().string()] = preprocess_one(pictures[i], how, options, counts);
      } catch (const Error& error) {
        failures.push_back({i, error.code(), error.what()});
      }
      progress.show(i + 1, pictures.size());
    }
  }
  if (!arrays.empty()) diptych::write_arrays(options.out, arrays);
  if (options.json) print_report(pictures, failures);
  print_skipped(skipped);
  print_picture_notes(counts, options.decode);
  return report_failures(failures, pictures.size());
}

}  // namespace

void add_preprocess(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("preprocess", "Write pictures as the image tower sees them");
  add_model_option(*command, options->model);
  const std::map<std::string, diptych::ResizeMode> modes = {
      {"shortest", diptych::ResizeMode::shortest},
      {"squash", diptych::ResizeMode::squash},
      {"longest", diptych::ResizeMode::longest}};
  const std::map<std::string, diptych::Interpolation> interpolations = {
      {"bicubic", diptych::Interpolation::bicubic}, {"bilinear", diptych::Interpolation::bilinear}};
  command->add_option("--size", options->size, "side of the square, in pixels")
      ->check(at_least(1, 16384));
  command->add_option("--resize", options->mode, "shortest (then centre crop), squash or longest")
      ->transform(choice(modes));
  command->add_option("--interpolation", options->interpolation, "bicubic or bilinear")
      ->transform(choice(interpolations));
  command->add_option("--mean", options->mean, "R,G,B, for values in [0, 1]");
  command->add_option("--std", options->std, "R,G,B: the tower sees (value - mean) / std");
  add_picture_options(*command, options->decode, /*upright=*/false);
  command->add_flag("--u8", options->bytes, "bytes before normalising instead of float32");
  command->add_flag("--json", options->json, "print one JSON array of what was done");
  command->add_option("--out", options->out, "file to write (.safetensors, .npy)")->required();
  add_list(*command, "IMAGE", options->pictures, "pictures, or folders with pictures")->required();
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return preprocess(*options); }; });
}
