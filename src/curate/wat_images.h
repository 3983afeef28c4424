#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "curate/html_images.h"

namespace diptych::curate {

/// What a WAT record says about a page.
struct WatPage {
  std::string url;
  PageImages images;
};

/// Reads the JSON of WAT records. Not thread-safe.
class WatReader {
 public:
  WatReader();
  ~WatReader();
  WatReader(const WatReader&) = delete;
  WatReader& operator=(const WatReader&) = delete;

  /// Sets `page` to the `IMG@/src`, `srcset` and `data-src` links of a record and returns nothing,
  /// or returns why it has none: a reason of a few words. Faster where bytes after the JSON can be
  /// read too, which are `readable_after` in number.
  std::string_view read(std::string_view json, WatPage& page, std::size_t readable_after = 0);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace diptych::curate
