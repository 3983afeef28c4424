// Runs a model's towers for compare.py: one command a line on standard input, one answer a line on
// standard output.
//
//   peers_towers MODEL INPUTS.safetensors THREADS PRECISION
//
//   ready                             seconds from the start of the process until the weights were
//                                     packed, and what computes
//   images N | texts N                seconds of one pass over the first N inputs
//   save images|texts N FILE          their features, of unit length, raw float32
#include <diptych/arrays.h>
#include <diptych/encoder.h>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace {

double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Seconds since this process was started, to the kernel's hundredth.
double process_age() {
  std::ifstream stat("/proc/self/stat");
  std::string field;
  for (int i = 0; i < 22; ++i) stat >> field;
  return now(CLOCK_BOOTTIME) - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

diptych::Precision precision_named(const std::string& word) {
  using enum diptych::Precision;
  for (const diptych::Precision precision : {fp32, bf16, int8w, int8})
    if (diptych::name(precision) == word) return precision;
  throw std::invalid_argument("precision: got " + word + ", expected fp32, bf16, int8w or int8");
}

class Towers {
 public:
  Towers(const std::string& model, const std::string& inputs,
         const diptych::ComputeOptions& options)
      : inputs_(diptych::read_arrays(inputs)),
        encoder_(diptych::PackedModel(diptych::Model::load(model), options)) {}

  std::string unit() const { return encoder_.packed_model().unit().name; }

  diptych::Matrix features(const std::string& tower, std::size_t count) const {
    if (tower == "images") return encoder_.encode_pixels(first<float>("pixels", count), count);
    if (tower == "texts")
      return encoder_.encode_tokens(first<std::int32_t>("tokens", count), count);
    throw std::invalid_argument("tower: got " + tower + ", expected images or texts");
  }

 private:
  template <typename Element>
  std::span<const Element> first(const std::string& name, std::size_t count) const {
    const auto& values = std::get<std::vector<Element>>(inputs_.at(name).values);
    const auto rows = static_cast<std::size_t>(inputs_.at(name).shape[0]);
    return std::span(values).first(values.size() / rows * count);
  }

  diptych::Arrays inputs_;
  diptych::Encoder encoder_;
};

std::string answer(const Towers& towers, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string tower;
  std::string path;
  std::size_t count = 0;
  words >> command;
  if (command != "save") {
    words >> count;
    const double start = now(CLOCK_MONOTONIC);
    towers.features(command, count);
    return fmt::format("{:.6f}", now(CLOCK_MONOTONIC) - start);
  }
  words >> tower >> count >> path;
  const diptych::Matrix features = towers.features(tower, count);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(features.values.data()),
             static_cast<std::streamsize>(features.values.size() * sizeof(float)));
  return "saved";
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 4) {
    std::cerr << "usage: peers_towers MODEL INPUTS.safetensors THREADS PRECISION\n";
    return 2;
  }
  const Towers towers(
      arguments[0], arguments[1],
      {.threads = std::stoi(arguments[2]), .precision = precision_named(arguments[3])});
  std::cout << fmt::format("ready {:.3f} {}", process_age(), towers.unit()) << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(towers, line) << std::endl;
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    return run({arguments + 1, arguments + argument_count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
