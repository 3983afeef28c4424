#pragma once

namespace diptych {

/// Makes a file without a name in the folder for temporary files ($TMPDIR, or /tmp), so that
/// nothing stays whatever happens. Returns its descriptor, open for reading and writing, which the
/// caller closes. Throws Error(io).
int make_nameless_file();

}  // namespace diptych
