#include <diptych/model.h>
#include <diptych/tokenizer.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "console.h"
#include "model_options.h"

namespace {

using diptych::Error;
using diptych::ErrorCode;

struct Options {
  std::string model;
  std::string tokenizer;
  int context = 0;
};

constexpr const char* kExample =
    "Reads one JSON string a line, writes one JSON array of token ids a line, padded to the "
    "context\n"
    "length.\n"
    "Example:\n"
    "  echo '\"a photo of a cat\"' | diptych tokenize --tokenizer clip";

/// A tokenizer with what keeps it alive, and how long its rows are.
struct Setting {
  std::shared_ptr<const diptych::Tokenizer> tokenizer;
  int context = 0;
};

Setting choose(const Options& options) {
  Setting setting;
  if (options.tokenizer == "clip") setting.tokenizer = diptych::clip_tokenizer();
  if (options.tokenizer == "openai") {
    setting.tokenizer = diptych::clip_tokenizer(diptych::ClipSpecialTokens::openai);
  }
  if (options.tokenizer == "chinese") setting.tokenizer = diptych::chinese_tokenizer();
  if (setting.tokenizer) {
    setting.context = setting.tokenizer->default_context_length();
  } else {
    const auto model = std::make_shared<diptych::Model>(load_model(options.model));
    setting.tokenizer = {model, &model->tokenizer()};
    setting.context = model->info().context_length;
  }
  if (options.context > 0) setting.context = options.context;
  return setting;
}

std::string parse_text(const std::string& line, std::size_t number) {
  const auto parsed = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_string()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("line {}: got something else, expected a JSON string in UTF-8 "
                            "(standard input)",
                            number));
  }
  return parsed.get<std::string>();
}

int tokenize(const Options& options) {
  const Setting setting = choose(options);
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    std::vector<std::int32_t> ids =
        setting.tokenizer->encode(parse_text(line, number), setting.context);
    ids.resize(static_cast<std::size_t>(setting.context), setting.tokenizer->pad_id());
    print_line(nlohmann::json(ids).dump());
  }
  if (std::cin.bad()) {
    throw Error(ErrorCode::io, fmt::format("cannot read standard input: {}", std::strerror(errno)));
  }
  return 0;
}

}  // namespace

void add_tokenize(Command program) {
  auto options = std::make_shared<Options>();
  const Command command = program.command("tokenize", "Turn texts into token ids");
  const Command source = command.at_most_one("tokenizer", "at most one of the two");
  add_model_option(source, options->model);
  source
      .option("--tokenizer", options->tokenizer,
              "a built-in tokenizer: clip, openai (the same, but for how special tokens are spelt) "
              "or chinese")
      .one_of({"clip", "openai", "chinese"});
  command.option("--context", options->context, "tokens a row; default: the model's")
      .at_least(1, 1 << 20);
  command.footer(kExample);
  command.runs([options] { return tokenize(*options); });
}
