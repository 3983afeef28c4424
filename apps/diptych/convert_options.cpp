#include "convert_options.h"

#include <cstdlib>
#include <string>

#include "precision_names.h"

using diptych::Precision;

void add_convert_options(Command command, diptych::ConvertOptions& options) {
  command
      .option("--to", options.format,
              "diptych, open_clip, openai, chinese_clip, eva or huggingface")
      .show_default();
  command
      .choice("--dtype", options.dtype,
              by_name({Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8}),
              "of the weights: fp32, fp16, bf16 or, in diptych's own form, int8")
      .show_default("fp32");
  command.flag("--packed", options.packed,
               "in diptych's own form and fp32: in the order that the CPU computes in, so that a "
               "start maps the file instead of packing it");
  command.option("--name", options.name, "written into diptych's own form");
  command.option("--licence", options.licence, "written into diptych's own form");
  // Among the options 0 means that it was not given.
  const auto is_not_zero = [](const std::string& text) {
    return std::strtof(text.c_str(), nullptr) != 0.0F;
  };
  command
      .option("--fits-from", options.fits_from,
              "cosine from which on a label fits a picture, written into diptych's own form; "
              "classify then says so when none does")
      .check(is_not_zero, "a cosine other than 0");
  command.flag("--overwrite", options.overwrite,
               "write into a folder that has files already, over those of the same names");
}
