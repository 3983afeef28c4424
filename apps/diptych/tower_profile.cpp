#include "tower_profile.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "console.h"

Json profile_json(const diptych::TowerProfile& profile, const diptych::MachinePeaks& peaks) {
  Json json = {{"ms", 1e3 * profile.seconds},
               {"peak_gflops", 1e-9 * peaks.flops_per_second},
               {"peak_gbytes", 1e-9 * peaks.bytes_per_second},
               {"operations", Json::array()}};
  for (const diptych::OperationTime& operation : profile.operations) {
    json["operations"].push_back({{"operation", operation.name},
                                  {"calls", operation.calls},
                                  {"ms", 1e3 * operation.seconds},
                                  {"gflops", 1e-9 * operation.flops / operation.seconds},
                                  {"gbytes", 1e-9 * operation.bytes / operation.seconds},
                                  {"of_peak", peaks.share_of(operation)}});
  }
  return json;
}

void print_profile(const std::string& heading, const Json& profile) {
  const double batch = profile.at("ms").get<double>();
  print_line(fmt::format("{}: {:.2f} ms a batch; the machine: {:.0f} GFLOP/s, {:.1f} GB/s", heading,
                         batch, profile.at("peak_gflops").get<double>(),
                         profile.at("peak_gbytes").get<double>()));
  print_line(fmt::format("  {:<28} {:>5} {:>9} {:>7} {:>9} {:>7} {:>9}", "operation", "calls", "ms",
                         "share", "GFLOP/s", "GB/s", "of peak"));
  double inside = 0.0;
  for (const Json& operation : profile.at("operations")) {
    const double ms = operation.at("ms").get<double>();
    inside += ms;
    print_line(fmt::format(
        "  {:<28} {:>5} {:>9.3f} {:>6.1f}% {:>9.1f} {:>7.1f} {:>8.0f}%",
        operation.at("operation").get<std::string>(), operation.at("calls").get<int>(), ms,
        100 * ms / batch, operation.at("gflops").get<double>(),
        operation.at("gbytes").get<double>(), 100 * operation.at("of_peak").get<double>()));
  }
  print_line(fmt::format("  {:<28} {:>5} {:>9.3f} {:>6.1f}%", "between them", "", batch - inside,
                         100 * (batch - inside) / batch));
}
