#include "picture_options.h"

#include <fmt/core.h>

#include <map>
#include <string>

#include "console.h"
#include "counted.h"

using diptych::WideGrey;

void add_picture_options(Command command, diptych::DecodeOptions& options, bool upright) {
  options.upright = upright;
  const std::map<std::string, bool> answers = {{"yes", true}, {"no", false}};
  const std::map<std::string, WideGrey> ways = {{"clamp", WideGrey::clamp},
                                                {"scale", WideGrey::scale}};
  command.choice("--upright", options.upright, answers,
                 fmt::format("yes or no: turn pictures as their EXIF orientation says; default: {}",
                             upright ? "yes" : "no, as the reference programs"));
  command.choice("--wide", options.wide, ways,
                 "16-bit grey: clamp (default; above 255 is white, as in the reference programs) "
                 "or scale");
}

void print_skipped(const diptych::SkippedFiles& skipped) {
  std::size_t files = 0;
  for (const auto& [kind, count] : skipped) files += count;
  if (files == 0) return;
  print_note(fmt::format("{} in the folders not taken as pictures: {}", counted(files, "file"),
                         diptych::describe(skipped)));
}

void print_picture_notes(const diptych::PictureCounts& counts,
                         const diptych::DecodeOptions& options) {
  if (counts.turned > 0 && options.upright)
    print_note(
        fmt::format("{} turned upright by the EXIF orientation; --upright no leaves "
                    "them as stored",
                    counted(counts.turned, "picture")));
  if (counts.turned > 0 && !options.upright)
    print_note(
        fmt::format("{} with an EXIF orientation, taken as stored; --upright yes "
                    "turns them",
                    counted(counts.turned, "picture")));
  if (counts.wide_grey > 0 && options.wide == WideGrey::clamp)
    print_note(
        fmt::format("{} in 16-bit grey, of which all above 255 became white, as in the "
                    "reference programs; --wide scale keeps the shades",
                    counted(counts.wide_grey, "picture")));
  if (counts.first_of_several > 0)
    print_note(fmt::format("{} with further frames or pages, of which the first was read",
                           counted(counts.first_of_several, "file")));
  if (counts.damaged > 0)
    print_note(
        fmt::format("{} damaged in the middle: what stands there was made up, as the "
                    "reference programs do",
                    counted(counts.damaged, "picture")));
  if (counts.previews > 0)
    print_note(fmt::format("{} in a camera's RAW format, of which the preview was read",
                           counted(counts.previews, "picture")));
}
