#include <diptych/arrays.h>
#include <diptych/blank_text.h>
#include <diptych/encoder.h>
#include <diptych/prompts.h>
#include <diptych/reference.h>
#include <diptych/special_tokens.h>
#include <diptych/tokenizer.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "embeddings_file.h"
#include "inputs.h"
#include "interruption.h"
#include "model_options.h"
#include "output_file.h"
#include "pictures.h"
#include "progress.h"
#include "records.h"
#include "text_lines.h"

namespace {

using diptych::ErrorCode;
using Paths = std::vector<std::filesystem::path>;

struct EmbedArguments {
  ModelOptions model;
  PictureInputs images;
  std::string texts_from;
  std::string tensors;
  std::string out;
  bool features = false;
  bool resume = false;
  bool overwrite = false;
  OutputFormat format = OutputFormat::text;
};

constexpr const char* kEmbedExamples =
    "From pictures and texts it writes image_embeddings and text_embeddings [inputs, width], of "
    "unit\n"
    "length; with --features image_features and text_features, not normalised. The metadata of a\n"
    ".safetensors file says which picture and which text each row is (JSON lists images, texts).\n"
    "From tensors (pixels [B, 3, H, W] float32, tokens [B, L] int32) it writes image_features,\n"
    "text_features and logits_per_image.\n"
    "Examples:\n"
    "  diptych embed --images photos/ --texts-from captions.txt --out embeddings.safetensors\n"
    "  diptych embed --model ViT-B-32.pt --tensors inputs.safetensors --out features.safetensors";

/// Enough for texts of like length to be found, few enough to end soon when interrupted.
constexpr std::size_t kTextsAtATime = 1024;

std::vector<std::string> read_texts(const std::string& file) {
  if (file.empty()) return {};
  std::vector<std::string> texts = read_lines(file);
  if (texts.empty()) {
    throw diptych::Error(
        ErrorCode::invalid_argument,
        fmt::format("texts: got an empty file, expected a text a line ({})", file));
  }
  return texts;
}

/// The texts that no tokenizer takes.
std::vector<diptych::Failure> refused_texts(const std::vector<std::string>& texts,
                                            const std::string& file) {
  std::vector<diptych::Failure> failures;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (is_utf8(texts[i])) continue;
    failures.push_back(
        {i, ErrorCode::invalid_argument,
         fmt::format("text {}: got bytes that are not UTF-8, expected UTF-8 ({})", i + 1, file)});
  }
  return failures;
}

LineNumbers empty_lines(const std::vector<std::string>& texts) {
  LineNumbers lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (diptych::is_blank(texts[i])) lines.push_back(i + 1);
  }
  return lines;
}

diptych::EncodeOptions how(const EmbedArguments& options) {
  return {.normalise = !options.features, .decode = options.images.decode};
}

/// Everything that is embedded, with the rows there are so far.
struct Work {
  Paths pictures;
  InputRows images;
  InputRows texts;
  std::vector<diptych::Failure> bad_texts;
  LineNumbers empty_texts;
  LineNumbers cut_texts;      ///< of which the model does not read the end
  LineNumbers unknown_texts;  ///< with words that it does not know
  LineNumbers special_texts;  ///< with what it takes for a text's start or end
  LineNumbers entity_texts;   ///< with HTML's entities, which it takes for words
  PictureRun run;

  std::vector<InputRows*> kinds() { return {&images, &texts}; }
  std::size_t texts_left() const { return texts.rows.missing().size() - bad_texts.size(); }
  std::size_t left() const { return texts_left() + run.pictures - run.done; }
};

/// What a picture's row depends on besides the model: its file, and how that is read where the
/// reference programs read it otherwise.
std::string picture_state(const std::filesystem::path& picture,
                          const diptych::DecodeOptions& decode) {
  std::string state = file_state(picture);
  if (decode.upright) state += " upright";
  if (decode.wide == diptych::WideGrey::scale) state += " wide-scale";
  return state;
}

Work make_work(const EmbedArguments& options, const diptych::Encoder& encoder, Paths pictures,
               std::vector<std::string> texts) {
  const auto width = static_cast<std::size_t>(encoder.model().info().embedding_width);
  const std::string ending = options.features ? "_features" : "_embeddings";
  std::vector<std::string> names;
  std::vector<std::string> states;
  for (const std::filesystem::path& picture : pictures) {
    names.push_back(picture.native());
    states.push_back(picture_state(picture, options.images.decode));
  }
  std::vector<diptych::Failure> bad_texts = refused_texts(texts, options.texts_from);
  LineNumbers empty = empty_lines(texts);
  return {.pictures = std::move(pictures),
          .images = {"image", "image" + ending, EmbeddingRows(std::move(names), width),
                     std::move(states)},
          .texts = {"text", "text" + ending, EmbeddingRows(std::move(texts), width), {}},
          .bad_texts = std::move(bad_texts),
          .empty_texts = std::move(empty),
          .cut_texts = {},
          .unknown_texts = {},
          .special_texts = {},
          .entity_texts = {},
          .run = {}};
}

/// The texts of which something holds.
template <typename Holds>
LineNumbers texts_of(const diptych::Tokenizer& tokenizer, const EmbeddingRows& texts, Holds holds) {
  LineNumbers lines;
  for (const std::size_t place : texts.known()) {
    if (holds(tokenizer, texts.inputs()[place])) lines.push_back(place + 1);
  }
  return lines;
}

/// Texts a batch at a time, until all have a row or the user interrupts.
void encode_texts(const diptych::Encoder& encoder, const EmbedArguments& options, Work& work) {
  EmbeddingRows& rows = work.texts.rows;
  std::vector<std::size_t> places = rows.missing();
  for (const diptych::Failure& failure : work.bad_texts) std::erase(places, failure.index);
  const Interruption interruption;
  Progress progress("texts");
  for (std::size_t done = 0; done < places.size() && !interruption.requested();) {
    const std::size_t count = std::min(kTextsAtATime, places.size() - done);
    std::vector<std::string> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(rows.inputs()[places[done + i]]);
    const diptych::EncodedTexts encoded = encoder.encode_texts(batch, how(options));
    for (std::size_t i = 0; i < count; ++i) rows.set(places[done + i], encoded.all().row(i));
    for (const std::size_t i : encoded.cut) work.cut_texts.push_back(places[done + i] + 1);
    done += count;
    progress.show(done, places.size());
  }
  std::ranges::sort(work.cut_texts);
  if (rows.known().empty()) return;
  const diptych::Tokenizer& tokenizer = encoder.model().tokenizer();
  work.unknown_texts = texts_of(tokenizer, rows, diptych::has_unknown_words);
  work.special_texts = texts_of(tokenizer, rows, diptych::has_special_tokens);
  work.entity_texts = texts_of(tokenizer, rows, diptych::has_html_entities);
}

void encode_pictures(const diptych::Encoder& encoder, const EmbedArguments& options, Work& work) {
  const std::vector<std::size_t> places = work.images.rows.missing();
  work.run.pictures = places.size();
  if (work.texts_left() > 0) return;  // interrupted before
  Paths missing;
  for (const std::size_t place : places) missing.push_back(work.pictures[place]);
  const auto keep = [&](const diptych::EncodedImages& encoded) {
    for (std::size_t row = 0; row < encoded.inputs.size(); ++row) {
      work.images.rows.set(places[encoded.inputs[row]], encoded.rows.row(row));
    }
  };
  work.run = encode_in_batches(encoder, missing, how(options), keep);
  for (diptych::Failure& failure : work.run.failures) failure.index = places[failure.index];
}

/// A row that is there must be what this model gives: the first one is computed again.
void check_taken_over(const diptych::Encoder& encoder, const EmbedArguments& options,
                      const InputRows& inputs) {
  const std::vector<std::size_t> known = inputs.rows.known();
  if (known.empty()) return;
  const std::string& input = inputs.rows.inputs()[known.front()];
  const Paths path = {input};
  const diptych::Matrix again = inputs.kind == "image"
                                    ? encoder.encode_images(path, how(options)).rows
                                    : encoder.encode_texts({&input, 1}, how(options)).all();
  if (again.rows == 0) return;  // a picture that is gone
  const double error = inputs.rows.relative_error(known.front(), again.row(0));
  if (error <= diptych::kFp32Tolerance) return;
  throw diptych::Error(
      ErrorCode::invalid_argument,
      fmt::format("--resume: got rows of another model or other options (that of {} is off by "
                  "{:.1e}), expected this one's ({})",
                  input, error, options.out));
}

void resume(const diptych::Encoder& encoder, const EmbedArguments& options, Work& work) {
  if (!std::filesystem::exists(options.out)) {
    print_note(fmt::format("nothing to resume yet ({})", options.out));
    return;
  }
  const TakenOver taken = take_over_rows(options.out, work.kinds());
  for (const InputRows* inputs : work.kinds()) check_taken_over(encoder, options, *inputs);
  print_note(fmt::format("there already: {} ({})",
                         counted(work.images.rows.size() + work.texts.rows.size(), "row"),
                         options.out));
  if (taken.dropped > 0) {
    print_note(fmt::format("left out: {} whose inputs are not among this run's ({})",
                           counted(taken.dropped, "row"), options.out));
  }
  if (taken.changed > 0) {
    print_note(
        fmt::format("computed again: {} whose files, or how they are read, have changed since ({})",
                    counted(taken.changed, "picture"), options.out));
  }
  if (taken.broken > 0) {
    print_note(fmt::format("computed again: {} with numbers that are not finite ({})",
                           counted(taken.broken, "row"), options.out));
  }
  const diptych::Model& model = encoder.model();
  for (const std::size_t place : work.texts.rows.known()) {
    const std::string& text = work.texts.rows.inputs()[place];
    if (is_cut(model.tokenizer(), text, model.info().context_length))
      work.cut_texts.push_back(place + 1);
  }
}

/// Where the rows go: those of an interrupted run do not take the place of an earlier result.
std::string destination(const EmbedArguments& options, const Work& work) {
  std::filesystem::path path = options.out;
  if (work.left() == 0 || options.resume || !std::filesystem::exists(path)) return options.out;
  const std::string ending = path.extension().string();
  return path.replace_extension(".partial" + ending).string();
}

/// Says which texts are hardly what was meant.
void note_texts(const EmbedArguments& options, const Work& work, const diptych::Model& model) {
  const std::size_t texts = work.texts.rows.inputs().size();
  for (const std::string& note : diptych::line_notes("text", work.texts.rows.inputs()))
    print_note(fmt::format("{} ({})", note, options.texts_from));
  if (!work.empty_texts.empty()) {
    print_note(fmt::format("{} empty, and embedded as the empty text ({})",
                           count_of_texts(work.empty_texts, texts), options.texts_from));
  }
  if (!work.unknown_texts.empty()) {
    print_note(fmt::format("{} with words that the model does not know ({})",
                           count_of_texts(work.unknown_texts, texts), options.texts_from));
  }
  if (!work.special_texts.empty()) {
    print_note(fmt::format("{} with what the tokenizer takes for a text's start or end ({})",
                           count_of_texts(work.special_texts, texts), options.texts_from));
  }
  if (!work.entity_texts.empty()) {
    print_note(
        fmt::format("{} with HTML's spelling of characters, which the model takes for words ({})",
                    count_of_texts(work.entity_texts, texts), options.texts_from));
  }
  if (!work.cut_texts.empty()) {
    print_note(fmt::format("{} longer than the model's {} tokens, and cut ({})",
                           count_of_texts(work.cut_texts, texts), model.info().context_length,
                           options.texts_from));
  }
}

Json report_json(const diptych::Encoder& encoder, const std::string& out, const Work& work) {
  Json report = {{"out", path_json(out)}, {"images", work.images.names()}};
  report["computed"] = compute_json(encoder.packed_model());
  report["texts"] = work.texts.rows.size();
  report["empty_texts"] = work.empty_texts;
  report["cut_texts"] = work.cut_texts;
  report["unknown_texts"] = work.unknown_texts;
  report["special_texts"] = work.special_texts;
  report["entity_texts"] = work.entity_texts;
  report["refused"] = Json::array();
  for (const diptych::Failure& failure : work.run.failures) {
    report["refused"].push_back(
        {{"image", work.images.name(failure.index)}, {"error", failure.message}});
  }
  for (const diptych::Failure& failure : work.bad_texts) {
    report["refused"].push_back({{"text", failure.index + 1}, {"error", failure.message}});
  }
  return report;
}

/// Which input each row is, and what was refused.
void print_records(const EmbedArguments& options, Work& work) {
  RecordWriter writer(options.format, {"array", "row", "image", "text", "error"}, {});
  for (const InputRows* inputs : work.kinds()) {
    const Json names = inputs->names();
    for (std::size_t row = 0; row < names.size(); ++row) {
      writer.write({{"array", inputs->array}, {"row", row}, {inputs->kind, names[row]}});
    }
  }
  for (const diptych::Failure& failure : work.run.failures) {
    writer.write({{"image", work.images.name(failure.index)}, {"error", failure.message}});
  }
  for (const diptych::Failure& failure : work.bad_texts) {
    writer.write({{"text", failure.index + 1}, {"error", failure.message}});
  }
  writer.finish();
}

/// Says on standard output, unless the rows went there, what was written where.
void say_written(const EmbedArguments& options, const std::string& out, const std::string& arrays) {
  if (out == "-") {
    flush_output();
    print_note(arrays + " (standard output)");
  } else if (options.format == OutputFormat::text) {
    print_line(fmt::format("{}: {}", printable(out), arrays));
  }
}

/// Says what is left of an interrupted run. Returns the exit status.
int report_left(const EmbedArguments& options, const Work& work, const std::string& out) {
  const int of_texts = report_failures(work.bad_texts, work.texts.rows.inputs().size(), "texts");
  const int of_pictures = report(work.run, options.images);
  const std::size_t rows = work.images.rows.size() + work.texts.rows.size();
  const int refused = of_texts == 0 ? of_pictures : of_texts;
  if (work.left() == 0) return rows == 0 ? refused : std::min(refused, 1);
  print_error(fmt::format("kept: {}, left: {}; go on with --resume --out {}", counted(rows, "row"),
                          counted(work.left(), "input"), out));
  return diptych::exit_status(ErrorCode::cancelled);
}

/// Before the work: the other inputs would be computed in vain.
void check_towers(const diptych::ModelInfo& info, const Paths& pictures,
                  const std::vector<std::string>& texts) {
  if (!pictures.empty()) diptych::require_image_tower(info);
  if (!texts.empty()) diptych::require_text_tower(info);
}

/// Rows are as the pictures were named, so that a list and its rows go together.
void note_repeated(const Paths& pictures) {
  const std::size_t repeated = pictures.size() - different_files(pictures).size();
  if (repeated == 0) return;
  print_note(fmt::format("{} of the same files: each has a row of its own",
                         counted(repeated, "further name")));
}

int embed_inputs(const EmbedArguments& options) {
  const bool has_pictures = !options.images.given.empty() || !options.images.files_from.empty();
  Paths pictures = has_pictures ? list_pictures(options.images) : Paths();
  note_repeated(pictures);
  std::vector<std::string> texts = read_texts(options.texts_from);
  if (pictures.empty() && texts.empty()) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         "embed: got no input, expected --images, --texts-from or --tensors");
  }
  const std::size_t arrays_wanted = (pictures.empty() ? 0U : 1U) + (texts.empty() ? 0U : 1U);
  if (options.out != "-") diptych::check_writable(options.out, arrays_wanted);
  check_replaces_no_input(options.out, pictures, options.model.model);
  check_replaces_nothing(options.out, options.overwrite || options.resume);
  const diptych::Encoder encoder = make_encoder(options.model);
  check_towers(encoder.model().info(), pictures, texts);
  if (options.model.compute.token_merging > 0 && pictures.empty())
    print_note("token-merging: changes nothing: there are no pictures");
  Work work = make_work(options, encoder, std::move(pictures), std::move(texts));
  if (options.resume) resume(encoder, options, work);
  encode_texts(encoder, options, work);
  note_texts(options, work, encoder.model());
  encode_pictures(encoder, options, work);
  const std::string out = destination(options, work);
  const bool may_replace = options.overwrite || options.resume || out != options.out;
  const std::string arrays = write_rows(out, work.kinds(), existing_file(may_replace));
  if (options.format == OutputFormat::json) print_json(report_json(encoder, out, work));
  if (options.format != OutputFormat::text && options.format != OutputFormat::json) {
    print_records(options, work);
  }
  if (!arrays.empty()) say_written(options, out, arrays);
  return report_left(options, work, out);
}

int embed_tensors(const EmbedArguments& options) {
  check_replaces_nothing(options.out, options.overwrite);
  const diptych::Arrays inputs = diptych::read_arrays(options.tensors);
  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Arrays outputs = diptych::encode_arrays(encoder, inputs);
  for (const std::string& note : diptych::array_notes(encoder.model(), inputs)) print_note(note);
  const std::string arrays =
      write_arrays_or_print(options.out, outputs, {}, existing_file(options.overwrite));
  if (options.format == OutputFormat::json) {
    Json report = {{"out", path_json(options.out)},
                   {"computed", compute_json(encoder.packed_model())}};
    for (const auto& [name, array] : outputs) report["arrays"][name] = array.shape;
    print_json(report);
  }
  say_written(options, options.out, arrays);
  return 0;
}

void check_options(const EmbedArguments& options) {
  const bool is_printed = options.out == "-";
  if (is_printed && options.format != OutputFormat::text) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         "--out: got - and a list for standard output too, expected one of them");
  }
  if (!is_printed) diptych::check_writable(options.out);
  const bool has_notes = std::filesystem::path(options.out).extension() == ".safetensors";
  if (options.resume && (!has_notes || !options.tensors.empty())) {
    throw diptych::Error(
        ErrorCode::invalid_argument,
        fmt::format("--resume: got {}, expected pictures or texts and a .safetensors file, which "
                    "says what its rows are",
                    options.tensors.empty() ? options.out : "--tensors"));
  }
}

int embed(const EmbedArguments& options) {
  check_options(options);
  const Paths lists = {options.texts_from, options.images.files_from, options.tensors};
  check_replaces_no_input(options.out, lists, options.model.model);
  return options.tensors.empty() ? embed_inputs(options) : embed_tensors(options);
}

}  // namespace

void add_embed(Command program) {
  auto options = std::make_shared<EmbedArguments>();
  const Command command = program.command("embed", "Write the embeddings of pictures and texts");
  add_model_options(command, options->model);
  Option images = add_picture_inputs(command, "--images", options->images, /*upright=*/false);
  Option texts =
      command.option("--texts-from", options->texts_from, "file with a text a line, - for stdin");
  command
      .option("--tensors", options->tensors,
              "a .safetensors file with preprocessed inputs: pixels, tokens")
      .excludes(images)
      .excludes(texts);
  command
      .option("--out", options->out,
              "file to write (.safetensors, .npy), - for standard output (.safetensors)")
      .required();
  const Option resume =
      command.flag("--resume", options->resume,
                   "keep the rows that the file has already, and compute the others");
  command.flag("--overwrite", options->overwrite, "replace the file if it is there already")
      .excludes(resume);
  command.flag("--features", options->features, "do not normalise");
  add_compute_options(command, options->model.compute);
  add_format_options(command, options->format, "what was written as JSON");
  command.footer(kEmbedExamples);
  command.runs([options] { return embed(*options); });
}
