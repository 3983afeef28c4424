// Times one step of preprocessing for each line read, so that preprocess_reference.py can take
// turns with Pillow in one run. Line in: STEP PATH SIZE; line out: nanoseconds.
//
// Steps: decode (file in memory to RGB), resize (RGB to SIZE x SIZE, shortest side and crop), all
// (file in memory to normalised floats), augment (RGB to a random view, every step at usual
// strength).

#include <cstdint>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "image/augment.h"

namespace {

using namespace diptych;

AugmentOptions usual_augmentation() {
  AugmentOptions options;
  options.min_scale = 0.5;
  options.zoom_out_probability = options.flip_probability = 0.5;
  options.rotation = 10.0;
  options.jitter_probability = 0.8;
  options.brightness = options.contrast = options.saturation = 0.4;
  options.hue = 0.1;
  options.grey_probability = options.erase_probability = 0.2;
  options.blur_probability = options.sharpen_probability = 0.2;
  return options;
}

/// Processor time of this thread, so that a busy machine does not count.
std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}

template <typename Step>
std::int64_t nanoseconds(Step step) {
  const std::int64_t begin = now();
  step();
  return now() - begin;
}

std::int64_t run(const std::string& step, const std::string& path, int size) {
  const std::vector<std::byte> file = read_file(path);
  const Preprocessing preprocessing{.size = size};
  static Random random(1);
  if (step == "decode") return nanoseconds([&] { decode_image(file, path); });
  if (step == "all") {
    std::vector<float> out(3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
    return nanoseconds(
        [&] { normalise(preprocess_image(file, path, preprocessing), preprocessing, out); });
  }
  const Image image = decode_image(file, path);
  if (step == "resize") return nanoseconds([&] { resize_and_crop(image, preprocessing); });
  return nanoseconds([&] { image::augment(image, usual_augmentation(), preprocessing, random); });
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string step;
    std::string path;
    int size = 0;
    words >> step >> path >> size;
    std::cout << run(step, path, size) << std::endl;
  }
}
