#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "curate/query_matcher.h"

namespace diptych::curate {

/// Returns the automaton of a list of entries as MatcherImage reads it. Throws as QueryMatcher.
std::vector<std::uint64_t> build_matcher(std::span<const std::string> entries,
                                         const MatcherOptions& options);

/// Returns the options as bits of MatcherHeader, and back.
std::uint32_t option_bits(const MatcherOptions& options);
MatcherOptions options_of(std::uint32_t bits);

/// Returns an entry with spaces around its marks, as a text's.
std::string spaced_out(std::string_view entry);

}  // namespace diptych::curate
