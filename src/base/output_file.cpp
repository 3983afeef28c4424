#include "diptych/output_file.h"

#include <system_error>

#include "base/error.h"
#include "base/folders.h"

namespace diptych {

void refuse_earlier_result(const std::filesystem::path& output) {
  std::error_code unknown;
  const std::filesystem::file_status there = std::filesystem::status(output, unknown);
  if (std::filesystem::is_regular_file(there)) {
    fail(ErrorCode::invalid_argument,
         "output: got a file that exists, expected a new one or --overwrite ({})", output.string());
  }
  if (std::filesystem::is_directory(there) && !std::filesystem::is_empty(output, unknown)) {
    fail(ErrorCode::invalid_argument,
         "output: got a folder that has files, expected a new or empty one or --overwrite ({})",
         output.string());
  }
}

void make_output_folder(const std::filesystem::path& folder) {
  make_folders(folder);
}

}  // namespace diptych
