#include "checkpoint/containers/script_modules.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

std::string class_name(int number) {
  return fmt::format("Module{}", number);
}

/// A part of a name becomes code: nothing but what an attribute is made of.
void check_part(std::string_view part, const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (part.empty() || part == "training" || !std::all_of(part.begin(), part.end(), allowed))
    fail(ErrorCode::invalid_argument, "torch: TorchScript cannot have a tensor named {}", name);
}

/// Attributes that are numbers can only be declared by subscription.
std::string declaration(const std::string& name, std::string_view type) {
  const bool number = name.front() >= '0' && name.front() <= '9';
  return number ? fmt::format("  __annotations__[\"{}\"] = {}\n", name, type)
                : fmt::format("  {} : {}\n", name, type);
}

}  // namespace

void ScriptModules::add(const std::string& name, Tensor tensor) {
  Module* module = &root_;
  std::size_t begin = 0;
  for (std::size_t dot; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1) {
    const std::string part = name.substr(begin, dot - begin);
    check_part(part, name);
    module = &inner(*module, part);
  }
  const std::string last = name.substr(begin);
  check_part(last, name);
  if (module->modules.contains(last))
    fail(ErrorCode::invalid_argument, "torch: {} names a tensor and a module", name);
  module->tensors.emplace(last, std::move(tensor));
}

ScriptModules::Module& ScriptModules::inner(Module& module, const std::string& name) {
  if (module.tensors.contains(name))
    fail(ErrorCode::invalid_argument, "torch: {} names a tensor and a module", name);
  std::unique_ptr<Module>& found = module.modules[name];
  if (found == nullptr) {
    found = std::make_unique<Module>();
    found->number = classes_++;
  }
  return *found;
}

void ScriptModules::write_class(std::string& code, const Module& module) {
  for (const auto& [name, inner] : module.modules) write_class(code, *inner);
  std::string parameters;
  std::string attributes;
  for (const auto& [name, tensor] : module.tensors) {
    parameters += fmt::format("\"{}\", ", name);
    attributes += declaration(name, "Tensor");
  }
  for (const auto& [name, inner] : module.modules)
    attributes += declaration(name, "__torch__.weights." + class_name(inner->number));
  code += fmt::format("class {}(Module):\n  __parameters__ = [{}]\n  __buffers__ = []\n",
                      class_name(module.number), parameters);
  code += "  training : bool\n" + attributes;
}

void ScriptModules::write_object(PickleWriter& pickle, const Module& module) {
  pickle.begin_object("__torch__.weights", class_name(module.number));
  pickle.text("training");
  pickle.boolean(false);
  for (const auto& [name, tensor] : module.tensors) {
    pickle.text(name);
    pickle.tensor(tensor.dtype, tensor.shape, tensor.key);
  }
  for (const auto& [name, inner] : module.modules) {
    pickle.text(name);
    write_object(pickle, *inner);
  }
  pickle.end_object();
}

std::string ScriptModules::code() const {
  std::string code;
  write_class(code, root_);
  return code;
}

std::string ScriptModules::pickle() const {
  PickleWriter pickle;
  write_object(pickle, root_);
  return std::move(pickle).finish();
}

}  // namespace diptych::checkpoint
