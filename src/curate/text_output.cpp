#include "curate/text_output.h"

#include <string>

#include "base/ascii.h"
#include "base/error.h"
#include "base/input_file.h"

namespace diptych::curate {

void check_text_output(const std::filesystem::path& output) {
  const std::string name = output.string();
  const std::string extension = ascii_lower(output.extension().string());
  bool is_other = name == "-" || is_pipe(name);
  for (const char* other : {".tar", ".gz", ".tgz", ".zst", ".bz2", ".xz", ".parquet"}) {
    is_other = is_other || extension == other;
  }
  if (!is_other) return;
  fail(ErrorCode::invalid_argument,
       "output: got a name of another form, expected that of a file of lines, as x.jsonl ({})",
       name);
}

}  // namespace diptych::curate
