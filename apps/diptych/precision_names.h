#pragma once

#include <diptych/packed_model.h>

#include <initializer_list>
#include <map>
#include <string>

/// Returns precisions by their names, as a choice on the command line takes them.
inline std::map<std::string, diptych::Precision> by_name(
    std::initializer_list<diptych::Precision> precisions) {
  std::map<std::string, diptych::Precision> named;
  for (const diptych::Precision precision : precisions) named.emplace(name(precision), precision);
  return named;
}
