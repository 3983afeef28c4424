#include "train/gathered_pairs.h"

#include <numeric>
#include <vector>

namespace diptych::train {
namespace {

using torch::Tensor;
using Numbers = std::vector<std::int64_t>;

Tensor leaf(const Tensor& features) {
  return features.detach().to(torch::kFloat32).requires_grad_();
}

Numbers gather_numbers(const libtorch::ProcessGroup& group, const Numbers& numbers,
                       const Numbers& counts) {
  const Tensor all = group.gathered(torch::tensor(numbers, torch::kInt64), counts);
  return {all.const_data_ptr<std::int64_t>(), all.const_data_ptr<std::int64_t>() + all.numel()};
}

}  // namespace

GatheredPairs gather_pairs(const libtorch::ProcessGroup* group, const Tensor& images,
                           const Tensor& texts, const Batch& batch,
                           const std::vector<Tensor>& given) {
  if (group == nullptr) return {.images = leaf(images), .texts = leaf(texts)};
  GatheredPairs all;
  all.batch.epoch = batch.epoch;
  // A process whose pairs are all refused has no groups either, though the others have.
  Numbers counts;
  bool grouped = false;
  const auto own_groups = static_cast<std::int64_t>(batch.groups.size());
  for (const Numbers& numbers : group->gathered_numbers({images.size(0), own_groups})) {
    counts.push_back(numbers[0]);
    grouped = grouped || numbers[1] > 0;
  }
  all.first = std::accumulate(counts.begin(), counts.begin() + group->rank(), std::int64_t{0});
  all.images = leaf(group->gathered(images.to(torch::kFloat32), counts));
  all.texts = leaf(group->gathered(texts.to(torch::kFloat32), counts));
  if (grouped) all.batch.groups = gather_numbers(*group, batch.groups, counts);
  for (const Tensor& rows : given) all.batch.given.push_back(group->gathered(rows, counts));
  all.batch.samples = gather_numbers(*group, batch.samples, counts);
  return all;
}

}  // namespace diptych::train
