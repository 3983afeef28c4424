#include "checkpoint/containers/find_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

namespace diptych::checkpoint {
namespace {

/// What the names of a two-tower model begin with, in any family whose names have parts.
constexpr auto kRoots = std::to_array<std::string_view>(
    {"bert", "ln_final", "logit_bias", "logit_scale", "positional_embedding", "text",
     "text_decoder", "text_model", "text_projection", "token_embedding", "transformer",
     "vision_model", "visual", "visual_projection"});

constexpr auto kWrappers =
    std::to_array<std::string_view>({"_checkpoint_wrapped_module", "_forward_module",
                                     "_fsdp_wrapped_module", "_orig_mod", "module"});

/// Nobody wraps a model deeper; keeps the search linear in the names.
constexpr std::size_t kMaxParts = 8;
constexpr std::size_t kMaxCandidates = 8;

template <std::size_t count>
bool is_one_of(std::string_view part, const std::array<std::string_view, count>& parts) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

std::string_view part_at(std::string_view name, std::size_t begin) {
  return name.substr(begin, std::min(name.find('.', begin), name.size()) - begin);
}

struct Candidate {
  std::string_view prefix;
  std::size_t names = 0;  ///< that go on with a root
  std::size_t parts = 0;  ///< of the prefix
  std::size_t first = 0;  ///< of those names
};

/// Returns every prefix after which some name has a root, the likeliest first.
std::vector<Candidate> find_candidates(std::span<const TensorName> names) {
  std::map<std::string_view, Candidate> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names[i].name;
    std::size_t begin = 0;
    for (std::size_t parts = 0; parts <= kMaxParts; ++parts) {
      const std::string_view part = part_at(name, begin);
      // A root within a tower is none.
      if (is_one_of(part, kRoots)) {
        const std::string_view prefix = name.substr(0, begin);
        Candidate& candidate =
            found.try_emplace(prefix, Candidate{prefix, 0, parts, i}).first->second;
        ++candidate.names;
        break;
      }
      begin += part.size() + 1;
      if (begin > name.size()) break;
    }
  }
  std::vector<Candidate> candidates;
  for (const auto& [prefix, candidate] : found) candidates.push_back(candidate);
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tuple(b.names, a.parts, a.first) < std::tuple(a.names, b.parts, b.first);
  });
  candidates.resize(std::min(candidates.size(), kMaxCandidates));
  return candidates;
}

/// Whether a name is one of a candidate's model: it goes on with a root, or lies in the same
/// dictionary and is then for the model's own check.
bool is_member(const TensorName& name, std::string_view prefix) {
  if (!name.name.starts_with(prefix)) return false;
  return name.dictionary <= prefix.size() || is_one_of(part_at(name.name, prefix.size()), kRoots);
}

bool is_model(std::span<const TensorName> names, std::string_view prefix,
              RecognisesModel recognises) {
  std::vector<std::string_view> members;
  for (const TensorName& name : names) {
    if (is_member(name, prefix))
      members.push_back(std::string_view(name.name).substr(prefix.size()));
  }
  return recognises(members);
}

std::string shown(std::string_view prefix) {
  if (prefix.empty()) return "the outermost ones";
  return fmt::format("{}", prefix.substr(0, prefix.size() - 1));
}

/// Whether the name belongs to another copy of the weights.
bool is_another(std::string_view name, std::span<const Candidate> others) {
  return std::ranges::any_of(
      others, [&](const Candidate& other) { return name.starts_with(other.prefix); });
}

void note_others(std::string_view chosen, std::span<const Candidate> others, FoundModel& model) {
  for (const Candidate& other : others) {
    model.notes.push_back(
        fmt::format("The file holds such weights more than once: {} were taken, {} were not.",
                    shown(chosen), shown(other.prefix)));
  }
}

}  // namespace

std::optional<FoundModel> find_model(std::span<const TensorName> names,
                                     RecognisesModel recognises) {
  if (recognises == nullptr) return std::nullopt;
  std::vector<Candidate> models;
  for (const Candidate& candidate : find_candidates(names)) {
    if (is_model(names, candidate.prefix, recognises)) models.push_back(candidate);
  }
  if (models.empty()) return std::nullopt;
  const std::string_view prefix = models.front().prefix;
  std::vector<Candidate> others;
  for (const Candidate& model : models) {
    if (!prefix.starts_with(model.prefix)) others.push_back(model);
  }
  FoundModel model{.prefix = std::string(prefix)};
  note_others(prefix, others, model);
  const std::size_t dictionary = names[models.front().first].dictionary;
  std::vector<std::string_view> beside;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names[i].name;
    if (is_another(name, others)) continue;
    if (is_member(names[i], prefix)) {
      model.members.push_back(i);
    } else if (names[i].dictionary == dictionary &&
               name.starts_with(prefix.substr(0, dictionary))) {
      beside.push_back(name);
    }
  }
  if (!beside.empty()) {
    model.notes.push_back(fmt::format("Tensors beside the model were not used: {}, {} first.",
                                      beside.size(), beside.front()));
  }
  return model;
}

std::string without_wrappers(const std::string& name) {
  std::string result;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::string_view part = part_at(name, begin);
    begin += part.size() + 1;
    if (is_one_of(part, kWrappers)) continue;
    result += part;
    result += '.';
  }
  if (!result.empty()) result.pop_back();
  return result.empty() ? name : result;
}

}  // namespace diptych::checkpoint
