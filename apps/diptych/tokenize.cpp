#include <diptych/model.h>
#include <diptych/special_tokens.h>
#include <diptych/tokenizer.h>
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "console.h"
#include "inputs.h"
#include "json/json.h"
#include "model_options.h"
#include "records.h"
#include "text_lines.h"

namespace {

using diptych::Error;
using diptych::ErrorCode;

struct TokenizeArguments {
  std::string model;
  std::string tokenizer;
  int context = 0;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kTokenizeExample =
    "Reads one JSON string a line, writes one JSON array of token ids a line, padded to the "
    "context\n"
    "length. Which texts are longer, and therefore cut, is said on standard error.\n"
    "Example:\n"
    "  echo '\"a photo of a cat\"' | diptych tokenize --tokenizer clip";

/// A tokenizer with what keeps it alive, and how long its rows are.
struct Setting {
  std::shared_ptr<const diptych::Tokenizer> tokenizer;
  int context = 0;
};

Setting choose(const TokenizeArguments& options) {
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
  const std::optional<diptych::Json> parsed = diptych::read_json(line);
  if (!parsed || !parsed->is_string()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("line {}: got {}, expected a JSON string in UTF-8 (standard input)",
                            number, parsed ? parsed->type_name() : "text that is not JSON"));
  }
  return parsed->get<std::string>();
}

/// The ids of one text, padded, and how many of them are the text's.
Json tokens_of(const Setting& setting, const std::string& text, std::size_t number) {
  std::vector<std::int32_t> ids = setting.tokenizer->encode(text, setting.context);
  const std::size_t tokens = ids.size();
  const bool may_be_cut = tokens == static_cast<std::size_t>(setting.context);
  ids.resize(static_cast<std::size_t>(setting.context), setting.tokenizer->pad_id());
  return {{"line", number},
          {"tokens", tokens},
          {"cut", may_be_cut && is_cut(*setting.tokenizer, text, setting.context)},
          {"ids", ids}};
}

int tokenize(const TokenizeArguments& options) {
  const Setting setting = choose(options);
  RecordWriter writer(options.format, {"line", "tokens", "cut", "ids"},
                      [](const Json& record) { print_line(record["ids"].dump()); });
  std::string line;
  std::size_t texts = 0;
  LineNumbers cut;
  LineNumbers unknown;
  LineNumbers special;
  LineNumbers entities;
  while (std::getline(std::cin, line)) {
    ++texts;
    const std::string text = parse_text(line, texts);
    const Json record = tokens_of(setting, text, texts);
    if (diptych::has_unknown_words(*setting.tokenizer, text)) unknown.push_back(texts);
    if (diptych::has_special_tokens(*setting.tokenizer, text)) special.push_back(texts);
    if (diptych::has_html_entities(*setting.tokenizer, text)) entities.push_back(texts);
    if (record["cut"].get<bool>()) cut.push_back(texts);
    writer.write(record);
  }
  check_standard_input();
  if (texts == 0) {
    throw Error(ErrorCode::invalid_argument,
                "texts: got none, expected a JSON string a line (standard input)");
  }
  writer.finish();
  if (!unknown.empty()) {
    print_note(fmt::format("{} with words that the tokenizer does not know",
                           count_of_texts(unknown, texts)));
  }
  if (!special.empty()) {
    print_note(fmt::format("{} with what the tokenizer takes for a text's start or end",
                           count_of_texts(special, texts)));
  }
  if (!entities.empty()) {
    print_note(
        fmt::format("{} with HTML's spelling of characters, which the tokenizer takes for words",
                    count_of_texts(entities, texts)));
  }
  if (!cut.empty()) {
    print_note(fmt::format("{} longer than {} tokens, and cut", count_of_texts(cut, texts),
                           setting.context));
  }
  return 0;
}

}  // namespace

void add_tokenize(Command program) {
  auto options = std::make_shared<TokenizeArguments>();
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
  add_format_options(command, options->format,
                     "one JSON array with the ids of each text, their number, and whether it was "
                     "cut");
  command.footer(kTokenizeExample);
  command.runs([options] { return tokenize(*options); });
}
