#include <diptych/captioner.h>
#include <diptych/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "model_options.h"
#include "pictures.h"
#include "records.h"

namespace {

using diptych::CaptionSearch;

struct CaptionArguments {
  ModelOptions model;
  diptych::CaptionOptions caption;
  PictureInputs pictures;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kCaptionExamples =
    "Examples:\n"
    "  diptych caption --model laion_coca/ picture.jpg\n"
    "  diptych caption --model laion_coca/ --search top_p --top-p 0.9 --seed 1 --json photos/";

void print_caption(const Json& answer) {
  if (!answer.contains("caption")) return;
  print_line(fmt::format("{}: {}", printable(plain_text(answer["image"])),
                         answer["caption"].get<std::string>()));
}

int caption(const CaptionArguments& options) {
  const std::vector<std::filesystem::path> pictures = list_pictures(options.pictures);
  const diptych::Captioner captioner(pack_model(options.model));
  RecordWriter writer(options.format, {"image", "caption", "error"}, print_caption);
  diptych::CaptionOptions how = options.caption;
  how.decode = options.pictures.decode;
  PictureRunMonitor monitor(pictures.size());
  std::size_t empty = 0;
  captioner.caption_images(pictures, how, [&](const diptych::CaptionedImages& captioned) {
    const auto answer = [&](std::size_t row, Json& record) {
      record["caption"] = captioned.captions[row].text;
      empty += captioned.captions[row].text.empty() ? 1 : 0;
      record["ids"] = captioned.captions[row].ids;
    };
    for (const Json& record :
         picture_records(pictures, captioned.inputs, captioned.failures, answer)) {
      writer.write(record);
    }
    return monitor.add(captioned.inputs.size(), captioned.failures, captioned.counts);
  });
  writer.finish();
  if (empty > 0) print_note(fmt::format("{} without a word", counted(empty, "caption")));
  return report(monitor.run(), options.pictures);
}

/// The ways to search, by their words.
const std::map<std::string, CaptionSearch>& searches() {
  static const std::map<std::string, CaptionSearch> by_word = {{"beams", CaptionSearch::beams},
                                                               {"top_k", CaptionSearch::top_k},
                                                               {"top_p", CaptionSearch::top_p}};
  return by_word;
}

/// An option that some ways to search do not use.
struct SearchOption {
  std::string name;
  Option option;
  std::vector<CaptionSearch> used_by;
};

/// The words of the ways to search that use an option: "top_k or top_p".
std::string words_of(const std::vector<CaptionSearch>& used_by) {
  std::vector<std::string> words;
  for (const auto& [word, search] : searches()) {
    if (std::find(used_by.begin(), used_by.end(), search) != used_by.end()) words.push_back(word);
  }
  return fmt::format("{}", fmt::join(words, " or "));
}

/// An option that changes nothing was meant to.
void refuse_unused(const std::vector<SearchOption>& options, CaptionSearch search) {
  for (const SearchOption& option : options) {
    const auto& used_by = option.used_by;
    if (std::find(used_by.begin(), used_by.end(), search) != used_by.end()) continue;
    if (!option.option.given()) continue;
    throw diptych::Error(
        diptych::ErrorCode::invalid_argument,
        fmt::format("{}: got it for --search {}, expected --search {} with it (see "
                    "diptych caption --help)",
                    option.name, words_of({search}), words_of(used_by)));
  }
}

/// Returns those that some ways to search do not use.
std::vector<SearchOption> add_search_options(Command command, diptych::CaptionOptions& options) {
  const std::vector<CaptionSearch> draws = {CaptionSearch::top_k, CaptionSearch::top_p};
  std::vector<SearchOption> some;
  command.choice("--search", options.search, searches(),
                 "beams (default): the best of several captions; top_k, top_p: draw among the k "
                 "most probable tokens, or those of probability p together");
  const auto only = [&some](std::string name, Option option, std::vector<CaptionSearch> used_by) {
    some.push_back({std::move(name), option, std::move(used_by)});
  };
  only("--beams",
       command.option("--beams", options.beams, "captions searched side by side; default: 6"),
       {CaptionSearch::beams});
  only("--beam-groups",
       command.option("--beam-groups", options.beam_groups,
                      "groups that the beams are divided among; default: 3"),
       {CaptionSearch::beams});
  only("--top-k", command.option("--top-k", options.top_k, "tokens to draw among; default: 1"),
       {CaptionSearch::top_k});
  only("--top-p",
       command.option("--top-p", options.top_p, "their probability together; default: 0.1"),
       {CaptionSearch::top_p});
  only("--temperature",
       command.option("--temperature", options.temperature,
                      "below 1, draws are more probable ones; default: 1"),
       draws);
  command.option("--repetition-penalty", options.repetition_penalty,
                 "above 1, tokens come less often again; default: 1");
  command.option("--min-length", options.min_length,
                 "tokens of a caption, start and end included, at least; default: 5");
  command.option("--max-length", options.max_length,
                 "and at most; default: 30, or the model's context where that is shorter");
  only("--seed", command.option("--seed", options.seed, "of the draws; default: 0"), draws);
  return some;
}

}  // namespace

void add_caption(Command program) {
  auto options = std::make_shared<CaptionArguments>();
  const Command command =
      program.command("caption", "Write a caption of each picture (models with a decoder: CoCa)");
  add_model_option(command, options->model.model);
  add_load_options(command, options->model.load);
  const std::vector<SearchOption> some = add_search_options(command, options->caption);
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "one JSON array: image, caption, token ids");
  add_picture_inputs(command, "IMAGE", options->pictures, /*upright=*/true);
  command.footer(kCaptionExamples);
  command.runs([options, some] {
    refuse_unused(some, options->caption.search);
    return caption(*options);
  });
}
