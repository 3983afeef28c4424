// What a program gets that serves with one model.
//
//   serving_benchmark threads MODEL [THREADS [ROUNDS]]
//     Threads that each repeat requests of one input: one encoder that they share beside a
//     one-thread encoder for each, by turns; medians.
//   serving_benchmark query MODEL [PICTURES [THREADS]]
//     A text now and then beside a job of many pictures, in times of the job's batches.
//   serving_benchmark memory MODEL
//     The memory of an encoder, with a captioner over the same packed model, and with one more that
//     packs the model for itself. The model must caption (CoCa).
#include <diptych/captioner.h>
#include <diptych/encoder.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using diptych::Encoder;

constexpr int kTexts = 40;
constexpr int kPictures = 6;
constexpr auto kBetweenQueries = std::chrono::milliseconds(200);

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Returns the value below which a share of the times lies; the times may be in any order.
double quantile(std::vector<double> times, double share) {
  std::sort(times.begin(), times.end());
  const auto place = static_cast<std::size_t>(share * static_cast<double>(times.size()));
  return times.at(std::min(place, times.size() - 1));
}

double median(const std::vector<double>& times) {
  return quantile(times, 0.5);
}

void encode_texts(const Encoder& encoder) {
  for (int i = 0; i < kTexts; ++i)
    encoder.encode_text("a photo of " + std::to_string(i) + " dogs on a beach");
}

std::vector<float> grey_pixels(const diptych::Model& model) {
  const int size = model.info().image_size;
  return std::vector<float>(static_cast<std::size_t>(3) * size * size, 0.5F);
}

void encode_pictures(const Encoder& encoder) {
  const std::vector<float> pixels = grey_pixels(encoder.model());
  for (int i = 0; i < kPictures; ++i) encoder.encode_pixels(pixels, 1);
}

using Requests = std::function<void(const Encoder&)>;

/// Returns the time until all threads are done; each has the encoder of its number, or the only
/// one.
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

void measure_threads(const diptych::Model& model, int threads, int rounds) {
  std::vector<Encoder> shared;
  shared.emplace_back(model);
  std::vector<Encoder> separate;
  for (int i = 0; i < threads; ++i)
    separate.emplace_back(model, diptych::ComputeOptions{.threads = 1});
  compare("texts", shared, separate, rounds, encode_texts);
  compare("pictures", shared, separate, rounds, encode_pictures);
}

/// Pictures whose decoding and resizing costs next to nothing.
std::vector<diptych::Image> small_pictures(int count) {
  constexpr int kSide = 32;
  diptych::Image picture{.width = kSide, .height = kSide};
  picture.rgb.assign(std::size_t{3} * kSide * kSide, 128);
  return std::vector<diptych::Image>(static_cast<std::size_t>(count), picture);
}

/// Returns the seconds of each batch.
std::vector<double> encode_in_bulk(const Encoder& encoder, int count) {
  std::vector<double> batches;
  auto last = std::chrono::steady_clock::now();
  diptych::EncodeOptions options;
  options.progress = [&](std::size_t /*done*/, std::size_t /*total*/) {
    const auto now = std::chrono::steady_clock::now();
    batches.push_back(std::chrono::duration<double>(now - last).count());
    last = now;
  };
  encoder.encode_images(small_pictures(count), options);
  return batches;
}

void measure_query(const diptych::Model& model, int pictures, int threads) {
  const Encoder encoder(model, diptych::ComputeOptions{.threads = threads});
  const auto query = [&] { encoder.encode_text("a photo of two dogs on a beach"); };
  query();
  const double alone = seconds(query);
  std::vector<double> batches;
  std::atomic<bool> running = true;
  std::thread bulk([&] {
    batches = encode_in_bulk(encoder, pictures);
    running = false;
  });
  std::vector<double> queries;
  while (running) {
    std::this_thread::sleep_for(kBetweenQueries);
    queries.push_back(seconds(query));
  }
  bulk.join();
  const double batch = median(batches);
  std::printf("%d pictures in %zu batches of %.3f s; a text alone %.4f s\n", pictures,
              batches.size(), batch, alone);
  std::printf("%zu texts beside them: median %.3f s, 99 of 100 within %.3f s, longest %.3f s\n",
              queries.size(), median(queries), quantile(queries, 0.99), quantile(queries, 1.0));
  std::printf("in batches: median %.2f, 99 of 100 within %.2f, longest %.2f\n",
              median(queries) / batch, quantile(queries, 0.99) / batch,
              quantile(queries, 1.0) / batch);
}

/// Returns the process's resident memory that no file backs, in MB. Linux.
double anonymous_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "RssAnon:" && status >> word) return std::stod(word) / 1000;
  }
  return 0.0;
}

void measure_memory(const diptych::Model& model) {
  const std::vector<float> pixels = grey_pixels(model);
  const double before = anonymous_megabytes();
  const diptych::PackedModel packed(model);
  const Encoder encoder(packed);
  encoder.encode_pixels(pixels, 1);
  encoder.encode_text("a dog");
  std::printf("encoder                          %6.0f MB\n", anonymous_megabytes() - before);
  const diptych::Captioner captioner(packed);
  captioner.caption_pixels(pixels, 1);
  std::printf("with a captioner over the same   %6.0f MB\n", anonymous_megabytes() - before);
  const diptych::Captioner another(model);
  another.caption_pixels(pixels, 1);
  std::printf("with one that packs for itself   %6.0f MB\n", anonymous_megabytes() - before);
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t place, int otherwise) {
    return arguments.size() > place ? std::stoi(arguments[place]) : otherwise;
  };
  const std::string what = arguments.empty() ? "" : arguments.front();
  if (arguments.size() < 2 || (what != "threads" && what != "query" && what != "memory")) {
    std::fprintf(stderr,
                 "usage: serving_benchmark threads MODEL [THREADS [ROUNDS]]\n"
                 "       serving_benchmark query MODEL [PICTURES [THREADS]]\n"
                 "       serving_benchmark memory MODEL\n");
    return 2;
  }
  const diptych::Model model = diptych::Model::load(arguments[1]);
  if (what == "threads") measure_threads(model, number(2, 4), number(3, 9));
  if (what == "query") measure_query(model, number(2, 5000), number(3, 0));
  if (what == "memory") measure_memory(model);
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    return run({arguments + 1, arguments + argument_count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "serving_benchmark: %s\n", error.what());
    return 1;
  }
}
