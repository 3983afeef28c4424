#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "console.h"
#include "inputs.h"
#include "model_options.h"
#include "tower_profile.h"

namespace {

using diptych::Encoder;
using diptych::Matrix;
using diptych::Precision;

struct BenchTowersArguments {
  ModelOptions model;
  std::string precisions = "fp32,bf16,int8w,int8";
  std::string batches = "1,16";
  std::string text = "a photo of a small dog on a sunny beach";
  int rounds = 9;
  bool profile = false;
  bool json = false;
};

/// The inputs of every measurement: pictures of noise, and texts that share no beginning.
struct Inputs {
  std::vector<float> pixels;
  std::vector<std::string> texts;
  std::size_t picture_floats;
};

/// Of the clock, and of all threads' work, which is what counts where other programs run.
struct Seconds {
  double wall;
  double cpu;
};

/// One precision's encoder and what was measured of it.
struct Contender {
  Encoder encoder;
  Matrix images;  ///< features of the largest batch
  Matrix texts;
  std::vector<std::vector<Seconds>> seconds;  ///< for each work an input's, of each round
};

/// What is timed: pictures or texts, so many at a time.
struct Workload {
  bool pictures;
  std::size_t batch;
};

/// Nothing where a word of the list is none that can be measured.
std::optional<std::vector<Precision>> parse_precisions(const std::string& text) {
  std::vector<Precision> precisions;
  for (const std::string& word : split_list(text)) {
    const std::optional<Precision> found = diptych::find_precision(word);
    if (!found || *found == Precision::automatic) return std::nullopt;
    precisions.push_back(*found);
  }
  return precisions.empty() ? std::nullopt : std::optional(precisions);
}

/// Nothing where a word of the list is no number from 1 to 4096.
std::optional<std::vector<std::size_t>> parse_batches(const std::string& text) {
  constexpr std::size_t kMost = 4096;
  std::vector<std::size_t> batches;
  for (const std::string& word : split_list(text)) {
    std::size_t batch = 0;
    const char* end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, batch);
    if (parsed.ec != std::errc() || parsed.ptr != end || batch < 1 || batch > kMost)
      return std::nullopt;
    batches.push_back(batch);
  }
  return batches.empty() ? std::nullopt : std::optional(batches);
}

/// A text whose first two words are letters, so that no two of a batch begin alike: what they share
/// would be computed once.
std::string numbered(const std::string& text, std::size_t number) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  const std::size_t first = text.find(' ');
  const std::size_t second = first == std::string::npos ? first : text.find(' ', first + 1);
  return fmt::format("{} {}{}", kLetters[number % kLetters.size()],
                     kLetters[number / kLetters.size() % kLetters.size()],
                     second == std::string::npos ? "" : text.substr(second));
}

Inputs make_inputs(const diptych::ModelInfo& info, std::size_t batch, const std::string& text) {
  Inputs inputs;
  const auto side = static_cast<std::size_t>(info.image_size);
  inputs.picture_floats = 3 * side * side;
  inputs.pixels.resize(batch * inputs.picture_floats);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (float& value : inputs.pixels) value = normal(random);
  for (std::size_t i = 0; i < batch; ++i) inputs.texts.push_back(numbered(text, i));
  return inputs;
}

Matrix encode(const Encoder& encoder, const Workload& work, const Inputs& inputs) {
  if (!work.pictures) return encoder.encode_texts(std::span(inputs.texts).first(work.batch)).all();
  const auto pixels = std::span(inputs.pixels).first(work.batch * inputs.picture_floats);
  return encoder.encode_pixels(pixels, work.batch);
}

/// An input's, over as many batches as make a measurement.
Seconds time_input(const Encoder& encoder, const Workload& work, const Inputs& inputs) {
  using Clock = std::chrono::steady_clock;
  constexpr double kEnough = 0.2;
  const auto start = Clock::now();
  const std::clock_t cpu_start = std::clock();
  double done = 0.0;
  double wall = 0.0;
  while (wall < kEnough) {
    encode(encoder, work, inputs);
    done += static_cast<double>(work.batch);
    wall = std::chrono::duration<double>(Clock::now() - start).count();
  }
  const auto ticks = static_cast<double>(std::clock() - cpu_start);
  return {.wall = wall / done, .cpu = ticks / CLOCKS_PER_SEC / done};
}

double median(const std::vector<Seconds>& seconds, double Seconds::*which) {
  std::vector<double> values;
  values.reserve(seconds.size());
  for (const Seconds& each : seconds) values.push_back(each.*which);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// How each contender computes: in every precision, and with merged rows too where those are asked
/// for.
std::vector<diptych::ComputeOptions> compared(const BenchTowersArguments& options) {
  std::vector<diptych::ComputeOptions> all;
  diptych::ComputeOptions compute = options.model.compute;
  const std::vector<Precision> precisions = *parse_precisions(options.precisions);
  for (const Precision precision : precisions) {
    compute.precision = precision;
    compute.token_merging = 0;
    all.push_back(compute);
    compute.token_merging = options.model.compute.token_merging;
    if (compute.token_merging > 0) all.push_back(compute);
  }
  return all;
}

std::vector<Contender> make_contenders(const BenchTowersArguments& options,
                                       const diptych::Model& model) {
  std::vector<Contender> contenders;
  for (const diptych::ComputeOptions& compute : compared(options)) {
    contenders.push_back(
        {.encoder = Encoder(model, compute), .images = {}, .texts = {}, .seconds = {}});
  }
  return contenders;
}

/// By turns, so that what else the machine does meets all alike.
void measure_by_turns(std::vector<Contender>& contenders, const std::vector<Workload>& works,
                      const Inputs& inputs, int rounds) {
  const std::size_t most = inputs.texts.size();
  for (Contender& contender : contenders) {
    contender.images = encode(contender.encoder, {true, most}, inputs);
    contender.texts = encode(contender.encoder, {false, 1}, inputs);
    contender.seconds.resize(works.size());
  }
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < works.size(); ++i) {
      for (Contender& contender : contenders)
        contender.seconds[i].push_back(time_input(contender.encoder, works[i], inputs));
    }
  }
}

Json to_json(const Contender& contender, const Contender& first,
             const std::vector<Workload>& works) {
  Json entry = compute_json(contender.encoder.packed_model());
  entry["image_cosine"] = least_cosine(contender.images, first.images);
  entry["text_cosine"] = least_cosine(contender.texts, first.texts);
  entry["rates"] = Json::array();
  for (std::size_t i = 0; i < works.size(); ++i) {
    const double wall = median(contender.seconds[i], &Seconds::wall);
    const double cpu = median(contender.seconds[i], &Seconds::cpu);
    entry["rates"].push_back({{"input", works[i].pictures ? "images" : "texts"},
                              {"batch", works[i].batch},
                              {"per_second", 1.0 / wall},
                              {"ratio", median(first.seconds[i], &Seconds::wall) / wall},
                              {"cpu_ms", 1e3 * cpu},
                              {"cpu_ratio", median(first.seconds[i], &Seconds::cpu) / cpu}});
  }
  return entry;
}

/// An entry for each contender; the models that were packed for it are gone afterwards.
Json measure(const BenchTowersArguments& options, const diptych::Model& model,
             const std::vector<Workload>& works, const Inputs& inputs) {
  std::vector<Contender> contenders = make_contenders(options, model);
  measure_by_turns(contenders, works, inputs, options.rounds);
  Json entries = Json::array();
  for (const Contender& contender : contenders)
    entries.push_back(to_json(contender, contenders.front(), works));
  return entries;
}

/// The precision, and how many rows are merged: "bf16", "bf16 - 8".
std::string title_of(const Json& entry) {
  const std::string precision = entry.at("precision").get<std::string>();
  const auto merged = entry.find("token_merging");
  return merged == entry.end() ? precision : fmt::format("{} - {}", precision, merged->get<int>());
}

void print_entry(const Json& entry) {
  for (const Json& rate : entry.at("rates")) {
    const std::string input = rate.at("input").get<std::string>();
    print_line(fmt::format(
        "{:<9} {:<13} {:<6} batch {:<4} {:8.1f} /s {:5.2f} x  CPU {:6.2f} ms {:5.2f} x "
        " cosine {:.6f}",
        title_of(entry), entry.at("unit").get<std::string>(), input, rate.at("batch").get<int>(),
        rate.at("per_second").get<double>(), rate.at("ratio").get<double>(),
        rate.at("cpu_ms").get<double>(), rate.at("cpu_ratio").get<double>(),
        entry.at(input == "images" ? "image_cosine" : "text_cosine").get<double>()));
  }
}

/// The profiles of all works in a precision.
Json profile_works(const diptych::Model& model, const diptych::ComputeOptions& compute,
                   const std::vector<Workload>& works, const Inputs& inputs, int rounds) {
  diptych::Profiler profiler(model, compute);
  const diptych::MachinePeaks peaks = profiler.measure_peaks();
  Json profiles = Json::array();
  for (const Workload& work : works) {
    const auto pixels = std::span(inputs.pixels).first(work.batch * inputs.picture_floats);
    const diptych::TowerProfile profile =
        work.pictures ? profiler.profile_pixels(pixels, work.batch, rounds)
                      : profiler.profile_texts(std::span(inputs.texts).first(work.batch), rounds);
    Json json = {{"input", work.pictures ? "images" : "texts"}, {"batch", work.batch}};
    json.update(profile_json(profile, peaks));
    profiles.push_back(std::move(json));
  }
  return profiles;
}

void add_profiles(Json& entries, const BenchTowersArguments& options, const diptych::Model& model,
                  const std::vector<Workload>& works, const Inputs& inputs) {
  const std::vector<diptych::ComputeOptions> all = compared(options);
  for (std::size_t i = 0; i < all.size(); ++i)
    entries[i]["profiles"] = profile_works(model, all[i], works, inputs, options.rounds);
}

void print_profiles(const Json& entry) {
  for (const Json& profile : entry.at("profiles")) {
    print_line("");
    print_profile(
        fmt::format("{} {}, {}, batch {}", title_of(entry), entry.at("unit").get<std::string>(),
                    profile.at("input").get<std::string>(), profile.at("batch").get<int>()),
        profile);
  }
}

int bench_towers(const BenchTowersArguments& options) {
  const std::vector<std::size_t> batches = *parse_batches(options.batches);
  const diptych::Model model = load_model(options.model.model, options.model.load);
  const std::size_t most = *std::max_element(batches.begin(), batches.end());
  const Inputs inputs = make_inputs(model.info(), most, options.text);
  std::vector<Workload> works;
  works.reserve(2 * batches.size());
  for (const std::size_t batch : batches) works.push_back({true, batch});
  for (const std::size_t batch : batches) works.push_back({false, batch});
  Json entries = measure(options, model, works, inputs);
  if (options.profile) add_profiles(entries, options, model, works, inputs);
  if (options.json) {
    print_json({{"model", model.info().name}, {"rounds", options.rounds}, {"precisions", entries}});
    return 0;
  }
  for (const Json& entry : entries) print_entry(entry);
  if (!options.profile) return 0;
  for (const Json& entry : entries) print_profiles(entry);
  return 0;
}

}  // namespace

void add_bench_towers(Command bench) {
  auto options = std::make_shared<BenchTowersArguments>();
  const Command command = bench.command(
      "towers", "Pictures and texts a second in several precisions, measured by turns");
  add_model_options(command, options->model);
  command.option("--device", options->model.compute.device, "cpu (default), cuda, libtorch:cpu");
  command
      .option("--threads", options->model.compute.threads,
              "threads that compute; default: one a CPU")
      .at_least(0);
  command
      .option("--precisions", options->precisions,
              "a list of them; ratios and cosines are to the first")
      .show_default()
      .check([](const std::string& text) { return parse_precisions(text).has_value(); },
             "some of fp32, bf16, fp16, int8w and int8, with commas");
  command
      .option("--token-merging", options->model.compute.token_merging,
              "also measure each precision with as many rows of a picture merged in each block; "
              "default: none")
      .at_least(0);
  command.option("--batches", options->batches, "pictures or texts encoded at a time, a list")
      .show_default()
      .check([](const std::string& text) { return parse_batches(text).has_value(); },
             "numbers from 1 to 4096, with commas");
  command.option("--text", options->text,
                 "what is encoded as a text; default: 12 of CLIP's tokens");
  command.option("--rounds", options->rounds, "turns, of which the median counts")
      .show_default()
      .at_least(1, 1000);
  command.flag("--profile", options->profile,
               "also the time of each operation, beside what the machine does at best; on the CPU");
  command.flag("--json", options->json, "one JSON object");
  command.runs([options] { return bench_towers(*options); });
}
