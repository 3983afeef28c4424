#include <diptych/reference.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "console.h"
#include "model_options.h"

namespace {

struct VerifyArguments {
  ModelOptions model;
  std::string against;
  double tolerance = diptych::kFp32Tolerance;
  bool json = false;
};

constexpr const char* kVerifyExamples =
    "Encodes the reference's inputs and compares the outputs row by row: the largest relative "
    "error\n"
    "(L2 of the difference over L2 of the reference) and the smallest cosine. Exit status 1 when "
    "an\n"
    "error is above the tolerance.\n"
    "Examples:\n"
    "  diptych verify                                       the embedded model against its own\n"
    "  diptych verify ViT-B-32.pt --against io.safetensors  a checkpoint against a reference's";

std::vector<diptych::Comparison> compare(const diptych::Encoder& encoder,
                                         const VerifyArguments& options) {
  if (options.against.empty()) return diptych::compare_with_own_references(encoder);
  const diptych::Arrays reference = diptych::read_arrays(options.against);
  return diptych::compare(diptych::encode_arrays(encoder, reference), reference);
}

int verify(const VerifyArguments& options) {
  const diptych::Encoder encoder = make_encoder(options.model);
  const std::vector<diptych::Comparison> comparisons = compare(encoder, options);
  bool all_within = true;
  Json outputs = Json::array();
  for (const diptych::Comparison& comparison : comparisons) {
    const bool within = comparison.relative_error <= options.tolerance;
    all_within = all_within && within;
    outputs.push_back({{"output", comparison.output},
                       {"rows", comparison.rows},
                       {"relative_error", comparison.relative_error},
                       {"cosine", comparison.cosine},
                       {"within", within}});
    if (!options.json) {
      print_line(fmt::format("{:<18} {} rows  relative error {:.2e}  cosine {:.9f}  {}",
                             comparison.output, comparison.rows, comparison.relative_error,
                             comparison.cosine, within ? "ok" : "out of tolerance"));
    }
  }
  if (options.json) {
    print_json({{"computed", compute_json(encoder.packed_model())},
                {"tolerance", options.tolerance},
                {"within", all_within},
                {"outputs", outputs}});
  }
  return all_within ? 0 : 1;
}

}  // namespace

void add_verify(Command program) {
  auto options = std::make_shared<VerifyArguments>();
  const Command command =
      program.command("verify", "Check a model's numbers against a reference's");
  command.option("MODEL", options->model.model,
                 "file, folder or name; default: the embedded model");
  command.option("--against", options->against,
                 "a .safetensors file with pixels, tokens and what the reference made of them; "
                 "default: the reference embeddings in the model folder");
  command.option("--tolerance", options->tolerance, "largest relative error; default: 1e-5")
      .above_zero();
  add_load_options(command, options->model.load);
  add_compute_options(command, options->model.compute);
  command.flag("--json", options->json, "print JSON instead of text");
  command.footer(kVerifyExamples);
  command.runs([options] { return verify(*options); });
}
