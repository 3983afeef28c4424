#include "libtorch/recomputed_block.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libtorch/autocast.h"

namespace diptych::libtorch {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What a block's second run needs besides its tensors.
struct SecondRun : torch::CustomClassHolder {
  BlockBody body;
  std::size_t inputs = 0;  ///< so many of the tensors; the others are parameters
  Autocast autocast = Autocast::off;
};

variable_list leaves_of(const variable_list& tensors, std::size_t count) {
  variable_list leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back(tensors[i].detach().requires_grad_(tensors[i].requires_grad()));
  return leaves;
}

/// The gradients of those variables that ask for one; the others' are undefined.
variable_list gradients_of(const Tensor& output, const variable_list& variables,
                           const Tensor& gradient) {
  variable_list asked;
  std::ranges::copy_if(variables, std::back_inserter(asked),
                       [](const Tensor& variable) { return variable.requires_grad(); });
  const variable_list found =
      torch::autograd::grad({output}, asked, {gradient}, /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
  variable_list result(variables.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].requires_grad()) result[i] = found[next++];
  }
  return result;
}

struct RecomputedBlock : torch::autograd::Function<RecomputedBlock> {
  static Tensor forward(AutogradContext* context, const Tensor& output,
                        const c10::intrusive_ptr<SecondRun>& run, at::TensorList tensors) {
    context->save_for_backward(tensors.vec());
    context->saved_data["run"] = c10::IValue::make_capsule(run);
    // Not `output` itself, which would count as an input that is given back.
    return output.detach();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["run"].toCapsule();
    const auto& run = static_cast<const SecondRun&>(*capsule);
    const Tensor& gradient = gradients.front();
    const AutocastScope autocast(run.autocast, gradient.device());
    const at::AutoGradMode with_gradients(true);
    const variable_list tensors = context->get_saved_variables();
    variable_list variables = leaves_of(tensors, run.inputs);
    const Tensor output = run.body(variables);
    variables.insert(variables.end(), tensors.begin() + static_cast<std::ptrdiff_t>(run.inputs),
                     tensors.end());
    variable_list result = gradients_of(output, variables, gradient);
    // The output and the run come before the tensors.
    result.insert(result.begin(), 2, Tensor());
    return result;
  }
};

}  // namespace

Tensor recomputed(const Tensor& output, BlockBody body, std::vector<Tensor> inputs,
                  const std::vector<Tensor>& parameters) {
  auto run = c10::make_intrusive<SecondRun>();
  run->body = std::move(body);
  run->inputs = inputs.size();
  run->autocast = current_autocast(output.device());
  variable_list tensors = std::move(inputs);
  tensors.insert(tensors.end(), parameters.begin(), parameters.end());
  // Of a vector autograd would not see the tensors.
  return RecomputedBlock::apply(output, run, at::TensorList(tensors));
}

}  // namespace diptych::libtorch
