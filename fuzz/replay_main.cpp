// Runs a fuzz target without libFuzzer: on every file given (folders are searched), then on
// deterministic mutations of each, so that the same command finds the same bug on every machine.
//
// Usage: NAME_fuzz [--mutations N] [--seed S] FILE|FOLDER...

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Larger files are run once but not mutated: a mutation costs a whole decode.
constexpr std::size_t kLargestMutated = 256 * 1024;

struct Arguments {
  int mutations = 0;
  std::uint64_t seed = 1;
  std::vector<std::filesystem::path> files;
};

void collect(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  if (!std::filesystem::is_directory(path)) return files.push_back(path);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
}

Arguments parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool has_value = i + 1 < words.size();
    if (word == "--mutations" && has_value)
      arguments.mutations = std::atoi(words[++i]);
    else if (word == "--seed" && has_value)
      arguments.seed = std::strtoull(words[++i], nullptr, 10);
    else
      collect(word, arguments.files);
  }
  std::sort(arguments.files.begin(), arguments.files.end());
  return arguments;
}

/// Half of the changes fall into the first 128 bytes, where headers are.
std::size_t draw_position(std::size_t size, diptych::Random& random) {
  const std::size_t end = random.below(2) == 0 ? std::min<std::size_t>(size, 128) : size;
  return random.below(end);
}

void change_once(Bytes& bytes, diptych::Random& random) {
  if (bytes.empty()) return;
  static constexpr std::uint8_t kEdges[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
  const std::size_t at = draw_position(bytes.size(), random);
  const std::size_t run = std::min<std::size_t>(1 + random.below(8), bytes.size() - at);
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = begin + static_cast<std::ptrdiff_t>(run);
  switch (random.below(6)) {
    case 0:
      *begin = static_cast<std::uint8_t>(*begin ^ (1U << random.below(8)));
      break;
    case 1:
      *begin = static_cast<std::uint8_t>(random.below(256));
      break;
    case 2:
      std::fill(begin, end, kEdges[random.below(std::size(kEdges))]);
      break;
    case 3:
      bytes.erase(begin, end);
      break;
    case 4:
      bytes.resize(at);
      break;
    case 5: {
      const Bytes copy(begin, end);
      bytes.insert(begin + static_cast<std::ptrdiff_t>(random.below(run)), copy.begin(),
                   copy.end());
      break;
    }
  }
}

Bytes mutate(Bytes bytes, diptych::Random& random) {
  for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes)
    change_once(bytes, random);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse({argv, static_cast<std::size_t>(argc)});
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < arguments.files.size(); ++i) {
    const diptych::MappedFile file(arguments.files[i]);
    const auto* data = reinterpret_cast<const std::uint8_t*>(file.bytes().data());
    const std::size_t size = file.bytes().size();
    LLVMFuzzerTestOneInput(data, size);
    ++runs;
    if (size > kLargestMutated) continue;
    diptych::Random random(arguments.seed, i);
    for (int m = 0; m < arguments.mutations; ++m, ++runs) {
      const Bytes mutant = mutate(Bytes(data, data + size), random);
      LLVMFuzzerTestOneInput(mutant.data(), mutant.size());
    }
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(runs));
  return runs == 0 ? 2 : 0;
}
