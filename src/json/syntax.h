#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace diptych {

/// Where in a document a parser stands: what is read of the innermost list or object.
struct JsonPlace {
  enum class Inside { nothing, list, object };
  Inside inside = Inside::nothing;
  bool is_begun = false;  ///< something was read there; of `nothing`: the document is whole
  std::optional<std::string> key;  ///< of an object: the key whose value has not been read
};

/// Returns "got X at byte N, expected Y" for text that is not JSON, bytes counted from 0. `read`:
/// how many bytes the parser had taken, one more than there are for the end of the text.
std::string describe_syntax_error(std::string_view text, std::size_t read, const JsonPlace& place);

}  // namespace diptych
