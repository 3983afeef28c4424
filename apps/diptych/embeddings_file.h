#pragma once

#include <diptych/arrays.h>

#include <filesystem>
#include <string>
#include <vector>

#include "embedding_rows.h"
#include "json_text.h"

/// The rows of one kind of input, as `embed` writes them.
struct InputRows {
  std::string kind;   ///< "image" or "text"
  std::string array;  ///< what the array is called: "image_embeddings"
  EmbeddingRows rows;
  /// Of pictures the state of each one's file before it was read, and how it is read; empty for
  /// texts.
  std::vector<std::string> states;

  std::string note() const { return kind + "s"; }  ///< the note that lists the inputs
  std::string state_note() const { return kind + "_files"; }
  Json name(std::size_t place) const;  ///< an input, as JSON has it
  Json names() const;                  ///< those that have a row, in its order
  Json states_of_rows() const;         ///< theirs
};

/// Returns size and time of a file's last change, by which it is told whether it has changed; empty
/// for one that is not there.
std::string file_state(const std::filesystem::path& path);

/// Writes the rows with notes that say which input each is: to a .safetensors or .npy file, or for
/// "-" as .safetensors to standard output. Returns what was written, "image_embeddings [3, 512]";
/// nothing when there is no row. Throws Error as `write_arrays`.
std::string write_rows(const std::string& out, const std::vector<InputRows*>& kinds,
                       diptych::Existing existing);

/// Does the same for any arrays.
std::string write_arrays_or_print(const std::string& out, const diptych::Arrays& arrays,
                                  const diptych::Notes& notes, diptych::Existing existing);

/// Rows of an earlier run that are not taken over.
struct TakenOver {
  std::size_t dropped = 0;  ///< of inputs that are not wanted
  std::size_t changed = 0;  ///< of pictures whose file, or how it is read, has changed since
  std::size_t broken = 0;   ///< with a number that is not finite
};

/// Takes the rows that an earlier run left in `file` for inputs that are still wanted and as they
/// were, and counts the others. Throws Error(invalid_argument) when the rows are of another kind,
/// or the file has what no such run of these kinds leaves, and as `read_arrays`.
TakenOver take_over_rows(const std::string& file, const std::vector<InputRows*>& kinds);
