// Runs a model's towers for compare.py: one command a line on standard input, one answer a line on
// standard output.
//
//   peers_towers MODEL INPUTS.safetensors THREADS PRECISION
//
//   ready                             seconds from the start of the process until the weights were
//                                     packed, and the unit that computes
//   images N | texts N                seconds of one pass over the first N inputs
//   save images|texts N FILE          their features, raw float32
#include <fmt/core.h>
#include <time.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "engine/cpu_executor.h"
#include "engine/encoder.h"
#include "kernels/isa.h"

namespace diptych {
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

class Towers {
 public:
  Towers(const std::string& model, const std::string& inputs, int threads)
      : inputs_(checkpoint::read_safetensors(inputs)), encoder_(make_encoder(model, threads)) {
    pixels_ = to_floats(inputs_.at("pixels"));
    for (const std::int64_t id : to_integers(inputs_.at("tokens")))
      ids_.push_back(static_cast<std::int32_t>(id));
    length_ = static_cast<int>(inputs_.at("tokens").shape[1]);
  }

  TensorBuffer features(const std::string& tower, int count) {
    if (tower == "images") {
      const int side = static_cast<int>(inputs_.at("pixels").shape[2]);
      return encoder_.encode_images({pixels_.data(), count, side, side});
    }
    if (tower != "texts") fail(ErrorCode::invalid_argument, "tower: got {}", tower);
    const auto ids = std::span(ids_).first(static_cast<std::size_t>(count * length_));
    return encoder_.encode_texts(network::pack_tokens(encoder_.model(), ids, length_));
  }

 private:
  static engine::Encoder make_encoder(const std::string& path, int threads) {
    const auto pool = std::make_shared<ThreadPool>(threads);
    const checkpoint::ModelFile file = checkpoint::load_model_file(path);
    return engine::Encoder(engine::on_cpu(
        std::make_shared<engine::Weights>(network::make_model(file.config), file.weights, *pool),
        pool));
  }

  TensorMap inputs_;
  engine::Encoder encoder_;
  std::vector<float> pixels_;
  std::vector<std::int32_t> ids_;
  int length_ = 0;
};

std::string answer(Towers& towers, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string tower;
  std::string path;
  int count = 0;
  words >> command;
  if (command != "save") {
    words >> count;
    const double start = now(CLOCK_MONOTONIC);
    towers.features(command, count);
    return fmt::format("{:.6f}", now(CLOCK_MONOTONIC) - start);
  }
  words >> tower >> count >> path;
  const TensorBuffer features = towers.features(tower, count);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(features.bytes().data()),
             static_cast<std::streamsize>(features.bytes().size()));
  return "saved";
}

int run(int argument_count, char** arguments) {
  if (argument_count != 5) {
    std::cerr << "usage: peers_towers MODEL INPUTS.safetensors THREADS PRECISION\n";
    return 2;
  }
  if (std::string(arguments[4]) != "fp32")
    fail(ErrorCode::unsupported, "precision: got {}, expected fp32", arguments[4]);
  Towers towers(arguments[1], arguments[2], std::stoi(arguments[3]));
  std::cout << fmt::format("ready {:.3f} {}", process_age(), kernels::active_isa()) << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(towers, line) << std::endl;
  return 0;
}

}  // namespace
}  // namespace diptych

int main(int argument_count, char** arguments) {
  try {
    return diptych::run(argument_count, arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
