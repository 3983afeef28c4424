#include "libtorch/process_group.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

// Gloo's part of c10d is in every libtorch for Linux; its header asks for this.
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/environment.h"
#include "base/error.h"
#include "libtorch/first_sentence.h"
#include "libtorch/meeting_point.h"

namespace diptych::libtorch {
namespace {

using torch::Tensor;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

/// For the others to come, and then for what any of them does alone.
constexpr std::chrono::minutes kPatienceForOthers(10);

/// The first sentence, without the place in Gloo's sources that it begins with.
std::string reason_of(const std::exception& error) {
  constexpr std::size_t kLongest = 160;
  const auto* of_libtorch = dynamic_cast<const c10::Error*>(&error);
  std::string reason = of_libtorch ? of_libtorch->what_without_backtrace() : error.what();
  const std::size_t place_end = reason.find("] ");
  if (reason.starts_with('[') && place_end != std::string::npos) reason.erase(0, place_end + 2);
  return first_sentence(std::move(reason), kLongest);
}

/// Whether torchrun serves its processes' store there, also after it has started them anew.
bool is_torchruns(const MeetingPoint& point) {
  return environment("TORCHELASTIC_USE_AGENT_STORE") == "True" &&
         environment("MASTER_PORT") == std::to_string(point.port);
}

StorePointer make_store(const MeetingPoint& point, const Membership& membership) {
  if (point.host.empty())
    return c10::make_intrusive<c10d::FileStore>(point.file.string(), membership.world);
  c10d::TCPStoreOptions options;
  options.port = point.port;
  options.isServer = membership.rank == 0 && !is_torchruns(point);
  options.numWorkers = static_cast<std::size_t>(membership.world);
  options.timeout = kPatienceForOthers;
  auto store = c10::make_intrusive<c10d::TCPStore>(point.host, options);
  if (!is_torchruns(point)) return store;
  // Where the processes before them have left their addresses.
  const std::string attempt = environment("TORCHELASTIC_RESTART_COUNT").value_or("0");
  return c10::make_intrusive<c10d::PrefixStore>("attempt " + attempt, store);
}

c10::intrusive_ptr<c10d::Backend> make_gloo(const MeetingPoint& point, const Membership& membership,
                                            const StorePointer& store) {
  auto options = c10d::ProcessGroupGloo::Options::create(kPatienceForOthers);
  const std::string address =
      point.host.empty() ? "127.0.0.1" : address_towards(point.host, point.port);
  const auto interface = environment("GLOO_SOCKET_IFNAME");
  options->devices.push_back(
      interface ? c10d::ProcessGroupGloo::createDeviceForInterface(*interface)
                : c10d::ProcessGroupGloo::createDeviceForHostname(address));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, membership.rank, membership.world,
                                                     options);
}

void check_membership(const Membership& membership) {
  if (membership.world >= 1 && membership.rank >= 0 && membership.rank < membership.world) return;
  fail(ErrorCode::invalid_argument,
       "train: got rank {} of {} processes, expected a rank below their number", membership.rank,
       membership.world);
}

std::string machine_name() {
  std::array<char, 256> name = {};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

struct ProcessGroup::Backend {
  int rank;
  /// Connections for what goes on beside all else. They end last: what waits for it must not wait
  /// for a process that waits for the others.
  c10::intrusive_ptr<c10d::Backend> beside;
  c10::intrusive_ptr<c10d::Backend> gloo;

  /// Does what needs the others, and says so when one of them is gone.
  template <typename Act>
  auto with_others(const Act& act) const {
    try {
      return act();
    } catch (const std::exception& error) {
      fail(ErrorCode::cancelled, "train: rank {} lost another process of the run: {}", rank,
           reason_of(error));
    }
  }

  /// Waits for what `begin` begins.
  template <typename Begin>
  void wait_for(const Begin& begin) const {
    with_others([&] { begin()->wait(); });
  }

  /// One tensor of every process, all of the same shape.
  std::vector<Tensor> gather(const Tensor& tensor, int world) const {
    std::vector<Tensor> inputs = {tensor};
    std::vector<std::vector<Tensor>> outputs(1);
    for (int i = 0; i < world; ++i) outputs.front().push_back(torch::empty_like(tensor));
    wait_for([&] { return gloo->allgather(outputs, inputs); });
    return std::move(outputs.front());
  }
};

ProcessGroup::ProcessGroup(const Membership& membership)
    : rank_(membership.rank), world_(membership.world) {
  check_membership(membership);
  if (world_ == 1) return;
  const MeetingPoint point = parse_meeting_point(membership.meeting_point);
  try {
    const StorePointer store = make_store(point, membership);
    store->setTimeout(kPatienceForOthers);
    const auto gloo = [&](const char* name) {
      return make_gloo(point, membership, c10::make_intrusive<c10d::PrefixStore>(name, store));
    };
    backend_ = std::make_unique<Backend>(
        Backend{.rank = rank_, .beside = gloo("beside"), .gloo = gloo("gloo")});
  } catch (const c10::Error& error) {
    fail(ErrorCode::io, "train: rank {} of {} did not meet the others at {}: {}", rank_, world_,
         membership.meeting_point, reason_of(error));
  }
  const std::vector<std::string> machines = gathered_texts(machine_name());
  const auto own = machines.begin() + rank_;
  rank_on_machine_ = static_cast<int>(std::count(machines.begin(), own, *own));
  processes_on_machine_ = static_cast<int>(std::count(machines.begin(), machines.end(), *own));
}

ProcessGroup::~ProcessGroup() = default;

Tensor ProcessGroup::gathered(const Tensor& rows, std::span<const std::int64_t> counts) const {
  if (world_ == 1) return rows;
  // Gloo gathers equal shapes: shorter ones are filled up, and what fills them is dropped.
  const std::int64_t most = *std::max_element(counts.begin(), counts.end());
  const Tensor host = rows.detach().to(torch::kCPU).contiguous();
  std::vector<std::int64_t> shape = host.sizes().vec();
  shape.front() = most;
  Tensor filled = torch::zeros(shape, host.options());
  filled.narrow(0, 0, host.size(0)).copy_(host);
  std::vector<Tensor> all = backend_->gather(filled, world_);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = all[i].narrow(0, 0, counts[i]);
  return torch::cat(all).to(rows.device());
}

std::vector<std::vector<std::int64_t>> ProcessGroup::gathered_numbers(
    const std::vector<std::int64_t>& numbers) const {
  if (world_ == 1) return {numbers};
  std::vector<std::vector<std::int64_t>> result;
  for (const Tensor& all : backend_->gather(torch::tensor(numbers, torch::kInt64), world_))
    result.emplace_back(all.const_data_ptr<std::int64_t>(),
                        all.const_data_ptr<std::int64_t>() + all.numel());
  return result;
}

std::vector<std::string> ProcessGroup::gathered_texts(const std::string& text) const {
  if (world_ == 1) return {text};
  std::vector<std::int64_t> lengths;
  for (const auto& length : gathered_numbers({static_cast<std::int64_t>(text.size())}))
    lengths.push_back(length.front());
  Tensor bytes = torch::zeros({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
  if (!text.empty()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  const Tensor all = gathered(bytes, lengths);
  const auto* next = static_cast<const char*>(all.const_data_ptr());
  std::vector<std::string> texts;
  for (const std::int64_t length : lengths) {
    texts.emplace_back(next, static_cast<std::size_t>(length));
    next += length;
  }
  return texts;
}

Tensor ProcessGroup::joined(const Tensor& vector) const {
  if (world_ == 1) return vector;
  const torch::NoGradGuard no_gradients;
  Tensor part = vector.detach().to(torch::kCPU).contiguous();
  Tensor all = torch::empty({part.numel() * world_}, part.options());
  backend_->wait_for([&] { return backend_->gloo->all_gather_single(all, part); });
  return all.to(vector.device());
}

Tensor ProcessGroup::part_of_sum(const Tensor& vector) const {
  if (world_ == 1) return vector;
  const torch::NoGradGuard no_gradients;
  Tensor all = vector.detach().to(torch::kCPU).contiguous();
  Tensor part = torch::empty({all.numel() / world_}, all.options());
  backend_->wait_for([&] { return backend_->gloo->reduce_scatter_single(part, all); });
  return part.to(vector.device());
}

void ProcessGroup::sum(const Tensor& tensor) const {
  if (world_ == 1) return;
  const torch::NoGradGuard no_gradients;
  std::vector<Tensor> host = {tensor.detach().to(torch::kCPU)};
  backend_->wait_for([&] { return backend_->gloo->allreduce(host); });
  if (!tensor.is_cpu()) tensor.detach().copy_(host.front());
}

std::function<void()> ProcessGroup::begin_sum(const Tensor& tensor) const {
  if (world_ == 1) return [] {};
  const torch::NoGradGuard no_gradients;
  std::vector<Tensor> host = {tensor.detach().to(torch::kCPU)};
  const auto work = backend_->with_others([&] { return backend_->beside->allreduce(host); });
  return [this, tensor, host, work] {
    const torch::NoGradGuard no_gradients;
    backend_->wait_for([&] { return work; });
    if (!tensor.is_cpu()) tensor.detach().copy_(host.front());
  };
}

double ProcessGroup::sum(double number) const {
  const Tensor total = torch::tensor({number}, torch::kFloat64);
  sum(total);
  return total.item<double>();
}

}  // namespace diptych::libtorch
