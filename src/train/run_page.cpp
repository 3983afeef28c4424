#include "train/run_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/html_text.h"
#include "json/base64.h"
#include "shards/refusal.h"

namespace diptych::train {
namespace {

constexpr double kWidth = 640.0;
constexpr double kHeight = 160.0;
/// More points than pixels show nothing more.
constexpr std::size_t kMostPoints = 1280;

constexpr std::string_view kHead =
    "<!doctype html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"30\">\n"
    "<style>\nbody { font: 16px sans-serif; max-width: 44em; margin: 2em auto; }\n"
    "svg { background: #f4f4f4; }\n"
    "polyline { fill: none; stroke: #1667b7; stroke-width: 1.5; }\n"
    "td { padding: .3em 1em .3em 0; }\n</style>\n";

struct Range {
  double low = 0.0;
  double high = 0.0;
};

/// The values' range, without what is not finite.
Range range_of(const std::vector<RunHistory::Entry>& entries, std::size_t value) {
  Range range{.low = INFINITY, .high = -INFINITY};
  for (const RunHistory::Entry& entry : entries) {
    if (!std::isfinite(entry.values[value])) continue;
    range.low = std::min(range.low, entry.values[value]);
    range.high = std::max(range.high, entry.values[value]);
  }
  return range;
}

std::string points_of(const std::vector<RunHistory::Entry>& entries, std::size_t value,
                      const Range& range) {
  const auto steps = static_cast<double>(std::max<std::int64_t>(1, entries.back().step));
  const double height = std::max(range.high - range.low, 1e-12);
  const std::size_t stride = std::max<std::size_t>(1, entries.size() / kMostPoints);
  std::string points;
  for (std::size_t i = 0; i < entries.size(); i += stride) {
    const double y = (entries[i].values[value] - range.low) / height;
    if (!std::isfinite(y)) continue;
    points += fmt::format("{:.1f},{:.1f} ", kWidth * static_cast<double>(entries[i].step) / steps,
                          kHeight * (1.0 - y));
  }
  return points;
}

std::string chart(std::string_view name, const std::vector<RunHistory::Entry>& entries,
                  std::size_t value) {
  const Range range = range_of(entries, value);
  if (range.low > range.high) return "";
  return fmt::format(
      "<h2>{0}: {1:.4g}</h2>\n<p>{2:.4g} to {3:.4g}, step 0 to {4}\n"
      "<svg viewBox=\"0 0 {5} {6}\" width=\"{5}\" height=\"{6}\"><polyline "
      "points=\"{7}\"/></svg>\n",
      name, entries.back().values[value], range.low, range.high, entries.back().step, kWidth,
      kHeight, points_of(entries, value, range));
}

/// Marked where it is the picture's own.
std::string caption_line(const ScoredCaption& caption) {
  constexpr std::size_t kShownBytes = 200;
  const std::string text = html_text(shards::shortened(caption.text, kShownBytes));
  return fmt::format("{:.3f} {}", caption.cosine, caption.own ? "<b>" + text + "</b>" : text);
}

std::string sample_row(const RunSample& sample) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(sample.picture.data());
  std::string row =
      fmt::format("<tr><td><img src=\"data:image/jpeg;base64,{}\"><td>{}<td>",
                  to_base64({bytes, sample.picture.size()}), caption_line(sample.caption));
  for (const ScoredCaption& caption : sample.nearest) row += caption_line(caption) + "<br>\n";
  return row;
}

std::string samples_table(const SamplesSeen& seen) {
  if (seen.step == 0) return "";
  std::string table = fmt::format(
      "<h2>Samples after step {}</h2>\n<p>Pairs of the training data: the picture, its caption, "
      "and of {} captions of this data those nearest to it, with their cosine; its own in bold.\n"
      "<table>\n",
      seen.step, seen.captions);
  for (const RunSample& sample : seen.samples) table += sample_row(sample);
  return table + "</table>\n";
}

}  // namespace

std::string run_page(const std::string& name, const TrainProgress& now,
                     const std::vector<RunHistory::Entry>& entries, const SamplesSeen& seen) {
  const double left = static_cast<double>(now.total_steps - now.step) * now.step_seconds;
  std::string page =
      std::string(kHead) +
      fmt::format(
          "<title>{0}</title>\n<h1>{0}</h1>\n<p>Epoch {1} of {2}, step {3} of {4}, about "
          "{5:.0f} minutes left.\n",
          html_text(name), now.epoch + 1, now.epochs, now.step, now.total_steps, left / 60.0);
  if (now.refused > 0) {
    page += fmt::format("<p>{} samples refused, the last: {}\n", now.refused,
                        html_text(now.last_problem));
  }
  if (entries.empty()) return page;
  const std::vector<NamedValue> names = values_of({});
  for (std::size_t i = 0; i < names.size(); ++i) page += chart(names[i].name, entries, i);
  return page + samples_table(seen);
}

}  // namespace diptych::train
