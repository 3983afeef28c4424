#include <diptych/captioner.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "commands.h"
#include "console.h"
#include "model_options.h"
#include "pictures.h"
#include "records.h"

namespace {

using diptych::CaptionSearch;

struct Options {
  ModelOptions model;
  diptych::CaptionOptions caption;
  PictureInputs pictures;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych caption --model laion_coca/ picture.jpg\n"
    "  diptych caption --model laion_coca/ --search top_p --top-p 0.9 --seed 1 --json photos/";

void print_caption(const Json& answer) {
  if (!answer.contains("caption")) return;
  print_line(fmt::format("{}: {}", printable(plain_text(answer["image"])),
                         answer["caption"].get<std::string>()));
}

int caption(const Options& options) {
  const std::vector<std::filesystem::path> pictures = list_pictures(options.pictures);
  const diptych::Captioner captioner(pack_model(options.model));
  RecordWriter writer(options.format, {"image", "caption", "error"}, print_caption);
  diptych::CaptionOptions how = options.caption;
  how.decode = options.pictures.decode;
  PictureRunMonitor monitor(pictures.size());
  captioner.caption_images(pictures, how, [&](const diptych::CaptionedImages& captioned) {
    const auto answer = [&](std::size_t row, Json& record) {
      record["caption"] = captioned.captions[row].text;
      record["ids"] = captioned.captions[row].ids;
    };
    for (const Json& record :
         picture_records(pictures, captioned.inputs, captioned.failures, answer)) {
      writer.write(record);
    }
    return monitor.add(captioned.inputs.size(), captioned.failures, captioned.counts);
  });
  writer.finish();
  return report(monitor.run(), options.pictures);
}

void add_search_options(Command command, diptych::CaptionOptions& options) {
  const std::map<std::string, CaptionSearch> searches = {{"beams", CaptionSearch::beams},
                                                         {"top_k", CaptionSearch::top_k},
                                                         {"top_p", CaptionSearch::top_p}};
  command.choice("--search", options.search, searches,
                 "beams (default): the best of several captions; top_k, top_p: draw among the k "
                 "most probable tokens, or those of probability p together");
  command.option("--beams", options.beams, "captions searched side by side; default: 6");
  command.option("--beam-groups", options.beam_groups,
                 "groups that the beams are divided among; default: 3");
  command.option("--top-k", options.top_k, "tokens to draw among; default: 1");
  command.option("--top-p", options.top_p, "their probability together; default: 0.1");
  command.option("--temperature", options.temperature,
                 "below 1, draws are more probable ones; default: 1");
  command.option("--repetition-penalty", options.repetition_penalty,
                 "above 1, tokens come less often again; default: 1");
  command.option("--min-length", options.min_length,
                 "tokens of a caption, start and end included, at least; default: 5");
  command.option("--max-length", options.max_length,
                 "and at most; default: 30, or the model's context where that is shorter");
  command.option("--seed", options.seed, "of the draws; default: 0");
}

}  // namespace

void add_caption(Command program) {
  auto options = std::make_shared<Options>();
  const Command command =
      program.command("caption", "Write a caption of each picture (models with a decoder: CoCa)");
  add_model_option(command, options->model.model);
  add_load_options(command, options->model.load);
  add_search_options(command, options->caption);
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "one JSON array: image, caption, token ids");
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/true);
  command.footer(kExamples);
  command.runs([options] { return caption(*options); });
}
