#include <diptych/convert.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "console.h"
#include "convert_options.h"
#include "inputs.h"
#include "model_options.h"
#include "pictures.h"

namespace {

struct ConvertArguments {
  std::string model;
  std::string out;
  diptych::LoadOptions load;
  diptych::ConvertOptions convert;
  std::vector<std::string> calibrate;
};

constexpr const char* kConvertExamples =
    "Examples:\n"
    "  diptych convert ViT-B-32.pt vit-b-32 --dtype fp16\n"
    "  diptych convert ViT-B-32.pt vit-b-32-int8 --dtype int8 --calibrate my-pictures\n"
    "  diptych convert ViT-B-32.pt for-open-clip --to open_clip";

/// Files of texts end with ".txt"; everything else is a picture or a folder of some.
diptych::CalibrationSet read_calibration(const ConvertArguments& options) {
  diptych::CalibrationSet set;
  PictureInputs pictures;
  for (const std::string& path : options.calibrate) {
    if (!path.ends_with(".txt")) {
      pictures.given.push_back(path);
      continue;
    }
    const std::vector<std::string> texts = read_lines(path);
    set.texts.insert(set.texts.end(), texts.begin(), texts.end());
  }
  if (!options.calibrate.empty() && options.convert.dtype != diptych::Precision::int8)
    print_note("--calibrate is for --dtype int8, and not used.");
  if (!pictures.given.empty()) set.pictures = list_pictures(pictures);
  return set;
}

int convert(const ConvertArguments& options) {
  diptych::ConvertOptions how = options.convert;
  how.calibration = read_calibration(options);
  const diptych::Model model = load_model(options.model, options.load);
  for (const std::string& note : diptych::convert_model(model, options.out, how)) {
    print_note(note);
  }
  print_line(options.out);
  return 0;
}

}  // namespace

void add_convert(Command program) {
  auto options = std::make_shared<ConvertArguments>();
  const Command command = program.command("convert", "Write a model in another form");
  command.footer(kConvertExamples);
  command.option("MODEL", options->model, "a checkpoint or a model folder").required();
  command.option("OUT", options->out, "the folder to write").required();
  add_convert_options(command, options->convert);
  command.list("--calibrate", options->calibrate,
               "pictures, folders of them, and .txt files of a text a line, to decide and measure "
               "int8 with; may be given several times; default: made-up ones");
  add_load_options(command, options->load);
  command.runs([options] { return convert(*options); });
}
