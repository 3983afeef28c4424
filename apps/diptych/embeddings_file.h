#pragma once

#include <diptych/arrays.h>

#include <string>
#include <vector>

#include "embedding_rows.h"
#include "json_text.h"

/// The rows of one kind of input, as `embed` writes them.
struct InputRows {
  std::string kind;   ///< "image" or "text"
  std::string array;  ///< what the array is called: "image_embeddings"
  EmbeddingRows rows;

  std::string note() const { return kind + "s"; }  ///< the note that lists the inputs
  Json name(std::size_t place) const;              ///< an input, as JSON has it
  Json names() const;                              ///< those that have a row, in its order
};

/// Writes the rows with notes that say which input each is: to a .safetensors or .npy file, or for
/// "-" as .safetensors to standard output. Returns what was written, "image_embeddings [3, 512]";
/// nothing when there is no row. Throws Error as `write_arrays`.
std::string write_rows(const std::string& out, const std::vector<InputRows*>& kinds);

/// Does the same for any arrays.
std::string write_arrays_or_print(const std::string& out, const diptych::Arrays& arrays,
                                  const diptych::Notes& notes);

/// Takes the rows that an earlier run left in `file` for inputs that are still wanted. Throws
/// Error(invalid_argument) when they are of another kind, and as `read_arrays`.
void take_over_rows(const std::string& file, const std::vector<InputRows*>& kinds);
