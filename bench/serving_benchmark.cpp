// What several threads get that encode with one model: each repeats requests of one input until all
// have made theirs. Compares one encoder that they share with a one-thread encoder for each, by
// turns, and prints the medians.
//
//   serving_benchmark MODEL [THREADS [ROUNDS]]
#include <diptych/encoder.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using diptych::Encoder;

constexpr int kTexts = 40;
constexpr int kPictures = 6;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void encode_texts(const Encoder& encoder) {
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = "a photo of " + std::to_string(i) + " dogs on a beach";
    encoder.encode_texts({&text, 1});
  }
}

void encode_pictures(const Encoder& encoder) {
  const int size = encoder.model().info().image_size;
  const std::vector<float> pixels(static_cast<std::size_t>(3) * size * size, 0.5F);
  for (int i = 0; i < kPictures; ++i) encoder.encode_pixels(pixels, 1);
}

using Requests = std::function<void(const Encoder&)>;

/// Each thread has the encoder of its number, or the only one.
double time_threads(const std::vector<Encoder>& encoders, int threads, const Requests& requests) {
  return seconds([&] {
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
      const Encoder& encoder = encoders[static_cast<std::size_t>(i) % encoders.size()];
      running.emplace_back([&] { requests(encoder); });
    }
    for (std::thread& thread : running) thread.join();
  });
}

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void compare(const char* what, const std::vector<Encoder>& shared,
             const std::vector<Encoder>& separate, int rounds, const Requests& requests) {
  const int threads = static_cast<int>(separate.size());
  std::vector<double> together;
  std::vector<double> apart;
  for (int round = 0; round < rounds; ++round) {
    together.push_back(time_threads(shared, threads, requests));
    apart.push_back(time_threads(separate, threads, requests));
  }
  std::printf("%-8s shared %.3f s, separate %.3f s, ratio %.2f\n", what, median(together),
              median(apart), median(together) / median(apart));
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::fprintf(stderr, "usage: serving_benchmark MODEL [THREADS [ROUNDS]]\n");
    return 2;
  }
  const int threads = argument_count > 2 ? std::atoi(arguments[2]) : 4;
  const int rounds = argument_count > 3 ? std::atoi(arguments[3]) : 9;
  const diptych::Model model = diptych::Model::load(arguments[1]);
  std::vector<Encoder> shared;
  shared.emplace_back(model);
  std::vector<Encoder> separate;
  for (int i = 0; i < threads; ++i)
    separate.emplace_back(model, diptych::ComputeOptions{.threads = 1});
  compare("texts", shared, separate, rounds, encode_texts);
  compare("pictures", shared, separate, rounds, encode_pictures);
  return 0;
}
