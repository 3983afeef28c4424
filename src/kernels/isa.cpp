#include "kernels/isa.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cctype>

#include "base/environment.h"
#include "base/error.h"

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

void force(std::string_view name, const char* origin) {
  for (const std::int64_t target : available_targets()) {
    if (lower_case_name(target) == name) {
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(target);
      return;
    }
  }
  fail(ErrorCode::invalid_argument, "{}: got \"{}\", expected one of {}", origin, name,
       fmt::join(available_isas(), ", "));
}

bool apply_environment() {
  available_targets();
  if (const auto name = environment("DIPTYCH_ISA")) force(*name, "DIPTYCH_ISA");
  return true;
}

}  // namespace

void choose_isa() {
  [[maybe_unused]] static const bool chosen = apply_environment();
}

std::string active_isa() {
  choose_isa();
  return lower_case_name(hwy::SupportedAndGeneratedTargets().front());
}

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const std::int64_t target : available_targets()) names.push_back(lower_case_name(target));
  return names;
}

void use_isa(std::string_view name) {
  choose_isa();
  force(name, "instruction set");
}

}  // namespace diptych::kernels
