// Our matrix product beside oneDNN's and BLIS's, on the shapes of ViT-B/32: the three take turns,
// and each counts with its fastest round, by the CPU time of all threads divided by their number.
//
//   gemm_comparison THREADS [ROUNDS]
#include <blis.h>
#include <fmt/core.h>
#include <omp.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/isa.h"

namespace diptych {
namespace {

struct Shape {
  const char* name;
  int rows;
  int inputs;
  int outputs;

  double operations() const { return 2.0 * rows * inputs * outputs; }
};

constexpr std::array kShapes = {
    Shape{"square", 1024, 1024, 1024},
    Shape{"16 pictures, queries, keys and values", 800, 768, 2304},
    Shape{"16 pictures, attention output", 800, 768, 768},
    Shape{"16 pictures, into the MLP", 800, 768, 3072},
    Shape{"16 pictures, out of the MLP", 800, 3072, 768},
    Shape{"1 picture, into the MLP", 50, 768, 3072},
    Shape{"1 picture, out of the MLP", 50, 3072, 768},
    Shape{"1 text of 12 tokens, into the MLP", 12, 512, 2048},
};

/// One product, x [rows, inputs] times W^T with W [outputs, inputs], ready to be computed again and
/// again by one library.
struct Contender {
  std::string name;
  std::function<void()> multiply;
  std::shared_ptr<std::vector<float>> result;  ///< [rows, stride]
  int stride;
};

std::shared_ptr<std::vector<float>> random_floats(std::size_t count, std::uint64_t seed) {
  auto values = std::make_shared<std::vector<float>>(count);
  Random random(seed);
  for (float& value : *values) value = static_cast<float>(random.uniform(-1.0, 1.0));
  return values;
}

struct Operands {
  std::shared_ptr<std::vector<float>> x;
  std::shared_ptr<std::vector<float>> weights;
};

Contender ours(const Shape& shape, const Operands& operands, ThreadPool& pool) {
  // The engine's own row strides (engine/tensor.cpp): an odd number of cache lines.
  const int x_stride = kernels::padded_width(shape.inputs) + 16;
  const int stride = kernels::padded_width(shape.outputs) + 16;
  auto x =
      std::make_shared<kernels::AlignedBuffer>(static_cast<std::size_t>(shape.rows * x_stride));
  for (int row = 0; row < shape.rows; ++row)
    std::copy_n(operands.x->data() + row * shape.inputs, shape.inputs, x->data() + row * x_stride);
  auto packed = std::make_shared<kernels::PackedLinear>(shape.inputs, shape.outputs);
  for (int panel = 0; panel < packed->panels(); ++panel)
    packed->set_panel(panel,
                      operands.weights->data() + panel * kernels::kPanelWidth * shape.inputs);
  auto result = std::make_shared<std::vector<float>>(shape.rows * stride);
  return {"diptych",
          [=, &pool] {
            kernels::gemm(
                {x->data(), shape.rows, shape.inputs, static_cast<std::size_t>(x_stride)}, *packed,
                kernels::Activation::none, nullptr,
                {result->data(), shape.rows, shape.outputs, static_cast<std::size_t>(stride)},
                pool);
          },
          result, stride};
}

Contender one_dnn(const Shape& shape, const Operands& operands) {
  using dnnl::memory;
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto f32 = memory::data_type::f32;
  const memory::desc x_desc({shape.rows, shape.inputs}, f32, memory::format_tag::ab);
  const memory::desc w_desc({shape.inputs, shape.outputs}, f32, memory::format_tag::ba);
  const memory::desc any({shape.inputs, shape.outputs}, f32, memory::format_tag::any);
  const memory::desc y_desc({shape.rows, shape.outputs}, f32, memory::format_tag::ab);
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(x_desc, any, y_desc), engine);
  memory packed(description.weights_desc(), engine);
  memory plain(w_desc, engine, operands.weights->data());
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  auto result = std::make_shared<std::vector<float>>(shape.rows * shape.outputs);
  const memory x(x_desc, engine, operands.x->data());
  const memory y(y_desc, engine, result->data());
  return {
      "oneDNN",
      [=, product = dnnl::matmul(description), keep = operands]() mutable {
        product.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_DST, y}});
        stream.wait();
      },
      result, shape.outputs};
}

Contender blis(const Shape& shape, const Operands& operands) {
  auto result = std::make_shared<std::vector<float>>(shape.rows * shape.outputs);
  return {"BLIS",
          [=] {
            float one = 1.0F;
            float zero = 0.0F;
            bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_TRANSPOSE, shape.rows, shape.outputs, shape.inputs,
                      &one, operands.x->data(), shape.inputs, 1, operands.weights->data(),
                      shape.inputs, 1, &zero, result->data(), shape.outputs, 1);
          },
          result, shape.outputs};
}

double largest_difference(const Shape& shape, const Contender& a, const Contender& b) {
  double largest = 0.0;
  for (int row = 0; row < shape.rows; ++row) {
    for (int i = 0; i < shape.outputs; ++i)
      largest = std::max<double>(
          largest, std::abs((*a.result)[row * a.stride + i] - (*b.result)[row * b.stride + i]));
  }
  return largest;
}

/// CPU time of the process: what other programs take from the machine does not count.
double cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// GFLOP/s of the fastest round.
double rate(const Shape& shape, double seconds) {
  return shape.operations() / seconds * 1e-9;
}

void compare(const Shape& shape, int rounds, ThreadPool& pool) {
  const Operands operands{random_floats(shape.rows * shape.inputs, 1),
                          random_floats(shape.outputs * shape.inputs, 2)};
  const std::vector<Contender> contenders = {ours(shape, operands, pool), one_dnn(shape, operands),
                                             blis(shape, operands)};
  std::vector<double> fastest(contenders.size(), 1e9);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const double start = cpu_seconds();
      contenders[i].multiply();
      fastest[i] = std::min(fastest[i], (cpu_seconds() - start) / pool.size());
    }
  }
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    if (largest_difference(shape, contenders[0], contenders[i]) > 1e-3)
      fmt::print("{} computes something else\n", contenders[i].name);
  }
  fmt::print("| {} | {} x {} x {} |", shape.name, shape.rows, shape.inputs, shape.outputs);
  for (const double seconds : fastest) fmt::print(" {:.0f} |", rate(shape, seconds));
  fmt::print("\n");
}

}  // namespace
}  // namespace diptych

int main(int argument_count, char** arguments) {
  const int threads = argument_count > 1 ? std::stoi(arguments[1]) : 1;
  const int rounds = argument_count > 2 ? std::stoi(arguments[2]) : 100;
  diptych::ThreadPool pool(threads);
  omp_set_num_threads(threads);
  bli_thread_set_num_threads(threads);
  fmt::print("GFLOP/s, float32, {} thread{}, {}\n\n", threads, threads == 1 ? "" : "s",
             diptych::kernels::active_isa());
  fmt::print("| product | rows x inputs x outputs | diptych | oneDNN {}.{}.{} | BLIS {} |\n",
             dnnl_version()->major, dnnl_version()->minor, dnnl_version()->patch,
             bli_info_get_version_str());
  fmt::print("|---|---|---:|---:|---:|\n");
  for (const auto& shape : diptych::kShapes) diptych::compare(shape, rounds, pool);
}
