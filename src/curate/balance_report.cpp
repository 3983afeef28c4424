#include "curate/balance_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/atomic_file.h"

namespace diptych::curate {

namespace {

constexpr double kWidth = 720.0;
constexpr double kHeight = 420.0;
constexpr double kMargin = 56.0;

/// Where a rank and a count lie on the chart.
class Axes {
 public:
  Axes(std::size_t ranks, std::uint64_t counts)
      : decades_x_(decades(static_cast<double>(ranks))),
        decades_y_(decades(static_cast<double>(counts))) {}

  double x(double rank) const {
    return kMargin + (kWidth - 2 * kMargin) * std::log10(rank) / decades_x_;
  }
  double y(double count) const {
    return kHeight - kMargin - (kHeight - 2 * kMargin) * std::log10(count) / decades_y_;
  }

  /// Lines and numbers at every power of ten.
  std::string grid() const {
    std::string svg;
    for (int i = 0; i <= static_cast<int>(decades_x_); ++i) {
      const double at = x(std::pow(10.0, i));
      svg += fmt::format(
          R"(<path stroke="#ddd" d="M{0:.1f} {1:.1f}V{2:.1f}"/><text x="{0:.1f}" y="{3:.1f}">10<tspan dy="-5" font-size="9">{4}</tspan></text>)",
          at, kMargin, kHeight - kMargin, kHeight - kMargin + 18, i);
    }
    for (int i = 0; i <= static_cast<int>(decades_y_); ++i) {
      const double at = y(std::pow(10.0, i));
      svg += fmt::format(
          R"(<path stroke="#ddd" d="M{1:.1f} {0:.1f}H{2:.1f}"/><text x="{3:.1f}" y="{4:.1f}">10<tspan dy="-5" font-size="9">{5}</tspan></text>)",
          at, kMargin, kWidth - kMargin, kMargin - 20, at + 4, i);
    }
    return svg;
  }

 private:
  static double decades(double most) {
    return std::max(1.0, std::ceil(std::log10(std::max(most, 1.0))));
  }
  double decades_x_;
  double decades_y_;
};

/// A line through the counts from the largest on, one point a pixel at most.
std::string curve(std::vector<std::uint64_t> counts, const Axes& axes, const char* style) {
  std::sort(counts.begin(), counts.end(), std::greater<>());
  std::string points;
  double last = -1.0;
  for (std::size_t i = 0; i < counts.size() && counts[i] > 0; ++i) {
    const double x = axes.x(static_cast<double>(i + 1));
    if (x - last < 1.0) continue;
    last = x;
    points += fmt::format("{:.1f},{:.1f} ", x, axes.y(static_cast<double>(counts[i])));
  }
  return fmt::format(R"(<polyline points="{}" fill="none" {}/>)", points, style);
}

}  // namespace

void write_balance_table(const std::filesystem::path& path,
                         const std::vector<LanguageBalance>& languages) {
  AtomicFile file(path);
  file.write("language\tentry\tbefore\tprobability\tafter\n");
  for (const LanguageBalance& language : languages) {
    for (std::size_t i = 0; i < language.before.size(); ++i) {
      file.write(fmt::format("{}\t{}\t{}\t{}\t{}\n", language.language, i, language.before[i],
                             language.probabilities[i], language.after[i]));
    }
  }
  file.commit();
}

void write_balance_chart(const std::filesystem::path& path,
                         const std::vector<LanguageBalance>& languages) {
  std::size_t ranks = 1;
  std::uint64_t most = 1;
  for (const LanguageBalance& language : languages) {
    ranks = std::max(ranks, language.before.size());
    for (const std::uint64_t count : language.before) most = std::max(most, count);
  }
  const Axes axes(ranks, most);
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>)",
      kWidth, kHeight);
  svg += "<g text-anchor=\"middle\">" + axes.grid() + "</g>";
  for (const LanguageBalance& language : languages) {
    svg += curve(language.before, axes, R"(stroke="#999" stroke-width="1.5")");
    svg += curve(language.after, axes, R"(stroke="#0b62c4" stroke-width="2")");
  }
  svg += fmt::format(
      R"(<text x="{}" y="30">matches of each query, by rank: <tspan fill="#777">before</tspan> and <tspan fill="#0b62c4">after</tspan> balancing</text></svg>)",
      kMargin);
  write_file(path, svg + "\n");
}

}  // namespace diptych::curate
