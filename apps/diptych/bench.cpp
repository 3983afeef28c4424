#include "bench.h"

#include <diptych/loss_benchmark.h>
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.h"
#include "console.h"
#include "json_text.h"

namespace {

struct LossOptions {
  diptych::LossBenchmarkOptions benchmark;
  bool json = false;
};

int run_loss(const LossOptions& options) {
  const diptych::LossBenchmark result = diptych::benchmark_loss(options.benchmark);
  const auto& difference = result.largest_difference;
  if (options.json) {
    print_json({{"seconds", result.seconds},
                {"peak_bytes", result.peak_bytes},
                {"largest_difference", difference ? Json(*difference) : Json()}},
               -1);
    return 0;
  }
  print_line(fmt::format(
      "{} loss of {} pairs of width {}, with gradients: {:.3f} s, {:.0f} MB at the peak{}",
      options.benchmark.loss, options.benchmark.pairs, options.benchmark.width, result.seconds,
      static_cast<double>(result.peak_bytes) / 1e6,
      difference ? fmt::format(", {:.1e} from the plain loss at most", *difference) : ""));
  return 0;
}

void add_loss(Command bench) {
  auto options = std::make_shared<LossOptions>();
  const Command command = bench.command(
      "loss", "A training's loss and its gradients on random embeddings: time and memory");
  diptych::LossBenchmarkOptions& benchmark = options->benchmark;
  command.option("--pairs", benchmark.pairs, "embeddings of each kind; default: 4096");
  command.option("--width", benchmark.width, "numbers an embedding has; default: 512");
  command.option("--loss", benchmark.loss, "contrastive (default) or sigmoid");
  command.option("--device", benchmark.device, "cpu (default), cuda, cuda:1, ...");
  command.option("--threads", benchmark.threads, "threads that compute; default: one a CPU")
      .at_least(0);
  command.flag("--json", options->json,
               "one JSON object; largest_difference from the plain loss is null above 8,192 pairs");
  command.runs([options] { return run_loss(*options); });
}

}  // namespace

void add_bench(Command program) {
  const Command bench = program.command("bench", "Measure parts of diptych on this machine");
  bench.footer(
      "Examples:\n"
      "  diptych bench towers --model ViT-B-32.pt --precisions fp32,int8 --rounds 3\n"
      "  diptych bench towers --model ViT-B-32.pt --precisions fp32 --profile\n"
      "  diptych bench loss --pairs 2048 --width 512 --loss sigmoid --json");
  add_loss(bench);
  add_bench_towers(bench);
}
