#include <diptych/convert.h>

#include <memory>

#include "commands.h"
#include "console.h"
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
  command
      .option("--to", options->convert.format,
              "diptych, open_clip, openai, chinese_clip, eva or huggingface")
      .show_default();
  command.option("--dtype", options->convert.dtype, "of the weights: fp32, fp16 or bf16")
      .show_default();
  command.option("--name", options->convert.name, "written into diptych's own form");
  command.option("--licence", options->convert.licence, "written into diptych's own form");
  command.flag("--overwrite", options->convert.overwrite,
               "write into a folder that has files already, over those of the same names");
  add_load_options(command, options->load);
  command.runs([options] { return convert(*options); });
}
