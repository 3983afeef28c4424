#include <diptych/captioner.h>
#include <diptych/picture_files.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>

#include "command.h"
#include "console.h"
#include "model_options.h"
#include "option_values.h"
#include "picture_options.h"
#include "progress.h"

namespace {

using diptych::CaptionSearch;

struct Options {
  ModelOptions model;
  diptych::CaptionOptions caption;
  std::vector<std::string> pictures;
  bool json = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych caption --model laion_coca/ picture.jpg\n"
    "  diptych caption --model laion_coca/ --search top_p --top-p 0.9 --seed 1 --json photos/";

void print_as_text(const std::vector<std::filesystem::path>& pictures,
                   const diptych::CaptionedImages& captioned) {
  for (std::size_t i = 0; i < captioned.captions.size(); ++i) {
    print_line(
        fmt::format("{}: {}", pictures[captioned.inputs[i]].string(), captioned.captions[i].text));
  }
}

void print_as_json(const std::vector<std::filesystem::path>& pictures,
                   const diptych::CaptionedImages& captioned) {
  Json answers = Json::array();
  for (const std::filesystem::path& picture : pictures)
    answers.push_back({{"image", picture.string()}});
  for (std::size_t i = 0; i < captioned.captions.size(); ++i) {
    Json& answer = answers[captioned.inputs[i]];
    answer["caption"] = captioned.captions[i].text;
    answer["ids"] = captioned.captions[i].ids;
  }
  for (const diptych::Failure& failure : captioned.failures)
    answers[failure.index]["error"] = failure.message;
  print_json(answers);
}

int caption(const Options& options) {
  const std::vector<std::filesystem::path> given(options.pictures.begin(), options.pictures.end());
  diptych::SkippedFiles skipped;
  const std::vector<std::filesystem::path> pictures = diptych::expand_folders(given, &skipped);
  const diptych::Captioner captioner(load_model(options.model.model, options.model.load),
                                     options.model.encoder);
  diptych::CaptionedImages captioned;
  {
    Progress progress("pictures");
    diptych::CaptionOptions how = options.caption;
    how.progress = progress.callback();
    captioned = captioner.caption_images(pictures, how);
  }
  options.json ? print_as_json(pictures, captioned) : print_as_text(pictures, captioned);
  print_skipped(skipped);
  print_picture_notes(captioned.counts, options.caption.decode);
  return report_failures(captioned.failures, pictures.size());
}

void add_search_options(CLI::App& command, diptych::CaptionOptions& options) {
  const std::map<std::string, CaptionSearch> searches = {{"beams", CaptionSearch::beams},
                                                         {"top_k", CaptionSearch::top_k},
                                                         {"top_p", CaptionSearch::top_p}};
  command
      .add_option("--search", options.search,
                  "beams (default): the best of several captions; top_k, top_p: draw among the k "
                  "most probable tokens, or those of probability p together")
      ->transform(choice(searches));
  command.add_option("--beams", options.beams, "captions searched side by side; default: 6");
  command.add_option("--beam-groups", options.beam_groups,
                     "groups that the beams are divided among; default: 3");
  command.add_option("--top-k", options.top_k, "tokens to draw among; default: 1");
  command.add_option("--top-p", options.top_p, "their probability together; default: 0.1");
  command.add_option("--temperature", options.temperature,
                     "below 1, draws are more probable ones; default: 1");
  command.add_option("--repetition-penalty", options.repetition_penalty,
                     "above 1, tokens come less often again; default: 1");
  command.add_option("--min-length", options.min_length,
                     "tokens of a caption, start and end included, at least; default: 5");
  command.add_option("--max-length", options.max_length,
                     "and at most; default: 30, or the model's context where that is shorter");
  command.add_option("--seed", options.seed, "of the draws; default: 0");
}

}  // namespace

void add_caption(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "caption", "Write a caption of each picture (models with a decoder: CoCa)");
  add_model_option(*command, options->model.model);
  add_load_options(*command, options->model.load);
  add_search_options(*command, options->caption);
  add_picture_options(*command, options->caption.decode, /*upright=*/true);
  command
      ->add_option("--threads", options->model.encoder.threads,
                   "threads that compute; default: one a CPU")
      ->check(at_least(0));
  command
      ->add_option("--batch", options->model.encoder.batch,
                   "pictures captioned at a time; default: 8")
      ->check(at_least(0));
  command->add_flag("--json", options->json, "print one JSON array: image, caption, token ids");
  add_list(*command, "IMAGE", options->pictures, "pictures, or folders with pictures")->required();
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return caption(*options); }; });
}
