#include "kernels/isa.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <algorithm>
#include <atomic>
#include <cctype>

#include "base/environment.h"
#include "base/error.h"
#include "kernels/amx.h"

namespace diptych::kernels {
namespace {

std::string lower_case_name(std::int64_t target) {
  std::string name = hwy::TargetName(target);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

/// Read once, before anything is forced: Highway forgets the rest afterwards.
const std::vector<std::int64_t>& available_targets() {
  static const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  return targets;
}

/// The instruction set that AMX's tiles stand beside.
constexpr std::string_view kBesideTiles = "avx3";
constexpr std::string_view kTiles = "amx";

bool has_tiles() {
  static const bool has = lower_case_name(available_targets().front()) == kBesideTiles && has_amx();
  return has;
}

/// Whether the kernels use AMX.
std::atomic<bool>& tiles_chosen() {
  static std::atomic<bool> chosen = has_tiles();
  return chosen;
}

void force(std::string_view name, const char* origin) {
  const bool tiles = name == kTiles && has_tiles();
  for (const std::int64_t target : available_targets()) {
    if (lower_case_name(target) == (tiles ? kBesideTiles : name)) {
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(target);
      tiles_chosen() = tiles;
      return;
    }
  }
  fail(ErrorCode::invalid_argument, "{}: got \"{}\", expected one of {}", origin, name,
       fmt::join(available_isas(), ", "));
}

bool apply_environment() {
  tiles_chosen();
  if (const auto name = environment("DIPTYCH_ISA")) force(*name, "DIPTYCH_ISA");
  return true;
}

}  // namespace

void choose_isa() {
  [[maybe_unused]] static const bool chosen = apply_environment();
}

std::string active_isa() {
  choose_isa();
  if (tiles_chosen()) return std::string(kTiles);
  return lower_case_name(hwy::SupportedAndGeneratedTargets().front());
}

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  if (has_tiles()) names.emplace_back(kTiles);
  for (const std::int64_t target : available_targets()) names.push_back(lower_case_name(target));
  return names;
}

void use_isa(std::string_view name) {
  choose_isa();
  force(name, "instruction set");
}

}  // namespace diptych::kernels
