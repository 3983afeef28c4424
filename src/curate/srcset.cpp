#include "curate/srcset.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace diptych::curate {

std::string_view largest_of(std::string_view set) {
  constexpr std::string_view kSpace = " \t\r\n\f";
  std::string_view largest;
  double most = -1.0;
  while (true) {
    const std::size_t begin = set.find_first_not_of(" \t\r\n\f,");
    if (begin == std::string_view::npos) return largest;
    set.remove_prefix(begin);
    std::string_view url = set.substr(0, set.find_first_of(kSpace));
    set.remove_prefix(url.size());
    double size = 1.0;
    if (url.ends_with(',')) {
      url = url.substr(0, url.find_last_not_of(',') + 1);
    } else {
      const std::string_view descriptor = set.substr(0, set.find(','));
      set.remove_prefix(descriptor.size());
      const std::size_t number = std::min(descriptor.find_first_not_of(kSpace), descriptor.size());
      std::from_chars(descriptor.data() + number, descriptor.data() + descriptor.size(), size);
    }
    if (size > most) {
      most = size;
      largest = url;
    }
  }
}

}  // namespace diptych::curate
