#include "checkpoint/containers/torch_globals.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace diptych::checkpoint {
namespace {

using Names = std::string_view;

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

/// Functions, and classes with names of small letters, that only build data.
constexpr auto kData = std::to_array<Names>({"_codecs encode",
                                             "builtins bool",
                                             "builtins bytearray",
                                             "builtins bytes",
                                             "builtins complex",
                                             "builtins dict",
                                             "builtins float",
                                             "builtins frozenset",
                                             "builtins int",
                                             "builtins list",
                                             "builtins object",
                                             "builtins range",
                                             "builtins set",
                                             "builtins slice",
                                             "builtins str",
                                             "builtins tuple",
                                             "collections defaultdict",
                                             "collections deque",
                                             "copyreg _reconstructor",
                                             "datetime date",
                                             "datetime datetime",
                                             "datetime time",
                                             "datetime timedelta",
                                             "datetime timezone",
                                             "numpy dtype",
                                             "numpy ndarray",
                                             "numpy.core.multiarray _reconstruct",
                                             "numpy.core.multiarray scalar",
                                             "numpy.core.numeric _frombuffer",
                                             "numpy._core.multiarray _reconstruct",
                                             "numpy._core.multiarray scalar",
                                             "numpy._core.numeric _frombuffer",
                                             "torch device",
                                             "torch.serialization _get_layout",
                                             "torch._tensor _rebuild_from_type_v2",
                                             "torch.storage _UntypedStorage",
                                             "types SimpleNamespace",
                                             "uuid UUID"});

/// Python 2's names of modules, which pickles have up to protocol 2, PyTorch's own.
std::string_view modern_module(std::string_view module) {
  if (module == "__builtin__") return "builtins";
  if (module == "copy_reg") return "copyreg";
  return module;
}

/// What all of a module's names are when they begin so: the rebuilding of tensors, types and
/// layouts that we have not (a tensor of such is refused by its own name), random states and
/// TorchScript's lists.
constexpr auto kDataPrefixes =
    std::to_array<Names>({"numpy.random._pickle __", "torch complex", "torch float8_", "torch per_",
                          "torch sparse_", "torch uint", "torch._utils _rebuild_",
                          "torch.jit._pickle build_", "torch.jit._pickle restore_type_tag"});

/// Packages of Python, and of those who extend its pickles, that have classes which run things;
/// data among them is listed above.
constexpr auto kRunning = std::to_array<Names>({"_ctypes",      "_io",
                                                "_pickle",      "_posixsubprocess",
                                                "_thread",      "_winapi",
                                                "aiohttp",      "ast",
                                                "asyncio",      "bdb",
                                                "builtins",     "cProfile",
                                                "cloudpickle",  "cmd",
                                                "code",         "codeop",
                                                "commands",     "concurrent",
                                                "ctypes",       "dill",
                                                "distutils",    "doctest",
                                                "ensurepip",    "fileinput",
                                                "ftplib",       "functools",
                                                "gc",           "http",
                                                "httplib",      "idlelib",
                                                "imaplib",      "importlib",
                                                "inspect",      "io",
                                                "joblib",       "lib2to3",
                                                "linecache",    "logging",
                                                "marshal",      "mmap",
                                                "modulefinder", "multiprocessing",
                                                "nt",           "nturl2path",
                                                "operator",     "os",
                                                "pdb",          "pickle",
                                                "pip",          "pkg_resources",
                                                "pkgutil",      "platform",
                                                "posix",        "profile",
                                                "pty",          "py_compile",
                                                "pydoc",        "requests",
                                                "runpy",        "setuptools",
                                                "shelve",       "shutil",
                                                "signal",       "site",
                                                "smtplib",      "socket",
                                                "socketserver", "sqlite3",
                                                "ssl",          "subprocess",
                                                "sys",          "sysconfig",
                                                "telnetlib",    "tempfile",
                                                "threading",    "timeit",
                                                "tkinter",      "trace",
                                                "types",        "unittest",
                                                "urllib",       "urllib2",
                                                "venv",         "webbrowser",
                                                "weakref",      "xmlrpc",
                                                "zipfile",      "zipimport"});

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

template <typename Table>
std::optional<DType> find_dtype(const Table& table, std::string_view text) {
  for (const auto& [known, dtype] : table) {
    if (text == known) return dtype;
  }
  return std::nullopt;
}

/// Classes have names that begin with a capital, also a class within another: enumerations,
/// namespaces, paths, settings, modules, schedulers.
bool is_class(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const std::size_t first = last.find_first_not_of('_');
  return first != last.npos && last[first] >= 'A' && last[first] <= 'Z';
}

}  // namespace

bool is_torch_global(std::string_view given, std::string_view name) {
  const std::string_view module = modern_module(given);
  const std::string global = std::string(module) + " " + std::string(name);
  if (module.starts_with(kScriptModule) || is_one_of(global, kData)) return true;
  const bool has_prefix = std::ranges::any_of(
      kDataPrefixes, [&](std::string_view prefix) { return global.starts_with(prefix); });
  if (has_prefix || storage_dtype(global) || torch_dtype(global)) return true;
  return is_class(name) && !is_one_of(module.substr(0, module.find('.')), kRunning);
}

std::optional<DType> storage_dtype(std::string_view global) {
  for (const std::string_view module : {"torch ", "torch.cuda "}) {
    if (global.starts_with(module)) return find_dtype(kStorages, global.substr(module.size()));
  }
  return std::nullopt;
}

std::optional<DType> torch_dtype(std::string_view global) {
  return find_dtype(kTorchDTypes, global);
}

}  // namespace diptych::checkpoint
