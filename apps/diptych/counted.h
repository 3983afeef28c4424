#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Returns "1 picture", "3 pictures", "2 epochs", "0 classes", "2 matches".
inline std::string counted(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count).append(" ").append(noun);
  if (count != 1) text += noun.ends_with('s') || noun.ends_with("tch") ? "es" : "s";
  return text;
}
