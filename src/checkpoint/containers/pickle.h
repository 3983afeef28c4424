#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/containers/byte_reader.h"

namespace diptych::checkpoint {

/// A Python pickle as inert data. Nothing is executed or imported: a call is a node that says what
/// would have been called with what.
class Pickle {
 public:
  using NodeId = std::uint32_t;
  enum class Kind {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,  ///< also integers of more than 64 bits, as their little-endian bytes
    tuple,
    list,
    set,
    dictionary,  ///< also collections.OrderedDict
    global,      ///< a name: `text` holds "module name"
    /// items: what is called, its arguments, then key, value, ... as they were put in; `state` what
    /// was set afterwards
    call,
    persistent,  ///< items: the persistent id
  };
  struct Node {
    Kind kind = Kind::none;
    std::int64_t integer = 0;  ///< also 0 or 1 of a boolean
    double real = 0.0;
    std::string_view text;      ///< points into the pickle; a global's belongs to the Pickle
    std::vector<NodeId> items;  ///< elements; of a dictionary key, value, key, value, ...
    NodeId state = 0;           ///< 0, the none node, when there is none
  };

  const Node& operator[](NodeId id) const { return nodes_[id]; }
  NodeId root_id() const { return root_; }
  const Node& root() const { return nodes_[root_]; }
  std::size_t size() const { return nodes_.size(); }

  /// Returns the value of a text key; nullptr when `dictionary` is no dictionary or has no such
  /// key.
  const Node* find(const Node& dictionary, std::string_view key) const;

 private:
  friend class PickleReader;
  std::vector<Node> nodes_;
  std::deque<std::string> names_;  ///< of globals; a deque keeps their addresses
  NodeId root_ = 0;
};

/// Says whether a pickle may name something.
using GlobalFilter = bool (*)(std::string_view module, std::string_view name);

/// Reads one pickle (protocols 0 to 5, the opcodes that PyTorch writes) from the reader's position
/// to its STOP. Throws Error: corrupt_data; unsupported, with its name, for a global that `allowed`
/// refuses and for other opcodes; out_of_memory beyond two million values.
Pickle read_pickle(ByteReader& reader, GlobalFilter allowed);

}  // namespace diptych::checkpoint
