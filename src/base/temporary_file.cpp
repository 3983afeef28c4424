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

}  // namespace diptych
