// Runs the towers of ViT-B/32 for compare.py: one command a line on standard input, one answer a
// line on standard output.
//
//   towers MODEL.safetensors INPUTS.safetensors THREADS
//
//   ready                 seconds from the start of the process until the weights were packed
//   images N | texts N    wall and CPU seconds of one pass over the first N inputs
//   save FILE             all image and text features, raw float32
#include <fmt/core.h>
#include <time.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "checkpoint/containers/safetensors.h"
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
  Towers(const std::string& weights, const std::string& inputs, int threads)
      : inputs_(checkpoint::read_safetensors(inputs)), encoder_(make_encoder(weights, threads)) {
    pixels_ = to_floats(inputs_.at("pixels"));
    for (const std::int64_t id : to_integers(inputs_.at("tokens")))
      ids_.push_back(static_cast<std::int32_t>(id));
    length_ = static_cast<int>(inputs_.at("tokens").shape[1]);
  }

  TensorBuffer images(int count) {
    const int side = static_cast<int>(inputs_.at("pixels").shape[2]);
    return encoder_.encode_images({pixels_.data(), count, side, side});
  }

  TensorBuffer texts(int count) {
    const auto ids = std::span(ids_).first(static_cast<std::size_t>(count * length_));
    return encoder_.encode_texts(network::pack_tokens(encoder_.model(), ids, length_));
  }

  void save(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    for (const TensorBuffer& features : {images(rows_of("pixels")), texts(rows_of("tokens"))})
      file.write(reinterpret_cast<const char*>(features.bytes().data()),
                 static_cast<std::streamsize>(features.bytes().size()));
  }

 private:
  static engine::Encoder make_encoder(const std::string& weights, int threads) {
    const auto pool = std::make_shared<ThreadPool>(threads);
    return engine::Encoder(
        engine::on_cpu(std::make_shared<engine::Weights>(
                           network::make_model({}), checkpoint::read_safetensors(weights), *pool),
                       pool));
  }

  int rows_of(const char* name) const { return static_cast<int>(inputs_.at(name).shape[0]); }

  TensorMap inputs_;
  engine::Encoder encoder_;
  std::vector<float> pixels_;
  std::vector<std::int32_t> ids_;
  int length_ = 0;
};

template <typename Body>
std::string timed(const Body& body) {
  const double wall = now(CLOCK_MONOTONIC);
  const double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  body();
  return fmt::format("{:.6f} {:.6f}", now(CLOCK_MONOTONIC) - wall,
                     now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

std::string answer(Towers& towers, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string argument;
  words >> command >> argument;
  if (command == "images") return timed([&] { towers.images(std::stoi(argument)); });
  if (command == "texts") return timed([&] { towers.texts(std::stoi(argument)); });
  if (command != "save") fail(ErrorCode::invalid_argument, "unknown command: {}", line);
  towers.save(argument);
  return "saved";
}

int run(int argument_count, char** arguments) {
  if (argument_count != 4) {
    std::cerr << "usage: towers MODEL.safetensors INPUTS.safetensors THREADS\n";
    return 2;
  }
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
