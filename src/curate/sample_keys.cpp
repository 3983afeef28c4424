#include "curate/sample_keys.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/ascii.h"
#include "shards/sample.h"

namespace diptych::curate {

namespace {

std::string lower_ending(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string() : ascii_lower(key.substr(dot + 1));
}

/// One part of a path that names neither another folder nor metadata, and is not hidden.
std::string clean_part(std::string_view part) {
  std::string clean(part);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '_';
  }
  if (clean.starts_with('.') || clean.starts_with("__")) clean[0] = '-';
  return clean.empty() ? "_" : clean;
}

std::string clean_key(std::string_view key) {
  std::string clean;
  while (key.starts_with('/')) key.remove_prefix(1);
  while (true) {
    const std::size_t slash = key.find('/');
    std::string part = clean_part(key.substr(0, slash));
    if (slash == std::string_view::npos) {
      std::replace(part.begin(), part.end(), '.', '_');
      return clean += part;
    }
    clean += part += '/';
    key.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string SampleKeys::next(std::string_view key) {
  if (shards::is_image_extension(lower_ending(key))) key = key.substr(0, key.rfind('.'));
  std::string clean = clean_key(key);
  renamed_ += clean == key ? 0 : 1;
  if (!known_.insert(clean)) return clean;
  ++numbered_;
  for (std::uint64_t number = 2;; ++number) {
    std::string numbered = fmt::format("{}-{}", clean, number);
    if (!known_.insert(numbered)) return numbered;
  }
}

std::vector<std::string> SampleKeys::notes() const {
  std::vector<std::string> sentences;
  if (renamed_ > 0) {
    sentences.push_back(fmt::format(
        "keys with what the form cannot hold, such as a dot, have another character there: {}",
        renamed_));
  }
  if (numbered_ > 0)
    sentences.push_back(fmt::format("keys that stood before got a number: {}", numbered_));
  return sentences;
}

}  // namespace diptych::curate
