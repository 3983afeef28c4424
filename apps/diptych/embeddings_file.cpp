#include "embeddings_file.h"

#include <diptych/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "console.h"
#include "json/json.h"

namespace {

constexpr const char* kStandardOutput = "-";

std::filesystem::path temporary_folder() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (!error) return folder;
  throw diptych::Error(
      diptych::ErrorCode::io,
      fmt::format("cannot use the folder for temporary files that TMPDIR names: {}",
                  error.message()));
}

/// A file that nobody else has, and that goes when this goes.
class TemporaryFile {
 public:
  TemporaryFile() : path_(temporary_folder() / fmt::format("diptych-{}.safetensors", getpid())) {}
  ~TemporaryFile() {
    std::error_code unimportant;
    std::filesystem::remove(path_, unimportant);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void print_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 1 << 16> part{};
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    print_text({part.data(), static_cast<std::size_t>(file.gcount())});
  }
}

[[noreturn]] void fail_to_resume(const std::string& file, std::string_view got,
                                 std::string_view expected) {
  throw diptych::Error(diptych::ErrorCode::invalid_argument,
                       fmt::format("--resume: got {}, expected {} ({})", got, expected, file));
}

std::vector<std::string> read_names(const std::string& note, bool are_paths,
                                    const std::string& file) {
  const diptych::Json list = diptych::parse_json(note, file);
  std::vector<std::string> names;
  for (const diptych::Json& name : list) {
    if (!list.is_array() || !name.is_string())
      fail_to_resume(file, "other notes", "lists of inputs");
    const auto& text = name.get_ref<const std::string&>();
    names.push_back(are_paths ? json_path(text).native() : text);
  }
  return names;
}

/// Returns how many of the pictures that have a row are no longer as they were.
std::size_t forget_changed(const std::vector<std::string>& names,
                           const std::vector<std::string>& states, InputRows& inputs) {
  std::map<std::string_view, std::string_view> before;
  for (std::size_t i = 0; i < std::min(names.size(), states.size()); ++i)
    before.emplace(names[i], states[i]);
  std::size_t changed = 0;
  for (const std::size_t place : inputs.rows.known()) {
    const auto found = before.find(inputs.rows.inputs()[place]);
    if (found == before.end() || found->second == inputs.states[place]) continue;
    inputs.rows.forget(place);
    ++changed;
  }
  return changed;
}

}  // namespace

Json InputRows::name(std::size_t place) const {
  const std::string& input = rows.inputs()[place];
  return kind == "image" ? path_json(input) : Json(input);
}

Json InputRows::names() const {
  Json names = Json::array();
  for (const std::size_t place : rows.known()) names.push_back(name(place));
  return names;
}

Json InputRows::states_of_rows() const {
  Json known = Json::array();
  for (const std::size_t place : rows.known()) known.push_back(states[place]);
  return known;
}

std::string file_state(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return "";
  const auto time = std::filesystem::last_write_time(path, error);
  return error ? "" : fmt::format("{} {}", size, time.time_since_epoch().count());
}

std::string write_arrays_or_print(const std::string& out, const diptych::Arrays& arrays,
                                  const diptych::Notes& notes, diptych::Existing existing) {
  if (out == kStandardOutput) {
    const TemporaryFile file;
    diptych::write_arrays(file.path(), arrays, notes);
    print_file(file.path());
  } else {
    diptych::write_arrays(out, arrays, notes, existing);
  }
  std::vector<std::string> written;
  for (const auto& [name, array] : arrays) {
    written.push_back(fmt::format("{} [{}]", name, fmt::join(array.shape, ", ")));
  }
  return fmt::format("{}", fmt::join(written, ", "));
}

std::string write_rows(const std::string& out, const std::vector<InputRows*>& kinds,
                       diptych::Existing existing) {
  diptych::Arrays arrays;
  diptych::Notes notes;
  for (const InputRows* inputs : kinds) {
    if (inputs->rows.size() == 0) continue;
    arrays[inputs->array] = inputs->rows.array();
    notes[inputs->note()] = json_text(inputs->names(), -1);
    if (!inputs->states.empty())
      notes[inputs->state_note()] = json_text(inputs->states_of_rows(), -1);
  }
  return arrays.empty() ? "" : write_arrays_or_print(out, arrays, notes, existing);
}

TakenOver take_over_rows(const std::string& file, const std::vector<InputRows*>& kinds) {
  const diptych::Notes notes = diptych::read_notes(file);
  const diptych::Arrays arrays = diptych::read_arrays(file);
  for (const auto& [name, array] : arrays) {
    const auto is_wanted = [&, &wanted = name](const InputRows* inputs) {
      return inputs->array == wanted && !inputs->rows.inputs().empty();
    };
    if (std::ranges::none_of(kinds, is_wanted))
      fail_to_resume(file, name, "only what this run makes, as the file is replaced");
  }
  TakenOver taken;
  for (InputRows* inputs : kinds) {
    const auto note = notes.find(inputs->note());
    if (note == notes.end()) continue;
    const auto array = arrays.find(inputs->array);
    if (array == arrays.end()) fail_to_resume(file, "no " + inputs->array, "rows of that name");
    const std::vector<std::string> names = read_names(note->second, inputs->kind == "image", file);
    const std::optional<std::size_t> broken = inputs->rows.take_over(names, array->second);
    if (!broken) {
      fail_to_resume(file, fmt::format("[{}]", fmt::join(array->second.shape, ", ")),
                     fmt::format("[{}, {}]", names.size(), inputs->rows.width()));
    }
    taken.broken += *broken;
    const std::set<std::string_view> wanted(inputs->rows.inputs().begin(),
                                            inputs->rows.inputs().end());
    taken.dropped += static_cast<std::size_t>(std::ranges::count_if(
        names, [&](const std::string& name) { return !wanted.contains(name); }));
    const auto states = notes.find(inputs->state_note());
    if (states != notes.end())
      taken.changed += forget_changed(names, read_names(states->second, false, file), *inputs);
  }
  return taken;
}
