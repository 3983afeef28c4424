#include "kernels/unit.h"

#include <algorithm>
#include <cctype>

#include "kernels/isa.h"

namespace diptych::kernels {
namespace {

#if defined(__x86_64__)
/// Intel's vdpbf16ps does half as many multiply-adds a second as its float32 (0.5 measured on
/// Granite Rapids); AMD's does twice as many.
bool has_fast_bf16() {
  return __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_is("amd") != 0;
}
bool has_vnni() {
  return __builtin_cpu_supports("avx512vnni") != 0;
}
#else
bool has_fast_bf16() {
  return false;
}
bool has_vnni() {
  return false;
}
#endif

}  // namespace

Unit unit_for(Element multiplied) {
  if (multiplied == Element::fp32) return Unit::vector;
  const std::string isa = active_isa();
  if (isa == "amx") return multiplied == Element::bf16 ? Unit::amx_bf16 : Unit::amx_int8;
  if (isa != "avx3") return Unit::vector;
  if (multiplied == Element::bf16) return has_fast_bf16() ? Unit::avx512_bf16 : Unit::vector;
  return has_vnni() ? Unit::avx512_vnni : Unit::vector;
}

std::string name(Unit unit) {
  if (unit == Unit::avx512_bf16) return "AVX-512 BF16";
  if (unit == Unit::avx512_vnni) return "AVX-512 VNNI";
  if (works_on_tiles(unit)) return "AMX";
  std::string isa = active_isa();
  if (isa == "avx3" || isa == "amx") return "AVX-512";
  std::transform(isa.begin(), isa.end(), isa.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return isa;
}

}  // namespace diptych::kernels
