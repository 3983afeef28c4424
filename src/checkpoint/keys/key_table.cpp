#include "checkpoint/keys/key_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/convert_floating.h"

namespace diptych::checkpoint {
namespace {

using Captures = std::vector<std::string_view>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Matches `pattern` from its beginning, noting what its wildcards stand for.
bool match(std::string_view pattern, std::string_view text, Captures& captures) {
  if (pattern.empty()) return text.empty();
  const char first = pattern.front();
  if (first != '#' && first != '*')
    return !text.empty() && text.front() == first &&
           match(pattern.substr(1), text.substr(1), captures);
  std::size_t limit = text.size();
  if (first == '#') {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    limit = static_cast<std::size_t>(end - text.begin());
  }
  const std::size_t place = captures.size();
  for (std::size_t length = first == '#' ? 1 : 0; length <= limit; ++length) {
    captures.resize(place);
    captures.push_back(text.substr(0, length));
    if (match(pattern.substr(1), text.substr(length), captures)) return true;
  }
  return false;
}

std::string fill(std::string_view pattern, const Captures& captures) {
  std::string result;
  std::size_t next = 0;
  for (const char c : pattern) {
    if (c == '#' || c == '*') {
      result += captures.at(next++);
    } else {
      result += c;
    }
  }
  return result;
}

/// A rule applied to one canonical name.
struct Origin {
  Transform transform = Transform::same;
  std::vector<std::string> sources;
};

bool all_present(const TensorMap& source, const Origin& origin) {
  return std::all_of(origin.sources.begin(), origin.sources.end(),
                     [&](const std::string& name) { return source.tensors.contains(name); });
}

/// The first rule whose tensors are there; otherwise the first that fits the name, so that a
/// message can say what was looked for.
std::optional<Origin> find_origin(const TensorMap& source, std::span<const KeyRule> rules,
                                  std::string_view canonical) {
  std::optional<Origin> first;
  for (const KeyRule& rule : rules) {
    Captures captures;
    if (!match(rule.canonical, canonical, captures)) continue;
    Origin origin{.transform = rule.transform};
    for (const std::string_view pattern : rule.sources) {
      if (!pattern.empty()) origin.sources.push_back(fill(pattern, captures));
    }
    if (all_present(source, origin)) return origin;
    if (!first) first = std::move(origin);
  }
  return first;
}

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

/// How many dimensions of size 1 a family's tensor has before the canonical one's.
int leading_ones(Transform transform) {
  if (transform == Transform::token) return 2;
  return transform == Transform::batched ? 1 : 0;
}

/// Shape that an origin whose tensors are there leads to; `fitting` decides for reshaped ones.
Shape shape_of(const TensorMap& source, const Origin& origin, const Shape* fitting) {
  const Shape& stored = source.at(origin.sources.front()).shape;
  if (origin.transform == Transform::reshape && fitting != nullptr &&
      without_ones(stored) == without_ones(*fitting))
    return *fitting;
  Shape shape = transformed_shape(origin.transform, stored);
  for (std::size_t i = 1; i < origin.sources.size(); ++i) {
    const Shape next = transformed_shape(origin.transform, source.at(origin.sources[i]).shape);
    if (shape.empty() || next.empty() ||
        !std::equal(next.begin() + 1, next.end(), shape.begin() + 1, shape.end()))
      return next;
    shape.front() = static_cast<std::int64_t>(checked_add(static_cast<std::uint64_t>(shape.front()),
                                                          static_cast<std::uint64_t>(next.front()),
                                                          "stacked rows"));
  }
  return shape;
}

/// float32 where parts differ, as those of files that were quantised tensor by tensor may.
DType common_type(std::span<const TensorView> parts) {
  const DType first = parts.front().dtype;
  const bool same = std::all_of(parts.begin(), parts.end(),
                                [&](const TensorView& part) { return part.dtype == first; });
  return same ? first : DType::float32;
}

/// The tensor of one or more others, computed when it is used.
TensorView computed(Transform transform, std::vector<TensorView> parts, const Shape& shape) {
  const DType dtype = common_type(parts);
  return computed_tensor(dtype, shape, [transform, dtype, parts = std::move(parts)](auto out) {
    for (const TensorView& part : parts) {
      const auto place = out.first(static_cast<std::size_t>(part.count()) * size_of(dtype));
      if (part.dtype == dtype) {
        transform_elements(transform, DenseTensor(part).view(), place);
      } else {
        transform_elements(transform, convert(part, dtype).view(), place);
      }
      out = out.subspan(place.size());
      MappedFile::release_pages(part.bytes);
    }
  });
}

/// Part `index` of `count` equal ones along the first dimension.
TensorView part_of(const TensorView& stacked, std::size_t index, std::size_t count) {
  TensorView part{stacked.dtype, stacked.shape, {}};
  part.shape.front() /= static_cast<std::int64_t>(count);
  const std::size_t bytes = part.size_bytes();
  if (!stacked.compute) {
    part.bytes = stacked.bytes.subspan(index * bytes, bytes);
    return part;
  }
  return computed_tensor(part.dtype, part.shape, [stacked, index, bytes](auto out) {
    const DenseTensor dense(stacked);
    const auto from = dense.bytes().subspan(index * bytes, bytes);
    std::copy(from.begin(), from.end(), out.begin());
  });
}

/// Collects what does not fit, so that one message tells all of it.
class Misfits {
 public:
  void missing(const std::string& tensor) { missing_.push_back(tensor); }
  void extra(const std::string& tensor) { extra_.push_back(tensor); }
  void misshaped(const std::string& tensor, std::string_view got, std::string_view expected) {
    misshaped_.push_back(fmt::format("{}: got {}, expected {}", tensor, got, expected));
  }

  void report(const std::string& name) const {
    std::vector<std::string> parts;
    describe(parts, "missing", missing_);
    describe(parts, "misshaped", misshaped_);
    describe(parts, "not in the model", extra_);
    if (!parts.empty()) {
      fail(ErrorCode::invalid_argument, "the weights do not fit the model's config: {} ({})",
           fmt::join(parts, "; "), name);
    }
  }

 private:
  static void describe(std::vector<std::string>& parts, std::string_view what,
                       const std::vector<std::string>& tensors) {
    constexpr std::size_t kShown = 4;
    if (tensors.empty()) return;
    const auto shown = std::span(tensors).first(std::min(kShown, tensors.size()));
    const std::string rest =
        tensors.size() > kShown ? fmt::format(" and {} more", tensors.size() - kShown) : "";
    parts.push_back(fmt::format("{}: {}{}", what, fmt::join(shown, ", "), rest));
  }

  std::vector<std::string> missing_;
  std::vector<std::string> misshaped_;
  std::vector<std::string> extra_;
};

/// Notes what is wrong with one parameter's tensors.
void check(const TensorMap& source, const Origin& origin, const network::ParameterSpec& parameter,
           Misfits& misfits) {
  for (const std::string& tensor : origin.sources) {
    const DType got = source.at(tensor).dtype;
    if (!is_floating(got)) return misfits.misshaped(tensor, name(got), "a floating-point type");
  }
  const Shape shape = shape_of(source, origin, &parameter.shape);
  if (shape != parameter.shape) {
    misfits.misshaped(fmt::format("{}", fmt::join(origin.sources, " + ")), to_string(shape),
                      to_string(parameter.shape));
  }
}

/// Where every parameter comes from, all checked.
std::vector<Origin> find_origins(const TensorMap& source, std::span<const KeyRule> rules,
                                 std::span<const std::string_view> ignored,
                                 const network::ParameterTable& parameters,
                                 const std::string& name) {
  std::vector<Origin> origins;
  Misfits misfits;
  std::set<std::string, std::less<>> used;
  for (const network::ParameterSpec& parameter : parameters.specs()) {
    Origin origin =
        find_origin(source, rules, parameter.name).value_or(Origin{.sources = {parameter.name}});
    if (all_present(source, origin)) {
      used.insert(origin.sources.begin(), origin.sources.end());
      check(source, origin, parameter, misfits);
    } else {
      misfits.missing(fmt::format("{}", fmt::join(origin.sources, " + ")));
    }
    origins.push_back(std::move(origin));
  }
  for (const auto& entry : source.tensors) {
    const std::string& tensor = entry.first;
    const bool known = used.contains(tensor) ||
                       std::any_of(ignored.begin(), ignored.end(), [&](std::string_view pattern) {
                         return matches(pattern, tensor);
                       });
    if (!known) misfits.extra(tensor);
  }
  misfits.report(name);
  return origins;
}

}  // namespace

std::vector<KeyRule> joined(std::initializer_list<std::span<const KeyRule>> tables) {
  std::vector<KeyRule> rules;
  for (const std::span<const KeyRule> table : tables) {
    for (const KeyRule& rule : table) rules.push_back(rule);
  }
  return rules;
}

bool matches(std::string_view pattern, std::string_view name) {
  Captures captures;
  return match(pattern, name, captures);
}

std::optional<std::string> source_name(const TensorMap& source, std::span<const KeyRule> rules,
                                       std::string_view canonical) {
  const auto origin = find_origin(source, rules, canonical);
  if (!origin || origin->sources.size() != 1 || !all_present(source, *origin)) return std::nullopt;
  return origin->sources.front();
}

std::optional<Shape> canonical_shape(const TensorMap& source, std::span<const KeyRule> rules,
                                     std::string_view canonical) {
  const auto origin = find_origin(source, rules, canonical);
  if (!origin || !all_present(source, *origin)) return std::nullopt;
  return shape_of(source, *origin, nullptr);
}

void check_weights(const TensorMap& source, std::span<const KeyRule> rules,
                   std::span<const std::string_view> ignored,
                   const network::ParameterTable& parameters, const std::string& name) {
  find_origins(source, rules, ignored, parameters, name);
}

TensorMap place_weights(const TensorMap& source, std::span<const KeyRule> rules,
                        std::span<const std::string_view> ignored,
                        const network::ParameterTable& parameters, const std::string& name) {
  const std::vector<Origin> origins = find_origins(source, rules, ignored, parameters, name);
  TensorMap weights{.storage = source.storage};
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const network::ParameterSpec& parameter = parameters.specs()[i];
    const auto& [transform, sources] = origins[i];
    TensorView& placed = weights.tensors[parameter.name];
    if (sources.size() == 1 && !moves_elements(transform)) {
      placed = source.at(sources.front());
      placed.shape = parameter.shape;
      continue;
    }
    std::vector<TensorView> parts;
    for (const std::string& tensor : sources) parts.push_back(source.at(tensor));
    placed = computed(transform, std::move(parts), parameter.shape);
  }
  return weights;
}

TensorMap to_family_names(const TensorMap& weights, std::span<const KeyRule> rules) {
  TensorMap result{.storage = weights.storage};
  for (const auto& [canonical, view] : weights.tensors) {
    const auto origin = find_origin({}, rules, canonical);
    if (!origin) fail(ErrorCode::unsupported, "tensor {} has no name in that family", canonical);
    const auto& [transform, sources] = *origin;
    const std::optional<Transform> back = reverse_of(transform);
    if (!back)
      fail(ErrorCode::unsupported, "tensor {}: its layout in that family cannot be written",
           canonical);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      TensorView named = sources.size() == 1 ? view : part_of(view, i, sources.size());
      if (*back != Transform::same)
        named = computed(*back, {named}, transformed_shape(*back, named.shape));
      named.shape.insert(named.shape.begin(), static_cast<std::size_t>(leading_ones(transform)), 1);
      result.tensors.emplace(sources[i], std::move(named));
    }
  }
  return result;
}

}  // namespace diptych::checkpoint
