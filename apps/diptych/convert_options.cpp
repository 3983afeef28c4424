#include "convert_options.h"

void add_convert_options(Command command, diptych::ConvertOptions& options) {
  command
      .option("--to", options.format,
              "diptych, open_clip, openai, chinese_clip, eva or huggingface")
      .show_default();
  command
      .option("--dtype", options.dtype,
              "of the weights: fp32, fp16, bf16 or, in diptych's own form, int8")
      .show_default();
  command.option("--name", options.name, "written into diptych's own form");
  command.option("--licence", options.licence, "written into diptych's own form");
  command.flag("--overwrite", options.overwrite,
               "write into a folder that has files already, over those of the same names");
}
