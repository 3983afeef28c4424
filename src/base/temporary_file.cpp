#include "base/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/environment.h"
#include "base/error.h"

namespace diptych {

int make_nameless_file() {
  std::string path = environment("TMPDIR").value_or("/tmp") + "/diptych-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0)
    fail(ErrorCode::io, "cannot make a temporary file {}: {}", path, std::strerror(errno));
  ::unlink(path.c_str());
  return descriptor;
}

NamelessFile::~NamelessFile() {
  ::close(descriptor_);
}

void NamelessFile::write(std::span<const std::byte> bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      fail(ErrorCode::io, "cannot unpack {} into the temporary folder: {}", name,
           std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

MappedFile NamelessFile::map() const {
  return MappedFile("/proc/self/fd/" + std::to_string(descriptor_));
}

}  // namespace diptych
