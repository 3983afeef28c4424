#include <diptych/arrays.h>
#include <diptych/image.h>
#include <diptych/model.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "inputs.h"
#include "model_options.h"
#include "output_file.h"
#include "pictures.h"
#include "records.h"

namespace {

using diptych::Error;
using diptych::ErrorCode;
using diptych::Preprocessing;

struct PreprocessArguments {
  std::string model;
  std::optional<int> size;
  std::optional<diptych::ResizeMode> mode;
  std::optional<diptych::Interpolation> interpolation;
  std::string mean;
  std::string std;
  bool bytes = false;
  PictureInputs pictures;
  std::string out;
  bool overwrite = false;
  OutputFormat format = OutputFormat::text;

  /// Whether it is said how, so that no model need be asked.
  bool says_how() const { return size || mode || interpolation || !mean.empty() || !std.empty(); }
};

/// What the channels of pixels from 0 to 1 may have; those from 0 to 255 have others.
struct Range {
  float least;
  float most;
};
constexpr Range kMeans = {-1.0F, 1.0F};
constexpr Range kDeviations = {1e-6F, 1e6F};

/// What stands in a .safetensors file beside the arrays.
constexpr const char* kMetadataKey = "__metadata__";

constexpr const char* kPreprocessExamples =
    "Writes one array [3, size, size] a picture under the file's name.\n"
    "Examples:\n"
    "  diptych preprocess --model openai/ViT-B-32 photo.jpg --out pixels.safetensors\n"
    "  diptych preprocess --size 224 --resize shortest --interpolation bicubic --u8 photos/ --out "
    "bytes.safetensors";

/// "R,G,B" as numbers.
std::array<float, 3> parse_triple(const char* option, const std::string& text, Range range) {
  const std::vector<std::string> parts = split_list(text);
  std::array<float, 3> triple{};
  bool good = parts.size() == triple.size();
  for (std::size_t i = 0; good && i < triple.size(); ++i) {
    const char* end = parts[i].data() + parts[i].size();
    const auto [stop, error] = std::from_chars(parts[i].data(), end, triple[i]);
    good =
        error == std::errc() && stop == end && triple[i] >= range.least && triple[i] <= range.most;
  }
  if (!good) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{}: got '{}', expected three numbers with commas between them, each "
                            "from {} to {}, for pixels from 0 to 1",
                            option, text, range.least, range.most));
  }
  return triple;
}

Preprocessing choose(const PreprocessArguments& options) {
  Preprocessing chosen;
  if (!options.model.empty() || !options.says_how()) {
    const diptych::Model model = load_model(options.model);
    diptych::require_image_tower(model.info());
    chosen = model.info().preprocessing;
  }
  chosen.size = options.size.value_or(chosen.size);
  chosen.mode = options.mode.value_or(chosen.mode);
  chosen.interpolation = options.interpolation.value_or(chosen.interpolation);
  if (!options.mean.empty()) chosen.mean = parse_triple("--mean", options.mean, kMeans);
  if (!options.std.empty()) chosen.std = parse_triple("--std", options.std, kDeviations);
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
                              const PreprocessArguments& options, diptych::PictureCounts& counts) {
  const diptych::Image image = diptych::load_preprocessed(picture, how, options.pictures.decode);
  counts.add(image.facts);
  diptych::Array array{{3, image.height, image.width}, {}};
  if (options.bytes) {
    array.values = planes(image);
  } else {
    std::vector<float> values(image.rgb.size());
    diptych::normalise(image, how, values);
    array.values = std::move(values);
  }
  return array;
}

/// The name of a picture's array, which must be UTF-8.
std::string key_of(const std::filesystem::path& picture) {
  return path_text(picture.filename());
}

void check_names(const std::vector<std::filesystem::path>& pictures) {
  std::map<std::string, std::filesystem::path> paths;
  for (const std::filesystem::path& picture : pictures) {
    if (key_of(picture) == kMetadataKey) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("pictures: got one called {}, as safetensors calls what is no array, "
                              "expected another name ({})",
                              kMetadataKey, picture.string()));
    }
    const auto [first, is_new] = paths.emplace(key_of(picture), picture);
    if (!is_new) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("pictures: got two files called {}, expected different names ({}, {})",
                      first->first, first->second.string(), picture.string()));
    }
  }
}

/// All arrays are in memory until the last one is there.
void check_memory(std::size_t pictures, const Preprocessing& how, bool bytes) {
  constexpr double kGiB = 1 << 30;
  const double side = how.size;
  const double each = 3 * side * side * (bytes ? 1 : sizeof(float)) / kGiB;
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(sysconf(_SC_PAGESIZE)) / kGiB;
  if (each * static_cast<double>(pictures) <= memory) return;
  throw Error(ErrorCode::out_of_memory,
              fmt::format("output: got {} pictures of {:.3g} GiB each at size {}, expected less "
                          "than this machine's memory of {:.3g} GiB",
                          pictures, each, how.size, memory));
}

void print_nothing(const Json& /*record*/) {}

int preprocess(const PreprocessArguments& options) {
  diptych::check_writable(options.out);
  const std::vector<std::filesystem::path> pictures = list_pictures(options.pictures);
  diptych::check_writable(options.out, pictures.size());
  check_replaces_no_input(options.out, pictures, options.model);
  check_replaces_nothing(options.out, options.overwrite);
  check_names(pictures);
  if (options.bytes && (!options.mean.empty() || !options.std.empty()))
    print_note("--mean and --std are not used: --u8 writes bytes before they are normalised");
  const Preprocessing how = choose(options);
  check_memory(pictures.size(), how, options.bytes);

  diptych::Arrays arrays;
  RecordWriter writer(options.format, {"image", "key", "error"}, print_nothing);
  PictureRunMonitor monitor(pictures.size());
  bool goes_on = true;
  for (std::size_t i = 0; i < pictures.size() && goes_on; ++i) {
    std::vector<diptych::Failure> failures;
    diptych::PictureCounts counts;
    Json record = {{"image", path_json(pictures[i])}};
    try {
      const std::string key = key_of(pictures[i]);
      arrays[key] = preprocess_one(pictures[i], how, options, counts);
      record["key"] = key;
    } catch (const Error& error) {
      failures.push_back({i, error.code(), error.what()});
      record["error"] = error.what();
    }
    writer.write(record);
    goes_on = monitor.add(1 - failures.size(), failures, counts);
  }
  writer.finish();
  if (!arrays.empty()) {
    diptych::write_arrays(options.out, arrays, {}, existing_file(options.overwrite));
    if (options.format == OutputFormat::text)
      print_line(fmt::format("{}: {}", printable(options.out), counted(arrays.size(), "picture")));
  }
  return report(monitor.run(), options.pictures);
}

}  // namespace

void add_preprocess(Command program) {
  auto options = std::make_shared<PreprocessArguments>();
  const Command command =
      program.command("preprocess", "Write pictures as the image tower sees them");
  add_model_option(command, options->model);
  const std::map<std::string, diptych::ResizeMode> modes = {
      {"shortest", diptych::ResizeMode::shortest},
      {"squash", diptych::ResizeMode::squash},
      {"longest", diptych::ResizeMode::longest},
      {"patches", diptych::ResizeMode::patches}};
  const std::map<std::string, diptych::Interpolation> interpolations = {
      {"bicubic", diptych::Interpolation::bicubic}, {"bilinear", diptych::Interpolation::bilinear}};
  command.option("--size", options->size, "side of the square, in pixels").at_least(1, 16384);
  command.choice("--resize", options->mode, modes,
                 "shortest (then centre crop), squash or longest");
  command.choice("--interpolation", options->interpolation, interpolations, "bicubic or bilinear");
  command.option("--mean", options->mean, "R,G,B, for values in [0, 1]");
  command.option("--std", options->std, "R,G,B: the tower sees (value - mean) / std");
  command.flag("--u8", options->bytes, "bytes before normalising instead of float32");
  add_format_options(command, options->format, "one JSON array of what was done");
  command.option("--out", options->out, "file to write (.safetensors, .npy)").required();
  command.flag("--overwrite", options->overwrite, "replace the file if it is there already");
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/false);
  command.footer(kPreprocessExamples);
  command.runs([options] { return preprocess(*options); });
}
