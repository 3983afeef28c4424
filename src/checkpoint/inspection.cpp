#include "checkpoint/inspection.h"

#include <utility>

#include "base/error.h"
#include "checkpoint/families/families.h"
#include "checkpoint/load.h"
#include "checkpoint/source/sharded.h"

namespace diptych::checkpoint {
namespace {

void count_tensors(const Container& container, InspectedFile& inspection) {
  inspection.container = name(container.kind);
  inspection.metadata = container.metadata;
  inspection.tensors = container.tensors.tensors.size();
  for (const auto& [tensor, view] : container.tensors.tensors) {
    if (inspection.first_tensor.empty()) inspection.first_tensor = tensor;
    const auto count = static_cast<std::uint64_t>(view.count());
    inspection.numbers += count;
    inspection.bytes += view.size_bytes();
    inspection.dtypes[std::string(name(view.dtype))] += count;
  }
}

}  // namespace

InspectedFile inspect(const std::filesystem::path& file_or_folder,
                      std::optional<KnownFacts> known) {
  const ModelFiles files(file_or_folder, std::move(known));
  Container container = read_weights(files, files.weights(), is_known_model);
  InspectedFile inspection;
  count_tensors(container, inspection);
  const Family* family = recognise_family(container.tensors);
  if (family != nullptr) {
    inspection.family = family->name;
    inspection.certainty = Certainty::recognised;
  }
  try {
    inspection.model = load_container(files, std::move(container));
    inspection.family = inspection.model->provenance.family;
    inspection.certainty =
        all_assumptions(*inspection.model).empty() ? Certainty::stated : Certainty::assumed;
  } catch (const Error& error) {
    inspection.problem = error.what();
  }
  return inspection;
}

}  // namespace diptych::checkpoint
