#pragma once

#include <fmt/ranges.h>

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/containers/zip_builder.h"

/// Pieces of pickles, as Python writes them in protocol 2.
namespace diptych::test::pickled {

inline std::string unicode(const std::string& value) {
  return fmt::format("X{}{}", little_endian(static_cast<std::uint32_t>(value.size())), value);
}

inline std::string integer(std::int32_t value) {
  return fmt::format("J{}", little_endian(value));
}

inline std::string global(const std::string& module, const std::string& name) {
  return fmt::format("c{}\n{}\n", module, name);
}

inline std::string tuple(const std::vector<std::string>& items) {
  return fmt::format("({}t", fmt::join(items, ""));
}

inline std::string integers(const std::vector<std::int32_t>& values) {
  std::vector<std::string> items;
  for (const std::int32_t value : values) items.push_back(integer(value));
  return tuple(items);
}

/// key, value, key, value, ...
inline std::string dictionary(const std::vector<std::string>& items) {
  return fmt::format("}}({}u", fmt::join(items, ""));
}

inline std::string storage(const std::string& type, const std::string& key, std::int32_t elements) {
  return tuple({unicode("storage"), global("torch", type), unicode(key), unicode("cpu"),
                integer(elements)}) +
         "Q";
}

inline std::string tensor(const std::string& of, std::int32_t offset,
                          const std::vector<std::int32_t>& sizes,
                          const std::vector<std::int32_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({of, integer(offset), integers(sizes), integers(strides), "\x89",
                global("collections", "OrderedDict") + ")R"}) +
         "R";
}

inline std::string pickle(const std::string& value) {
  return fmt::format("\x80\x02{}.", value);
}

/// A torch.save file of this value, with storages named "0", "1", ...
inline std::string torch_file(const std::string& value, const std::vector<std::string>& storages) {
  std::vector<ZipPart> parts = {{.name = "archive/data.pkl", .data = pickle(value)}};
  for (std::size_t i = 0; i < storages.size(); ++i)
    parts.push_back({.name = "archive/data/" + std::to_string(i), .data = storages[i]});
  return build_zip(parts);
}

}  // namespace diptych::test::pickled
