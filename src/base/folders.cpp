#include "base/folders.h"

#include <system_error>

#include "base/error.h"

namespace diptych {

bool make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::io, "cannot make the folder {}: {}", folder.string(), error.message());
  return made;
}

}  // namespace diptych
