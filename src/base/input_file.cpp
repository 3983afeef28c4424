#include "base/input_file.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/temporary_file.h"

namespace diptych {

namespace {

constexpr std::string_view kPipe = "pipe:";
constexpr std::uint64_t kMostPipedBytes = std::uint64_t{64} << 30;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

/// What the shell's status says of how a command ended; empty: well.
std::string failure_of(int status) {
  if (status == -1) return std::strerror(errno);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "status " + std::to_string(WEXITSTATUS(status));
}

MappedFile read_pipe(const std::string& name) {
  // Ended early, the command is not waited for in vain: its pipe is closed.
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(name.c_str() + kPipe.size(), "re"), ::pclose);
  if (!pipe) fail(ErrorCode::io, "pipe: cannot be opened: {} ({})", std::strerror(errno), name);
  NamelessFile file;
  std::vector<std::byte> piece(kPieceBytes);
  std::uint64_t total = 0;
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe.get())) {
    total += count;
    if (total > kMostPipedBytes) {
      fail(ErrorCode::out_of_memory, "pipe: got over {} bytes, expected fewer ({})",
           kMostPipedBytes, name);
    }
    file.write(std::span(piece).first(count), name);
  }
  const bool is_read = std::ferror(pipe.get()) == 0;
  const std::string failure = failure_of(::pclose(pipe.release()));
  if (!is_read || !failure.empty()) {
    fail(ErrorCode::io, "pipe: got {}, expected a command that ends with 0 ({})",
         failure.empty() ? "a read error" : failure, name);
  }
  return file.map();
}

}  // namespace

bool is_pipe(std::string_view name) {
  return name.starts_with(kPipe);
}

MappedFile open_input(const std::filesystem::path& path) {
  return is_pipe(path.native()) ? read_pipe(path.native()) : MappedFile(path);
}

}  // namespace diptych
