#include <diptych/convert.h>

#include <memory>

#include "commands.h"
#include "console.h"
#include "convert_options.h"
#include "model_options.h"

namespace {

struct Options {
  std::string model;
  std::string out;
  diptych::LoadOptions load;
  diptych::ConvertOptions convert;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  diptych convert ViT-B-32.pt vit-b-32 --dtype fp16\n"
    "  diptych convert ViT-B-32.pt for-open-clip --to open_clip";

int convert(const Options& options) {
  const diptych::Model model = load_model(options.model, options.load);
  for (const std::string& note : diptych::convert_model(model, options.out, options.convert)) {
    print_note(note);
  }
  print_line(options.out);
  return 0;
}

}  // namespace

void add_convert(Command program) {
  auto options = std::make_shared<Options>();
  const Command command = program.command("convert", "Write a model in another form");
  command.footer(kExamples);
  command.option("MODEL", options->model, "a checkpoint or a model folder").required();
  command.option("OUT", options->out, "the folder to write").required();
  add_convert_options(command, options->convert);
  add_load_options(command, options->load);
  command.runs([options] { return convert(*options); });
}
