#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diptych::curate {

/// The entries of one language with their matches before and after balancing.
struct LanguageBalance {
  std::string language;
  std::uint64_t threshold = 0;
  std::vector<std::uint64_t> before;
  std::vector<double> probabilities;
  std::vector<std::uint64_t> after;
};

/// Writes TSV with a header: language, entry, before, probability, after. Throws Error(io).
void write_balance_table(const std::filesystem::path& path,
                         const std::vector<LanguageBalance>& languages);

/// Writes an SVG chart on logarithmic axes: matches by rank of the entry, before and after, a pair
/// of lines a language. Throws Error(io).
void write_balance_chart(const std::filesystem::path& path,
                         const std::vector<LanguageBalance>& languages);

}  // namespace diptych::curate
