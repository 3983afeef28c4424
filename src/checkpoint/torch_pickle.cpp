#include "checkpoint/torch_pickle.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace diptych::checkpoint {
namespace {

using Kind = Pickle::Kind;
using Node = Pickle::Node;

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorages = {
    {{"FloatStorage", DType::float32},
     {"HalfStorage", DType::float16},
     {"BFloat16Storage", DType::bfloat16},
     {"DoubleStorage", DType::float64},
     {"CharStorage", DType::int8},
     {"ByteStorage", DType::uint8},
     {"ShortStorage", DType::int16},
     {"IntStorage", DType::int32},
     {"LongStorage", DType::int64},
     {"BoolStorage", DType::boolean}}};

constexpr std::array<std::pair<std::string_view, DType>, 10> kTorchDTypes = {
    {{"torch float32", DType::float32},
     {"torch float16", DType::float16},
     {"torch bfloat16", DType::bfloat16},
     {"torch float64", DType::float64},
     {"torch int8", DType::int8},
     {"torch uint8", DType::uint8},
     {"torch int16", DType::int16},
     {"torch int32", DType::int32},
     {"torch int64", DType::int64},
     {"torch bool", DType::boolean}}};

/// Other names that occur in checkpoints and only describe data.
constexpr std::array<std::string_view, 22> kGlobals = {"argparse Namespace",
                                                       "collections OrderedDict",
                                                       "collections defaultdict",
                                                       "builtins dict",
                                                       "_codecs encode",
                                                       "numpy dtype",
                                                       "numpy.core.multiarray scalar",
                                                       "numpy._core.multiarray scalar",
                                                       "torch Size",
                                                       "torch device",
                                                       "torch.nn.parameter Parameter",
                                                       "torch.storage TypedStorage",
                                                       "torch.storage UntypedStorage",
                                                       "torch.storage _UntypedStorage",
                                                       "torch._utils _rebuild_parameter",
                                                       "torch._utils _rebuild_tensor_v2",
                                                       "torch._utils _rebuild_tensor_v3",
                                                       "torch.jit._pickle build_boollist",
                                                       "torch.jit._pickle build_doublelist",
                                                       "torch.jit._pickle build_intlist",
                                                       "torch.jit._pickle build_tensorlist",
                                                       "torch.jit._pickle restore_type_tag"};

constexpr std::array<std::string_view, 3> kStateDictKeys = {"state_dict", "model", "module"};
constexpr std::string_view kScriptModule = "__torch__.";
/// A TorchScript file may refer to one module from many places; these keep it from unfolding
/// without end.
constexpr int kMaxModuleDepth = 64;
constexpr std::size_t kMaxAttributes = 200'000;
constexpr std::size_t kMaxName = 1024;

template <typename Table>
std::optional<DType> find_dtype(const Table& table, std::string_view text) {
  for (const auto& [known, dtype] : table) {
    if (text == known) return dtype;
  }
  return std::nullopt;
}

/// "FloatStorage" of "torch FloatStorage" or "torch.cuda FloatStorage".
std::string_view storage_class(std::string_view global) {
  for (const std::string_view module : {"torch ", "torch.cuda "}) {
    if (global.starts_with(module)) return global.substr(module.size());
  }
  return {};
}

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

  /// Adds the tensor that `node` would rebuild; false when it would not rebuild one.
  bool add(const std::string& tensor, const Node& node, TensorMap& out) {
    const Node* call = unwrap_parameter(node);
    const std::string_view callee = callee_of(*call);
    const bool with_dtype = callee == "torch._utils _rebuild_tensor_v3";
    if (!with_dtype && callee != "torch._utils _rebuild_tensor_v2") return false;
    tensor_ = &tensor;
    const auto& arguments = pickle_[call->items[1]].items;
    check(arguments.size() >= (with_dtype ? 7U : 6U), "the arguments of a tensor");
    Storage storage = read_storage(pickle_[arguments[0]]);
    if (with_dtype) storage.dtype = find_dtype(kTorchDTypes, pickle_[arguments[6]].text);
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

  const Node* unwrap_parameter(const Node& node) const {
    if (callee_of(node) != "torch._utils _rebuild_parameter") return &node;
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
    const std::string_view type = pickle_[parts[1]].text;
    Storage storage;
    storage.dtype = find_dtype(kStorages, storage_class(type));
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
  if (!is_utf8(tensor) || tensor.empty() || tensor.size() > kMaxName) {
    fail(ErrorCode::corrupt_data,
         "torch: a tensor's name is not UTF-8 text of at most {} bytes ({})", kMaxName, name);
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

/// The state dict within the root, and in `metadata` what lies beside it.
const Node& find_state_dict(const Pickle& pickle, Metadata& metadata) {
  const Node& root = pickle.root();
  for (const std::string_view key : kStateDictKeys) {
    const Node* found = pickle.find(root, key);
    if (found == nullptr || found->kind != Kind::dictionary) continue;
    for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const std::string_view label = pickle[root.items[i]].text;
      const Node& value = pickle[root.items[i + 1]];
      if (!is_utf8(label) || !is_utf8(value.text)) continue;
      if (value.kind == Kind::text) metadata.emplace(label, value.text);
      if (value.kind == Kind::integer) metadata.emplace(label, std::to_string(value.integer));
    }
    return *found;
  }
  return root;
}

}  // namespace

bool is_torch_global(std::string_view module, std::string_view name) {
  const std::string global = std::string(module) + " " + std::string(name);
  return module.starts_with(kScriptModule) ||
         std::find(kGlobals.begin(), kGlobals.end(), global) != kGlobals.end() ||
         find_dtype(kStorages, storage_class(global)) || find_dtype(kTorchDTypes, global);
}

std::optional<StorageDescription> describe_storage(const Pickle& pickle, const Node& node) {
  if (node.kind != Kind::persistent) return std::nullopt;
  const auto& parts = pickle[node.items[0]].items;
  if (parts.size() < 5) return std::nullopt;
  const std::string_view type = pickle[parts[1]].text;
  const auto dtype = find_dtype(kStorages, storage_class(type));
  if (!dtype && !type.ends_with("UntypedStorage")) return std::nullopt;
  return StorageDescription{pickle[parts[2]].text, dtype ? size_of(*dtype) : 1};
}

TorchContent read_torch_content(const Pickle& pickle, const StorageLookup& lookup,
                                std::uint64_t copy_limit, const std::string& name) {
  TorchContent content;
  TensorRebuilder rebuilder(pickle, lookup, copy_limit, name);
  if (is_script_module(pickle, pickle.root())) {
    content.script = true;
    ModuleWalker(pickle, rebuilder, name).walk(pickle.root(), "", 0, content.tensors);
  } else {
    const Node& state = find_state_dict(pickle, content.metadata);
    if (state.kind != Kind::dictionary)
      fail(ErrorCode::unsupported, "torch: the file holds no dictionary of tensors ({})", name);
    for (std::size_t i = 0; i + 1 < state.items.size(); i += 2) {
      const Node& value = pickle[state.items[i + 1]];
      if (value.kind == Kind::call)
        rebuilder.add(checked_name(pickle[state.items[i]].text, name), value, content.tensors);
    }
  }
  if (content.tensors.tensors.empty())
    fail(ErrorCode::unsupported, "torch: the file holds no state dict ({})", name);
  return content;
}

}  // namespace diptych::checkpoint
