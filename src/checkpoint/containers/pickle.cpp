#include "checkpoint/containers/pickle.h"

#include <bit>
#include <charconv>
#include <string>

#include "base/error.h"

// The opcodes: Python's Lib/pickletools.py documents each; PEP 3154 and PEP 574 the later ones.

namespace diptych::checkpoint {
namespace {

enum class Opcode : unsigned char {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  duplicate = '2',
  integer_line = 'I',
  int32 = 'J',
  uint8 = 'K',
  uint16 = 'M',
  long_line = 'L',
  float_line = 'F',
  none = 'N',
  float64 = 'G',
  unicode = 'X',
  short_string = 'U',
  string = 'T',
  bytes = 'B',
  short_bytes = 'C',
  empty_tuple = ')',
  tuple = 't',
  empty_list = ']',
  list = 'l',
  append = 'a',
  appends = 'e',
  empty_dictionary = '}',
  dictionary = 'd',
  set_item = 's',
  set_items = 'u',
  put8 = 'q',
  put32 = 'r',
  put_line = 'p',
  get8 = 'h',
  get32 = 'j',
  get_line = 'g',
  global_lines = 'c',
  reduce = 'R',
  build = 'b',
  persistent_id = 'Q',
  protocol = 0x80,
  new_object = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_true = 0x88,
  new_false = 0x89,
  long1 = 0x8A,
  long4 = 0x8B,
  short_unicode = 0x8C,
  unicode8 = 0x8D,
  bytes8 = 0x8E,
  empty_set = 0x8F,
  add_items = 0x90,
  frozen_set = 0x91,
  new_object_with_names = 0x92,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  byte_array8 = 0x96,
};

/// A name from a hostile file, fit for a message.
std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 200)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

}  // namespace

class PickleReader {
 public:
  PickleReader(ByteReader& reader, GlobalFilter allowed) : reader_(reader), allowed_(allowed) {
    add({.kind = Kind::none});  // node 0 stands for "nothing"
  }

  Pickle read() {
    while (step(Opcode{reader_.read<unsigned char>()})) {
    }
    pickle_.root_ = pop();
    return std::move(pickle_);
  }

 private:
  using Kind = Pickle::Kind;
  using Node = Pickle::Node;
  using NodeId = Pickle::NodeId;

  static constexpr std::size_t kMaxNodes = 2'000'000;
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr NodeId kUnset = ~NodeId{0};

  /// One opcode; false after STOP. Each group says whether the opcode was its own.
  bool step(Opcode opcode) {
    if (opcode == Opcode::stop) return false;
    const bool known = push_constant(opcode) || push_number(opcode) || push_text(opcode) ||
                       build_sequence(opcode) || build_mapping(opcode) || use_memo(opcode) ||
                       move_stack(opcode) || call(opcode);
    if (!known) {
      fail(ErrorCode::unsupported, "pickle: opcode 0x{:02x} at offset {} ({})",
           static_cast<unsigned>(opcode), reader_.position() - 1, reader_.name());
    }
    return true;
  }

  bool push_constant(Opcode opcode) {
    switch (opcode) {
      case Opcode::none:
        stack_.push_back(0);
        return true;
      case Opcode::new_true:
      case Opcode::new_false:
        push({.kind = Kind::boolean, .integer = opcode == Opcode::new_true ? 1 : 0});
        return true;
      case Opcode::protocol:
        check(reader_.read<unsigned char>() <= 5, "protocol");
        return true;
      case Opcode::frame:
        reader_.read<std::uint64_t>();
        return true;
      default:
        return false;
    }
  }

  bool push_number(Opcode opcode) {
    switch (opcode) {
      case Opcode::uint8:
        return push_integer(reader_.read<std::uint8_t>());
      case Opcode::uint16:
        return push_integer(reader_.read<std::uint16_t>());
      case Opcode::int32:
        return push_integer(reader_.read<std::int32_t>());
      case Opcode::integer_line:
        return push_decimal(line());
      case Opcode::long_line:
        return push_decimal(line());
      case Opcode::float_line:
        line();
        return push({.kind = Kind::real});
      case Opcode::long1:
        return push_long(reader_.read<std::uint8_t>());
      case Opcode::long4:
        return push_long(reader_.read<std::uint32_t>());
      case Opcode::float64: {  // BINFLOAT, big-endian
        const auto bits = __builtin_bswap64(reader_.read<std::uint64_t>());
        push({.kind = Kind::real, .real = std::bit_cast<double>(bits)});
        return true;
      }
      default:
        return false;
    }
  }

  bool push_text(Opcode opcode) {
    switch (opcode) {
      case Opcode::unicode:
        return push_bytes(Kind::text, reader_.read<std::uint32_t>());
      case Opcode::short_unicode:
        return push_bytes(Kind::text, reader_.read<std::uint8_t>());
      case Opcode::unicode8:
        return push_bytes(Kind::text, reader_.read<std::uint64_t>());
      case Opcode::short_string:
        return push_bytes(Kind::text, reader_.read<std::uint8_t>());
      case Opcode::string:
        return push_bytes(Kind::text, reader_.read<std::uint32_t>());
      case Opcode::short_bytes:
        return push_bytes(Kind::bytes, reader_.read<std::uint8_t>());
      case Opcode::bytes:
        return push_bytes(Kind::bytes, reader_.read<std::uint32_t>());
      case Opcode::bytes8:
      case Opcode::byte_array8:
        return push_bytes(Kind::bytes, reader_.read<std::uint64_t>());
      default:
        return false;
    }
  }

  bool build_sequence(Opcode opcode) {
    switch (opcode) {
      case Opcode::empty_tuple:
        return push({.kind = Kind::tuple});
      case Opcode::tuple:
        return push({.kind = Kind::tuple, .items = pop_to_mark()});
      case Opcode::tuple1:
      case Opcode::tuple2:
      case Opcode::tuple3:
        return push(
            {.kind = Kind::tuple, .items = pop_last(static_cast<std::size_t>(opcode) - 0x84)});
      case Opcode::empty_list:
        return push({.kind = Kind::list});
      case Opcode::list:
        return push({.kind = Kind::list, .items = pop_to_mark()});
      case Opcode::append:
        return extend(Kind::list, pop_last(1));
      case Opcode::appends:
        return extend(Kind::list, pop_to_mark());
      case Opcode::empty_set:
        return push({.kind = Kind::set});
      case Opcode::add_items:
        return extend(Kind::set, pop_to_mark());
      case Opcode::frozen_set:
        return push({.kind = Kind::set, .items = pop_to_mark()});
      default:
        return false;
    }
  }

  bool build_mapping(Opcode opcode) {
    switch (opcode) {
      case Opcode::empty_dictionary:
        return push({.kind = Kind::dictionary});
      case Opcode::dictionary:
        return push_dictionary(pop_to_mark());
      case Opcode::set_item:
        return extend_pairs(pop_last(2));
      case Opcode::set_items:
        return extend_pairs(pop_to_mark());
      default:
        return false;
    }
  }

  bool use_memo(Opcode opcode) {
    switch (opcode) {
      case Opcode::put8:
        return memoize(reader_.read<std::uint8_t>());
      case Opcode::put32:
        return memoize(reader_.read<std::uint32_t>());
      case Opcode::memoize:
        return memoize(memo_.size());
      case Opcode::put_line:
        return memoize(index(line()));
      case Opcode::get8:
        return recall(reader_.read<std::uint8_t>());
      case Opcode::get32:
        return recall(reader_.read<std::uint32_t>());
      case Opcode::get_line:
        return recall(index(line()));
      default:
        return false;
    }
  }

  bool move_stack(Opcode opcode) {
    switch (opcode) {
      case Opcode::mark:
        marks_.push_back(stack_.size());
        return true;
      case Opcode::pop:
        pop();
        return true;
      case Opcode::pop_mark:
        pop_to_mark();
        return true;
      case Opcode::duplicate:
        stack_.push_back(top());
        return true;
      default:
        return false;
    }
  }

  bool call(Opcode opcode) {
    switch (opcode) {
      case Opcode::global_lines: {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case Opcode::stack_global: {  // STACK_GLOBAL
        const auto names = pop_last(2);
        const Node& module = node(names[0]);
        const Node& name = node(names[1]);
        check(module.kind == Kind::text && name.kind == Kind::text, "the name of a global");
        return push_global(module.text, name.text);
      }
      case Opcode::reduce:        // REDUCE
      case Opcode::new_object: {  // NEWOBJ
        const auto items = pop_last(2);
        return push_call(items);
      }
      case Opcode::new_object_with_names: {  // NEWOBJ_EX
        auto items = pop_last(3);
        items.pop_back();
        return push_call(items);
      }
      case Opcode::build: {  // BUILD
        const NodeId state = pop();
        Node& target = node(top());
        check(target.kind == Kind::call || target.kind == Kind::dictionary, "what is built");
        target.state = state;
        return true;
      }
      case Opcode::persistent_id:
        return push({.kind = Kind::persistent, .items = pop_last(1)});
      default:
        return false;
    }
  }

  /// OrderedDict() and defaultdict(...) are dictionaries to us; everything else stays a call.
  bool push_call(const std::vector<NodeId>& items) {
    const Node& callee = node(items[0]);
    check(callee.kind == Kind::global, "what is called");
    const bool is_empty = node(items[1]).items.empty();
    if ((callee.text == "collections OrderedDict" && is_empty) ||
        callee.text == "collections defaultdict")
      return push({.kind = Kind::dictionary});
    return push({.kind = Kind::call, .items = items});
  }

  bool push_global(std::string_view module, std::string_view name) {
    check(module.size() <= kMaxLine && name.size() <= kMaxLine, "the name of a global");
    if (!allowed_(module, name)) {
      fail(ErrorCode::unsupported,
           "pickle: it names {}.{}, which is not on the list of what a checkpoint may name ({})",
           printable(module), printable(name), reader_.name());
    }
    pickle_.names_.push_back(std::string(module) + " " + std::string(name));
    return push({.kind = Kind::global, .text = pickle_.names_.back()});
  }

  bool push_integer(std::int64_t value) { return push({.kind = Kind::integer, .integer = value}); }

  /// A decimal line; "00" and "01" of INT are booleans, and Python 2's long ends with an L.
  bool push_decimal(std::string_view text) {
    if (text == "00" || text == "01")
      return push({.kind = Kind::boolean, .integer = text == "01" ? 1 : 0});
    if (!text.empty() && text.back() == 'L') text.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    check(error == std::errc() && end == text.data() + text.size(), "a number");
    return push_integer(value);
  }

  bool push_long(std::uint64_t length) {
    const std::string_view digits = reader_.take_text(length);
    if (length > sizeof(std::int64_t)) return push({.kind = Kind::bytes, .text = digits});
    const bool negative = length > 0 && (digits.back() & 0x80) != 0;
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return push_integer(value);
  }

  bool push_bytes(Kind kind, std::uint64_t length) {
    return push({.kind = kind, .text = reader_.take_text(length)});
  }

  bool extend(Kind kind, const std::vector<NodeId>& items) {
    Node& target = node(top());
    // An object that is a list or a set besides: what it holds has no names.
    if (target.kind == Kind::call && kind != Kind::dictionary) return true;
    check(target.kind == kind || target.kind == Kind::call, "what is extended");
    target.items.insert(target.items.end(), items.begin(), items.end());
    return true;
  }

  bool push_dictionary(std::vector<NodeId> items) {
    check(items.size() % 2 == 0, "the items of a dictionary");
    return push({.kind = Kind::dictionary, .items = std::move(items)});
  }

  bool extend_pairs(const std::vector<NodeId>& items) {
    check(items.size() % 2 == 0, "the items of a dictionary");
    return extend(Kind::dictionary, items);
  }

  /// Python numbers what it memoizes from 0 on.
  bool memoize(std::uint64_t index) {
    check(index < kMaxNodes, "a memo index");
    if (index >= memo_.size()) memo_.resize(index + 1, kUnset);
    memo_[index] = top();
    return true;
  }

  bool recall(std::uint64_t index) {
    check(index < memo_.size() && memo_[index] != kUnset, "a memo index");
    stack_.push_back(memo_[index]);
    return true;
  }

  bool push(Node&& node) {
    stack_.push_back(add(std::move(node)));
    return true;
  }

  NodeId add(Node&& node) {
    if (pickle_.nodes_.size() >= kMaxNodes) {
      fail(ErrorCode::out_of_memory, "pickle: more than {} values ({})", kMaxNodes, reader_.name());
    }
    pickle_.nodes_.push_back(std::move(node));
    return static_cast<NodeId>(pickle_.nodes_.size() - 1);
  }

  Node& node(NodeId id) { return pickle_.nodes_[id]; }

  NodeId top() const {
    check(stack_.size() > floor(), "a value on the stack");
    return stack_.back();
  }

  NodeId pop() { return pop_last(1).front(); }

  std::vector<NodeId> pop_last(std::size_t count) {
    check(stack_.size() >= floor() + count, "values on the stack");
    std::vector<NodeId> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  std::vector<NodeId> pop_to_mark() {
    check(!marks_.empty(), "a mark");
    std::vector<NodeId> items = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  /// Values above the last mark cannot be reached by what consumes single values.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  std::uint64_t index(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    check(error == std::errc() && end == text.data() + text.size(), "a memo index");
    return value;
  }

  std::string_view line() {
    const auto rest = reader_.bytes().subspan(reader_.position());
    const std::string_view text(reinterpret_cast<const char*>(rest.data()),
                                std::min(rest.size(), kMaxLine));
    const std::size_t length = text.find('\n');
    check(length != std::string_view::npos, "a line");
    reader_.skip(length + 1);
    return text.substr(0, length);
  }

  void check(bool holds, const char* expected) const {
    if (!holds) {
      fail(ErrorCode::corrupt_data, "pickle: expected {} before offset {} ({})", expected,
           reader_.position(), reader_.name());
    }
  }

  ByteReader& reader_;
  GlobalFilter allowed_;
  Pickle pickle_;
  std::vector<NodeId> stack_;
  std::vector<std::size_t> marks_;
  std::vector<NodeId> memo_;
};

Pickle read_pickle(ByteReader& reader, GlobalFilter allowed) {
  return PickleReader(reader, allowed).read();
}

const Pickle::Node* Pickle::find(const Node& dictionary, std::string_view key) const {
  if (dictionary.kind != Kind::dictionary) return nullptr;
  for (std::size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
    const Node& found = nodes_[dictionary.items[i]];
    if (found.kind == Kind::text && found.text == key) return &nodes_[dictionary.items[i + 1]];
  }
  return nullptr;
}

}  // namespace diptych::checkpoint
