#include "options/tower_mode.h"

#include <charconv>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych::options {
namespace {

using Kind = TowerMode::Kind;

constexpr std::string_view kLora = "lora:";
constexpr int kMostRank = 1 << 14;

/// One tower's options with their names.
struct Chosen {
  std::string_view mode_name;
  const std::string& mode;
  std::string_view lock_name;
  bool locked = false;
  std::string_view unlocked_name;
  int unlocked = 0;
};

int parse_rank(std::string_view text) {
  int rank = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rank);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && rank >= 1 && rank <= kMostRank ? rank : 0;
}

TowerMode parse(const Chosen& chosen) {
  if (chosen.mode == "full") return {};
  if (chosen.mode == "frozen") return {.kind = Kind::frozen};
  const std::string_view mode = chosen.mode;
  const int rank = mode.starts_with(kLora) ? parse_rank(mode.substr(kLora.size())) : 0;
  if (rank == 0) {
    fail(ErrorCode::invalid_argument,
         "train: {}: got '{}', expected full, frozen, or lora:RANK with a rank of 1 to {}",
         chosen.mode_name, mode, kMostRank);
  }
  return {.kind = Kind::lora, .rank = rank};
}

TowerMode mode_of(const Chosen& chosen) {
  TowerMode mode = parse(chosen);
  if (chosen.locked && mode.kind == Kind::lora) {
    fail(ErrorCode::invalid_argument, "train: {}: got it with {} {}, expected one of them",
         chosen.lock_name, chosen.mode_name, chosen.mode);
  }
  if (chosen.locked) mode.kind = Kind::frozen;
  if (mode.kind != Kind::frozen && chosen.unlocked > 0) {
    fail(ErrorCode::invalid_argument, "train: {}: expected --{}, or --{} frozen",
         chosen.unlocked_name, chosen.lock_name, chosen.mode_name);
  }
  mode.unlocked = chosen.unlocked;
  return mode;
}

}  // namespace

TowerMode image_mode(const TrainOptions& options) {
  return mode_of({.mode_name = "image-mode",
                  .mode = options.image_mode,
                  .lock_name = "lock-image",
                  .locked = options.lock_image,
                  .unlocked_name = "lock-image-unlocked-groups",
                  .unlocked = options.lock_image_unlocked_groups});
}

TowerMode text_mode(const TrainOptions& options) {
  return mode_of({.mode_name = "text-mode",
                  .mode = options.text_mode,
                  .lock_name = "lock-text",
                  .locked = options.lock_text,
                  .unlocked_name = "lock-text-unlocked-layers",
                  .unlocked = options.lock_text_unlocked_layers});
}

}  // namespace diptych::options
