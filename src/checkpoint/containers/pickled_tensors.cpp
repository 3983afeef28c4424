#include "checkpoint/containers/pickled_tensors.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace diptych::checkpoint {
namespace {

using Kind = Pickle::Kind;
using Node = Pickle::Node;
using NodeId = Pickle::NodeId;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxName = 1024;

/// Where a torch.nn.Module keeps what its state dict names without them.
constexpr auto kModuleTables =
    std::to_array<std::string_view>({"_buffers", "_modules", "_parameters"});

class Walk {
 public:
  explicit Walk(const Pickle& pickle) : pickle_(pickle), seen_(pickle.size()) {}

  void visit(NodeId id, const std::string& path, int depth) {
    const Node& node = pickle_[id];
    if (depth > kMaxDepth || path.size() > kMaxName || seen_[id]) return;
    seen_[id] = true;
    if (node.kind == Kind::dictionary) visit_pairs(node.items, 0, path, depth);
    if (node.kind == Kind::list || node.kind == Kind::tuple) visit_list(node, path, depth);
    if (node.kind == Kind::call) visit_object(node, path, depth);
  }

  std::vector<PickledTensor> finish() {
    drop_wrappers();
    return std::move(found_);
  }

 private:
  bool is_tensor(const Node& node) const {
    const bool calls = node.kind == Kind::call && pickle_[node.items[0]].kind == Kind::global;
    const std::string_view callee = calls ? pickle_[node.items[0]].text : std::string_view();
    return callee.starts_with("torch._utils _rebuild_") ||
           callee == "torch._tensor _rebuild_from_type_v2";
  }

  void visit_value(std::string_view key, NodeId value, const std::string& path, int depth) {
    if (path.size() + key.size() > kMaxName) return;
    const bool is_table = std::ranges::find(kModuleTables, key) != kModuleTables.end();
    const std::string name = is_table ? path : path + std::string(key);
    if (is_tensor(pickle_[value])) {
      found_.push_back({{name, path.size()}, value});
    } else {
      visit(value, is_table || name.empty() ? name : name + ".", depth + 1);
    }
  }

  /// Keys are texts, and whole numbers in an optimiser's.
  void visit_pairs(const std::vector<NodeId>& items, std::size_t first, const std::string& path,
                   int depth) {
    for (std::size_t i = first; i + 1 < items.size(); i += 2) {
      const Node& key = pickle_[items[i]];
      if (key.kind == Kind::text) visit_value(key.text, items[i + 1], path, depth);
      if (key.kind == Kind::integer)
        visit_value(std::to_string(key.integer), items[i + 1], path, depth);
    }
  }

  void visit_list(const Node& list, const std::string& path, int depth) {
    for (std::size_t i = 0; i < list.items.size(); ++i)
      visit_value(std::to_string(i), list.items[i], path, depth);
  }

  /// An object's attributes, and what it holds when it is a dictionary besides.
  void visit_object(const Node& object, const std::string& path, int depth) {
    visit_pairs(object.items, 2, path, depth);
    if (object.state != 0) visit(object.state, path, depth + 1);
  }

  /// Where names stay apart without what wrappers put into them, they lose it.
  void drop_wrappers() {
    std::vector<TensorName> names;
    std::set<std::string> taken;
    for (const PickledTensor& tensor : found_) {
      const auto& [name, dictionary] = tensor.name;
      const std::string before =
          dictionary == 0 ? "" : without_wrappers(name.substr(0, dictionary - 1));
      const std::string short_name = without_wrappers(name);
      const bool kept = dictionary > 0 && short_name.starts_with(before + ".");
      names.push_back({short_name, kept ? before.size() + 1 : 0});
      taken.insert(short_name);
    }
    if (taken.size() != names.size()) return;
    for (std::size_t i = 0; i < names.size(); ++i) found_[i].name = std::move(names[i]);
  }

  const Pickle& pickle_;
  std::vector<bool> seen_;
  std::vector<PickledTensor> found_;
};

}  // namespace

std::vector<PickledTensor> find_tensors(const Pickle& pickle) {
  Walk walk(pickle);
  walk.visit(pickle.root_id(), "", 0);
  return walk.finish();
}

}  // namespace diptych::checkpoint
