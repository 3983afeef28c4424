#include "train_data_report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "counted.h"

using diptych::RefusedData;
using diptych::TrainDataSummary;

void print_data(const TrainDataSummary& data) {
  print_line(
      fmt::format("data: {} of {}", counted(data.pairs, "pair"), counted(data.samples, "sample")));
  if (data.sources.size() > 1) {
    for (const TrainDataSummary::Source& source : data.sources)
      print_line(fmt::format("data: {} of {} in {}", source.pairs, source.samples, source.name));
  }
  print_refused("data: refused: ", data.refused);
  for (const std::string& note : data.notes) print_line("data: " + note);
}

Json data_json(const TrainDataSummary& data) {
  Json sources = Json::array();
  for (const TrainDataSummary::Source& source : data.sources) {
    sources.push_back(
        {{"name", source.name}, {"pairs", source.pairs}, {"samples", source.samples}});
  }
  return {{"data",
           {{"pairs", data.pairs},
            {"samples", data.samples},
            {"sources", sources},
            {"refused_by_reason", refused_json(data.refused)},
            {"notes", data.notes}}}};
}

void print_refused(std::string_view start, const std::vector<RefusedData>& refused) {
  for (const RefusedData& entry : refused) {
    print_line(fmt::format("{}{} {}, the first: {}", start, entry.count, entry.description,
                           entry.example));
  }
}

Json refused_json(const std::vector<RefusedData>& refused) {
  Json entries = Json::array();
  for (const RefusedData& entry : refused) {
    entries.push_back(
        {{"reason", entry.reason}, {"count", entry.count}, {"example", entry.example}});
  }
  return entries;
}
