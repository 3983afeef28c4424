#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Writes the opcodes of protocol 2 that torch's files need; Python's Lib/pickletools.py documents
/// each. Items of the dictionary that was begun last are a text and what belongs to it.
class PickleWriter {
 public:
  PickleWriter() : bytes_("\x80\x02") {}

  void begin_dictionary() { bytes_ += "}("; }
  void end_dictionary() { bytes_ += 'u'; }
  /// Begins an object of a class, as the state of which a dictionary follows.
  void begin_object(std::string_view module, std::string_view name);
  void end_object() { bytes_ += "ub"; }

  void text(std::string_view value);
  void boolean(bool value) { bytes_ += value ? '\x88' : '\x89'; }
  /// Writes a dense tensor over the storage named `key`.
  void tensor(DType dtype, const Shape& shape, std::string_view key);

  std::string finish() && { return std::move(bytes_) + '.'; }

 private:
  void integer(std::int64_t value);
  void integers(const Shape& values);

  std::string bytes_;
};

}  // namespace diptych::checkpoint
