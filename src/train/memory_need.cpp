#include "train/memory_need.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <variant>

#include "base/error.h"
#include "libtorch/device.h"
#include "train/device_memory.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

constexpr double kFloat = 4.0;

/// The batch that is computed with and the one that is made meanwhile.
double bytes_of_pictures(const TrainOptions& options, const network::Model& model) {
  const double side = network::image_size(model.config.image);
  return 2.0 * options.batch_size * options.accum_freq * 3.0 * side * side * kFloat;
}

/// What this process may have, before any of those on its machine has taken its part.
double available_memory(const libtorch::ProcessGroup* group) {
  const DeviceMemory host(torch::kCPU);
  if (group == nullptr) return static_cast<double>(host.available());
  const std::uint64_t available = host.available(group->processes_on_machine());
  group->sum(0.0);  // all have looked
  return static_cast<double>(available);
}

double bytes_of_model(const TrainOptions& options, const network::Model& model) {
  const auto parameters = static_cast<double>(count_parameters(model.parameters));
  const auto trained =
      static_cast<double>(count_trained(model.parameters, trained_part(options, model)));
  return kFloat * (parameters + 2.0 * trained);
}

double bytes_of_widest(const TrainOptions& options, const network::Model& model) {
  const auto numbers = static_cast<double>(
      std::visit([](const auto& tower) { return network::widest_activation(tower); }, model.image));
  const bool halved = options.precision == TrainPrecision::amp_bf16;
  return options.batch_size * numbers * (1.0 - options.patch_dropout) * (halved ? 2.0 : kFloat);
}

}  // namespace

double needed_memory(const TrainOptions& options, const network::Model& model, int processes) {
  const double pictures = bytes_of_pictures(options, model) / processes;
  if (!libtorch::device_of(options.device).is_cpu()) return pictures;
  const double activations = bytes_of_widest(options, model) / processes;
  return pictures + activations + bytes_of_model(options, model) / (options.fsdp ? processes : 1);
}

void check_memory(const TrainOptions& options, const network::Model& model,
                  const libtorch::ProcessGroup* group) {
  constexpr double kGigabyte = 1e9;
  const int processes = group == nullptr ? 1 : group->world();
  const double needed = needed_memory(options, model, processes);
  const double available = available_memory(group);
  if (available == 0.0 || needed <= available) return;
  const int side = network::image_size(model.config.image);
  fail(
      ErrorCode::out_of_memory,
      "train: memory: a step of {} x {} pairs, with pictures of {} x {} pixels, takes at least "
      "{:.1f} GB{}, expected at most the {:.1f} GB that are free: a smaller batch-size, accum-freq "
      "or force-image-size",
      options.accum_freq, options.batch_size, side, side, needed / kGigabyte,
      processes == 1 ? "" : fmt::format(" of each of {} processes", processes),
      available / kGigabyte);
}

}  // namespace diptych::train
