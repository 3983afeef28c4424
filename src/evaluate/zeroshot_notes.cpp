#include "evaluate/zeroshot_notes.h"

#include <fmt/core.h>

#include <string_view>
#include <unordered_map>

namespace diptych::evaluate {
namespace {

constexpr std::size_t kClassesNamed = 3;
/// Fewer pictures may miss by chance.
constexpr std::size_t kEnoughPictures = 20;

std::string_view bytes_of(std::span<const float> row) {
  return {reinterpret_cast<const char*>(row.data()), row.size_bytes()};
}

}  // namespace

std::vector<std::string> picture_notes(const Matrix& images,
                                       std::span<const std::size_t> right_classes) {
  std::unordered_map<std::string_view, std::size_t> class_of;
  std::size_t contradictory = 0;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < images.rows; ++i) {
    const auto [first, is_new] = class_of.emplace(bytes_of(images.row(i)), right_classes[i]);
    if (is_new) continue;
    ++(first->second != right_classes[i] ? contradictory : repeated);
  }
  std::vector<std::string> notes;
  if (contradictory > 0) {
    notes.push_back(fmt::format(
        "pictures that are in another class too: {}; they cannot all be right", contradictory));
  }
  if (repeated > 0) {
    notes.push_back(
        fmt::format("pictures that are in their class before: {}; each counts again", repeated));
  }
  return notes;
}

std::vector<std::string> result_notes(std::size_t right_answers,
                                      std::span<const std::size_t> right_classes,
                                      std::span<const std::string> class_names) {
  std::vector<bool> has_pictures(class_names.size(), false);
  for (const std::size_t right : right_classes) has_pictures[right] = true;
  std::string names;
  std::size_t without = 0;
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    if (has_pictures[i]) continue;
    if (without++ < kClassesNamed)
      names += fmt::format("{}'{}'", without > 1 ? ", " : "", class_names[i]);
  }
  std::vector<std::string> notes;
  if (without > 0) {
    notes.push_back(
        fmt::format("{} of {} classes have no picture that could be read, but may be "
                    "answered: {}{}",
                    without, class_names.size(), names, without > kClassesNamed ? " ..." : ""));
  }
  const double chance = 1.0 / static_cast<double>(class_names.size());
  const auto pictures = static_cast<double>(right_classes.size());
  if (right_classes.size() >= kEnoughPictures &&
      static_cast<double>(right_answers) <= chance * pictures) {
    notes.push_back(
        fmt::format("top-1 is no better than guessing ({:.2f} %): do the names belong "
                    "to the folders, and does the model know such pictures and words?",
                    100.0 * chance));
  }
  return notes;
}

}  // namespace diptych::evaluate
