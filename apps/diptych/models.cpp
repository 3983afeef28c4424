#include <diptych/catalogue.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "console.h"
#include "preprocessing_text.h"
#include "records.h"

namespace {

using diptych::ListedModel;
using diptych::ModelSource;

struct ModelsArguments {
  std::vector<std::string> words;
  std::string family;
  bool here = false;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kUnknown = "-";
constexpr const char* kFooter =
    "Examples:\n"
    "  diptych models\n"
    "  diptych models siglip 384\n"
    "  diptych models --family openai --json\n"
    "A size after ~ is rounded; one after < is what the parameters take as float32, where the\n"
    "publisher names none.";

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// A model is listed when its name, or one of its aliases, holds every word.
bool has_words(const ListedModel& model, const std::vector<std::string>& words) {
  std::vector<std::string> names = model.aliases;
  names.push_back(model.name);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return std::ranges::all_of(words, [&](const std::string& word) {
      return lower_case(name).find(lower_case(word)) != std::string::npos;
    });
  });
}

bool is_wanted(const ListedModel& model, const ModelsArguments& options) {
  return has_words(model, options.words) && (!options.here || model.available) &&
         (options.family.empty() || model.family == options.family);
}

/// Of the preferred source whose size is known.
const ModelSource* sized_source(const ListedModel& model) {
  const auto known = [](const ModelSource& source) { return source.bytes > 0; };
  const auto found = std::ranges::find_if(model.sources, known);
  return found == model.sources.end() ? nullptr : &*found;
}

/// Where no size is known, what the parameters take as float32, the most that weights have.
std::string size_of(const ListedModel& model) {
  const ModelSource* source = sized_source(model);
  if (model.bytes == 0 && source == nullptr) {
    const double bytes = model.parameters * sizeof(float);
    return bytes > 0 ? fmt::format("<{:.0f} MB", std::ceil(bytes / 1e6)) : kUnknown;
  }
  const bool rounded = model.bytes == 0 && source->bytes_are_rounded;
  const auto bytes = static_cast<double>(model.bytes > 0 ? model.bytes : source->bytes);
  return fmt::format("{}{:.0f} MB", rounded ? "~" : "", bytes / 1e6);
}

std::string parameters_of(const ListedModel& model) {
  return model.parameters > 0 ? fmt::format("{:.0f} M", model.parameters / 1e6) : kUnknown;
}

std::string accuracy_of(const ListedModel& model) {
  return model.imagenet_accuracy > 0 ? fmt::format("{:.1f} %", 100 * model.imagenet_accuracy)
                                     : kUnknown;
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? kUnknown : text;
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

template <typename Number>
Json or_null(Number number) {
  return number > 0 ? Json(number) : Json();
}

Json to_json(const ModelSource& source) {
  Json json;
  if (!source.url.empty()) json["url"] = source.url;
  if (!source.repository.empty()) json["repository"] = source.repository;
  if (!source.file.empty()) json["file"] = source.file;
  json["sha256"] = or_null(source.sha256);
  json["bytes"] = or_null(source.bytes);
  if (source.bytes > 0) json["bytes_are_rounded"] = source.bytes_are_rounded;
  return json;
}

/// What is not known is null.
Json to_json(const ListedModel& model) {
  Json json = {{"name", model.name},
               {"aliases", model.aliases},
               {"family", model.family},
               {"architecture", or_null(model.architecture)},
               {"tag", or_null(model.tag)}};
  if (!model.description.empty()) json["description"] = model.description;
  json["sources"] = Json::array();
  for (const ModelSource& source : model.sources) json["sources"].push_back(to_json(source));
  json["preprocessing"] = model.preprocessing ? preprocessing_json(*model.preprocessing) : Json();
  json["quick_gelu"] = model.quick_gelu;
  json["parameters"] = or_null(static_cast<std::uint64_t>(model.parameters));
  json["imagenet_accuracy"] = or_null(model.imagenet_accuracy);
  json["licence"] = or_null(model.licence);
  json["bytes"] = or_null(model.bytes);
  json["available"] = model.available;
  json["folder"] = model.folder.empty() ? Json() : path_json(model.folder);
  return json;
}

void print_table(const std::vector<ListedModel>& models) {
  std::size_t width = 0;
  for (const ListedModel& model : models) width = std::max(width, model.name.size());
  print_line(fmt::format("{:<{}}  {:>9}  {:>10}  {:>8}  {:<4}  {}", "name", width, "size",
                         "parameters", "ImageNet", "here", "licence"));
  for (const ListedModel& model : models) {
    print_line(fmt::format("{:<{}}  {:>9}  {:>10}  {:>8}  {:<4}  {}", model.name, width,
                           size_of(model), parameters_of(model), accuracy_of(model),
                           model.available ? "yes" : "no", or_unknown(model.licence)));
  }
}

std::string describe(const ModelSource& source) {
  if (!source.url.empty()) return source.url;
  return "huggingface.co/" + source.repository + (source.file.empty() ? "" : " " + source.file);
}

void print_model(const ListedModel& model) {
  print_field("name", model.name);
  if (!model.aliases.empty())
    print_field("also", fmt::format("{}", fmt::join(model.aliases, ", ")));
  if (!model.description.empty()) print_field("description", model.description);
  for (const ModelSource& source : model.sources) {
    print_field("source", describe(source));
    print_field("SHA-256", or_unknown(source.sha256));
  }
  print_field("size", size_of(model));
  print_field("parameters", parameters_of(model));
  print_field("ImageNet", accuracy_of(model));
  if (model.preprocessing) print_field("preprocessing", preprocessing_text(*model.preprocessing));
  if (model.quick_gelu) print_field("activation", "quick_gelu");
  print_field("licence", or_unknown(model.licence));
  print_field("here", model.available ? or_unknown(model.folder.string()) : "no");
}

std::vector<ListedModel> wanted_models(const ModelsArguments& options) {
  std::vector<ListedModel> models = diptych::list_models();
  std::erase_if(models, [&](const ListedModel& model) { return !is_wanted(model, options); });
  // A whole name is not also the beginning of longer ones.
  const auto is_named = [&](const ListedModel& model) {
    return options.words.size() == 1 && model.name == options.words.front();
  };
  const auto named = std::ranges::find_if(models, is_named);
  return named == models.end() ? models : std::vector<ListedModel>{*named};
}

int list(const ModelsArguments& options) {
  const std::vector<ListedModel> models = wanted_models(options);
  if (options.format != OutputFormat::text) {
    RecordWriter writer(options.format,
                        {"name", "family", "architecture", "tag", "parameters", "bytes",
                         "imagenet_accuracy", "licence", "available", "folder"},
                        {});
    for (const ListedModel& model : models) writer.write(to_json(model));
    writer.finish();
  } else if (models.size() == 1) {
    print_model(models.front());
  } else if (!models.empty()) {
    print_table(models);
  }
  if (!models.empty()) return 0;
  return report_nothing_found(
      "models: got none with these words in the name that fits the options");
}

}  // namespace

void add_models(Command program) {
  auto options = std::make_shared<ModelsArguments>();
  const Command command = program.command("models", "List the models that have a name");
  command.list("WORD", options->words, "list only names that hold every word");
  command
      .option("--family", options->family, "diptych, openai, open_clip, chinese_clip or eva_clip")
      .one_of({"diptych", "openai", "open_clip", "chinese_clip", "eva_clip"});
  command.flag("--here", options->here, "only those on this machine");
  add_format_options(command, options->format, "JSON instead of text");
  command.footer(kFooter);
  command.runs([options] { return list(*options); });
}
