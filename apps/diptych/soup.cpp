#include <diptych/convert.h>
#include <diptych/error.h>
#include <diptych/soup.h>
#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <numeric>
#include <set>

#include "commands.h"
#include "console.h"
#include "convert_options.h"
#include "model_options.h"

namespace {

struct SoupArguments {
  std::vector<std::string> models;
  std::string out;
  std::string shares;
  diptych::LoadOptions load;
  diptych::ConvertOptions convert;
};

constexpr const char* kSoupExamples =
    "Examples:\n"
    "  diptych soup zero-shot fine-tuned --shares 0.5,0.5 --out robust\n"
    "  diptych soup run-1 run-2 run-3 --out soup";

/// "0.5,0.5"; none for an empty text.
std::vector<double> parse_shares(std::string_view text) {
  std::vector<double> shares;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    double share = 0;
    const auto [end, error] = std::from_chars(word.begin(), word.end(), share);
    if (error != std::errc() || end != word.end())
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           "--shares: got '" + std::string(word) + "', expected numbers by commas");
    shares.push_back(share);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return shares;
}

/// The average of a model with itself is that model, however long it takes.
void refuse_repeated(const std::vector<std::string>& models) {
  std::set<std::filesystem::path> seen;
  for (const std::string& model : models) {
    std::error_code unknown;
    const std::filesystem::path path = std::filesystem::absolute(model, unknown);
    if (seen.insert(std::filesystem::weakly_canonical(path, unknown)).second) continue;
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        "soup: got " + model + " twice, expected each model once: --shares says what it counts");
  }
}

/// A copy in another folder or type is the same model too.
void refuse_copies(const std::vector<diptych::Model>& models,
                   const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < models.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!diptych::have_same_weights(models[j], models[i])) continue;
      throw diptych::Error(diptych::ErrorCode::invalid_argument,
                           "soup: got the weights of " + names[j] + " again in " + names[i] +
                               ", expected models that differ: --shares says what each counts");
    }
  }
}

/// Shares that no float32 of the average shows.
void note_unused(const std::vector<std::string>& models, const std::vector<double>& shares) {
  constexpr double kRounding = 1e-8;
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= kRounding * sum)
      print_note(fmt::format("{} counts nothing: its share is {}", models[i], shares[i]));
  }
}

int soup(const SoupArguments& options) {
  const std::vector<double> shares = parse_shares(options.shares);
  refuse_repeated(options.models);
  std::vector<diptych::Model> models;
  for (const std::string& name : options.models) models.push_back(load_model(name, options.load));
  const diptych::Model average = diptych::average_models(models, shares);
  refuse_copies(models, options.models);
  note_unused(options.models, shares);
  for (const std::string& assumption : average.info().assumptions) print_note(assumption);
  for (const std::string& note : diptych::convert_model(average, options.out, options.convert))
    print_note(note);
  print_line(options.out);
  return 0;
}

}  // namespace

void add_soup(Command program) {
  auto options = std::make_shared<SoupArguments>();
  const Command command = program.command("soup", "Average models of one architecture");
  command.footer(kSoupExamples);
  command.list("MODEL", options->models, "two or more: checkpoints, model folders or names")
      .required();
  command.option("--out", options->out, "the folder to write").required();
  command.option("--shares", options->shares,
                 "how much each model counts, by commas; default: all the same");
  add_convert_options(command, options->convert);
  add_load_options(command, options->load);
  command.runs([options] { return soup(*options); });
}
