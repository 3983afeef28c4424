#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/mapped_file.h"

namespace diptych {

/// Makes a file without a name in the folder for temporary files ($TMPDIR, or /tmp), so that
/// nothing stays whatever happens. Returns its descriptor, open for reading and writing, which the
/// caller closes. Throws Error(io).
int make_nameless_file();

/// Such a file, written and then mapped. Not thread-safe.
class NamelessFile {
 public:
  /// Throws Error(io).
  NamelessFile() : descriptor_(make_nameless_file()) {}
  ~NamelessFile();
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  /// Appends bytes; `name` is what messages call their source. Throws Error(io), also when the
  /// temporary folder is full.
  void write(std::span<const std::byte> bytes, const std::string& name);
  /// Maps what was written; the mapping outlives this object.
  MappedFile map() const;

 private:
  int descriptor_;
};

}  // namespace diptych
