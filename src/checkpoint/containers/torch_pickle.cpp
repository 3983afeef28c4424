#include "checkpoint/containers/torch_pickle.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "checkpoint/containers/pickled_tensors.h"
#include "checkpoint/containers/torch_globals.h"

namespace diptych::checkpoint {
namespace {

using Kind = Pickle::Kind;
using Node = Pickle::Node;

/// A TorchScript file may refer to one module from many places; these keep it from unfolding
/// without end.
constexpr int kMaxModuleDepth = 64;
constexpr std::size_t kMaxAttributes = 200'000;
constexpr std::size_t kMaxTensorName = 1024;
/// Of a tensor; torch itself has fewer.
constexpr std::size_t kMaxDimensions = 64;
/// Longer texts beside the weights are no facts about them.
constexpr std::size_t kMaxFact = 4096;

/// A storage as a persistent id states it.
struct Storage {
  std::span<const std::byte> bytes;
  std::optional<DType> dtype;  ///< none: untyped bytes
};

/// Turns the calls that would rebuild tensors into views.
class TensorRebuilder {
 public:
  TensorRebuilder(const Pickle& pickle, const StorageLookup& lookup, std::uint64_t copy_limit,
                  const std::string& name)
      : pickle_(pickle), lookup_(lookup), copy_limit_(copy_limit), name_(name) {}

  /// Adds the tensor that `node` would rebuild; false when it would not rebuild one, or none that
  /// we can.
  bool add(const std::string& tensor, const Node& node, TensorMap& out) {
    const Node* call = unwrap_parameter(node);
    const std::string_view callee = callee_of(*call);
    const bool with_dtype = callee == "torch._utils _rebuild_tensor_v3";
    if (!with_dtype && callee != "torch._utils _rebuild_tensor_v2") return false;
    tensor_ = &tensor;
    const auto& arguments = pickle_[call->items[1]].items;
    check(arguments.size() >= (with_dtype ? 7U : 6U), "the arguments of a tensor");
    Storage storage = read_storage(pickle_[arguments[0]]);
    if (with_dtype) storage.dtype = torch_dtype(pickle_[arguments[6]].text);
    if (!storage.dtype)
      fail(ErrorCode::unsupported, "torch: tensor {}: a dtype that is not known ({})", tensor,
           name_);
    check(pickle_[arguments[1]].kind == Kind::integer, "an offset");
    place(tensor, storage, pickle_[arguments[1]].integer, read_sizes(pickle_[arguments[2]]),
          read_sizes(pickle_[arguments[3]]), out);
    return true;
  }

 private:
  std::string_view callee_of(const Node& node) const {
    return node.kind == Kind::call ? pickle_[node.items[0]].text : std::string_view();
  }

  /// The tensor within a parameter; Python attributes of either do not count.
  const Node* unwrap_parameter(const Node& node) const {
    if (!callee_of(node).starts_with("torch._utils _rebuild_parameter")) return &node;
    const auto& arguments = pickle_[node.items[1]].items;
    check(!arguments.empty(), "a parameter's tensor");
    return &pickle_[arguments[0]];
  }

  /// ("storage", class, key, device, elements[, view])
  Storage read_storage(const Node& node) {
    check(node.kind == Kind::persistent, "a storage");
    const auto& parts = pickle_[node.items[0]].items;
    check(parts.size() >= 5 && pickle_[parts[0]].text == "storage", "a storage");
    check(parts.size() == 5 || pickle_[parts[5]].kind == Kind::none, "a storage that is no view");
    const Node& elements = pickle_[parts[4]];
    check(elements.kind == Kind::integer && elements.integer >= 0, "a storage's size");
    check(pickle_[parts[2]].text.size() <= kMaxTensorName, "a storage's key of at most 1024 bytes");
    const std::string_view type = pickle_[parts[1]].text;
    Storage storage;
    storage.dtype = storage_dtype(type);
    if (!storage.dtype && !type.ends_with("UntypedStorage"))
      fail(ErrorCode::unsupported, "torch: tensor {}: storage {} ({})", *tensor_, type, name_);
    const std::uint64_t bytes =
        checked_multiply(static_cast<std::uint64_t>(elements.integer),
                         storage.dtype ? size_of(*storage.dtype) : 1, "torch: storage bytes");
    storage.bytes = lookup_(pickle_[parts[2]].text, bytes);
    return storage;
  }

  Shape read_sizes(const Node& node) const {
    const Node& tuple =
        node.kind == Kind::call && node.items.size() == 2 ? first_argument(node) : node;
    check(tuple.kind == Kind::tuple || tuple.kind == Kind::list, "sizes");
    check(tuple.items.size() <= kMaxDimensions, "at most 64 dimensions");
    Shape sizes;
    for (const Pickle::NodeId id : tuple.items) {
      check(pickle_[id].kind == Kind::integer && pickle_[id].integer >= 0, "sizes of at least 0");
      sizes.push_back(pickle_[id].integer);
    }
    return sizes;
  }

  /// torch.Size((...)) holds its sizes so.
  const Node& first_argument(const Node& call) const {
    const auto& arguments = pickle_[call.items[1]].items;
    check(!arguments.empty(), "sizes");
    return pickle_[arguments[0]];
  }

  void place(const std::string& tensor, const Storage& storage, std::int64_t offset, Shape shape,
             const Shape& strides, TensorMap& out) {
    check(strides.size() == shape.size(), "as many strides as sizes");
    check(offset >= 0, "an offset of at least 0");
    const std::uint64_t item = size_of(*storage.dtype);
    const auto count = static_cast<std::uint64_t>(element_count(shape));
    const std::uint64_t available = storage.bytes.size() / item;
    // The last element lies in the storage, so all do; and a tensor that needs more elements than
    // its storage has repeats some, which no trained weight does.
    std::uint64_t end =
        count == 0 ? 0 : checked_add(static_cast<std::uint64_t>(offset), 1, "offset");
    for (std::size_t i = 0; i < shape.size() && count > 0; ++i) {
      end = checked_add(end,
                        checked_multiply(static_cast<std::uint64_t>(shape[i] - 1),
                                         static_cast<std::uint64_t>(strides[i]), "torch: stride"),
                        "torch: stride");
    }
    check(end <= available && count <= available, "a tensor within its storage");
    const auto first = static_cast<std::uint64_t>(count == 0 ? 0 : offset) * item;
    if (is_dense(shape, strides)) {
      const auto bytes = storage.bytes.subspan(first, count * item);
      out.tensors[tensor] = {*storage.dtype, std::move(shape), bytes};
    } else {
      out.add(tensor, gather(*storage.dtype, shape, strides, storage.bytes.subspan(first)));
    }
  }

  static bool is_dense(const Shape& shape, const Shape& strides) {
    std::int64_t expected = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (shape[i] == 0) return true;
      if (shape[i] != 1 && strides[i] != expected) return false;
      expected *= shape[i];
    }
    return true;
  }

  TensorBuffer gather(DType dtype, const Shape& shape, const Shape& strides,
                      std::span<const std::byte> source) {
    const std::uint64_t item = size_of(dtype);
    const auto count = static_cast<std::uint64_t>(element_count(shape));
    copied_ += count * item;
    if (copied_ > copy_limit_) {
      fail(ErrorCode::out_of_memory, "torch: strided tensors need more than {} bytes ({})",
           copy_limit_, name_);
    }
    TensorBuffer buffer(dtype, shape);
    std::vector<std::int64_t> index(shape.size(), 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t from = 0;
      for (std::size_t d = 0; d < shape.size(); ++d)
        from += static_cast<std::uint64_t>(index[d] * strides[d]);
      std::memcpy(buffer.bytes().data() + i * item, source.data() + from * item, item);
      for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
    }
    return buffer;
  }

  void check(bool holds, const char* expected) const {
    if (!holds) {
      fail(ErrorCode::corrupt_data, "torch: tensor {}: expected {} ({})", *tensor_, expected,
           name_);
    }
  }

  const Pickle& pickle_;
  const StorageLookup& lookup_;
  std::uint64_t copy_limit_;
  const std::string& name_;
  std::uint64_t copied_ = 0;
  const std::string* tensor_ = nullptr;  ///< being rebuilt, for messages
};

std::string checked_name(std::string_view tensor, const std::string& name) {
  if (!is_utf8(tensor) || tensor.empty() || tensor.size() > kMaxTensorName) {
    fail(ErrorCode::corrupt_data,
         "torch: a tensor's name is not UTF-8 text of at most {} bytes ({})", kMaxTensorName, name);
  }
  return std::string(tensor);
}

/// Walks TorchScript's objects: attributes are tensors or further objects.
class ModuleWalker {
 public:
  ModuleWalker(const Pickle& pickle, TensorRebuilder& rebuilder, const std::string& name)
      : pickle_(pickle), rebuilder_(rebuilder), name_(name) {}

  void walk(const Node& module, const std::string& prefix, int depth, TensorMap& out) {
    const Node& state = pickle_[module.state];
    if (state.kind != Kind::dictionary) return;
    for (std::size_t i = 0; i + 1 < state.items.size(); i += 2) {
      const Node& value = pickle_[state.items[i + 1]];
      if (value.kind != Kind::call) continue;
      if (depth > kMaxModuleDepth || ++attributes_ > kMaxAttributes)
        fail(ErrorCode::corrupt_data, "torch: modules nested without end ({})", name_);
      const std::string path =
          checked_name(prefix + std::string(pickle_[state.items[i]].text), name_);
      if (!rebuilder_.add(path, value, out)) walk(value, path + ".", depth + 1, out);
    }
  }

 private:
  const Pickle& pickle_;
  TensorRebuilder& rebuilder_;
  const std::string& name_;
  std::size_t attributes_ = 0;
};

bool is_script_module(const Pickle& pickle, const Node& node) {
  return node.kind == Kind::call && pickle[node.items[0]].text.starts_with(kScriptModule);
}

/// The texts and whole numbers that lie in the outermost dictionary.
Metadata find_facts(const Pickle& pickle) {
  Metadata facts;
  const Node& root = pickle.root();
  if (root.kind != Kind::dictionary) return facts;
  for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const std::string_view label = pickle[root.items[i]].text;
    const Node& value = pickle[root.items[i + 1]];
    if (label.size() > kMaxTensorName || value.text.size() > kMaxFact) continue;
    if (!is_utf8(label) || !is_utf8(value.text)) continue;
    if (value.kind == Kind::text) facts.emplace(label, value.text);
    if (value.kind == Kind::integer) facts.emplace(label, std::to_string(value.integer));
  }
  return facts;
}

/// Where no names are a model's: the first of the dictionaries that hold most tensors.
FoundModel largest_dictionary(const std::vector<PickledTensor>& tensors) {
  std::map<std::string_view, std::vector<std::size_t>> dictionaries;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorName& name = tensors[i].name;
    dictionaries[std::string_view(name.name).substr(0, name.dictionary)].push_back(i);
  }
  FoundModel largest;
  for (auto& [prefix, members] : dictionaries) {
    const bool larger = members.size() > largest.members.size();
    const bool equal = members.size() == largest.members.size();
    if (larger || (equal && members.front() < largest.members.front()))
      largest = {.prefix = std::string(prefix), .members = std::move(members)};
  }
  return largest;
}

void read_state_dict(const Pickle& pickle, TensorRebuilder& rebuilder, const std::string& name,
                     RecognisesModel recognises, TorchContent& content) {
  const std::vector<PickledTensor> tensors = find_tensors(pickle);
  std::vector<TensorName> names;
  for (const PickledTensor& tensor : tensors) names.push_back(tensor.name);
  const auto known = find_model(names, recognises);
  FoundModel model = known ? *known : largest_dictionary(tensors);
  for (const std::size_t i : model.members) {
    const std::string tensor = checked_name(names[i].name.substr(model.prefix.size()), name);
    const bool added = rebuilder.add(tensor, pickle[tensors[i].node], content.tensors);
    if (!added) {
      fail(ErrorCode::unsupported, "torch: tensor {}: got a {}, expected a dense one ({})", tensor,
           pickle[pickle[tensors[i].node].items[0]].text, name);
    }
  }
  content.metadata = find_facts(pickle);
  content.notes = std::move(model.notes);
}

}  // namespace

std::optional<StorageDescription> describe_storage(const Pickle& pickle, const Node& node) {
  if (node.kind != Kind::persistent) return std::nullopt;
  const auto& parts = pickle[node.items[0]].items;
  if (parts.size() < 5) return std::nullopt;
  const std::string_view type = pickle[parts[1]].text;
  const auto dtype = storage_dtype(type);
  if (!dtype && !type.ends_with("UntypedStorage")) return std::nullopt;
  return StorageDescription{pickle[parts[2]].text, dtype ? size_of(*dtype) : 1};
}

TorchContent read_torch_content(const Pickle& pickle, const StorageLookup& lookup,
                                std::uint64_t copy_limit, const std::string& name,
                                RecognisesModel recognises) {
  TorchContent content;
  TensorRebuilder rebuilder(pickle, lookup, copy_limit, name);
  if (is_script_module(pickle, pickle.root())) {
    content.script = true;
    ModuleWalker(pickle, rebuilder, name).walk(pickle.root(), "", 0, content.tensors);
  } else {
    read_state_dict(pickle, rebuilder, name, recognises, content);
  }
  if (content.tensors.tensors.empty())
    fail(ErrorCode::unsupported, "torch: the file holds no state dict ({})", name);
  return content;
}

}  // namespace diptych::checkpoint
